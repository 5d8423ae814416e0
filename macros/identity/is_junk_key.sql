{#
    True where a key identifies nobody: it is blank, or the seed `junk_keys` lists it.
    Never null; a null value is no junk.

    The seed's `key_value` is the normalised value, with an asterisk at its end, at its
    start, or at both for "whatever stands there" (`noreply@*`). A row without `key_type`
    holds for every kind of key.

    The rows of the seed are read when the calling model is compiled and written into its
    SQL, so that millions of keys are compared with constants.

    Arguments
        key_type   SQL expression of type text
        key_value  SQL expression of type text

    Example
        {{ dbt_consent.is_junk_key("'email'", 'email') }}
#}
{% macro is_junk_key(key_type, key_value) -%}
    {%- set seed = ref('junk_keys') -%}
    {%- set exact = {} -%}
    {%- set conditions = [
        key_value ~ ' is not null and ' ~ dbt_consent.clean_text(key_value) ~ ' is null'
    ] -%}
    {%- for row in dbt_consent._junk_keys(seed) -%}
        {%- if row.value.startswith('*') or row.value.endswith('*') -%}
            {%- do conditions.append(
                dbt_consent._of_key_type(key_type, row.type)
                ~ dbt_consent._matches_wildcard(key_value, row.value)
            ) -%}
        {%- else -%}
            {%- do exact.setdefault(row.type, []).append(row.value) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for type, values in exact.items() -%}
        {%- do conditions.append(
            dbt_consent._of_key_type(key_type, type)
            ~ key_value ~ ' in (' ~ dbt_consent.text_list(values) ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return('coalesce((' ~ conditions | join(') or (') ~ '), false)') }}
{%- endmacro %}

{# The seed's rows as [{type, value}], in a fixed order; a blank value is no row. #}
{% macro _junk_keys(seed) -%}
    {%- set rows = [] -%}
    {%- if execute and load_relation(seed) is not none -%}
        {%- for row in run_query(
            'select key_type, key_value from ' ~ seed ~ ' where key_value is not null'
        ) -%}
            {%- if row[1] | string | trim not in ['', '*', '**'] -%}
                {%- do rows.append({
                    'type': (row[0] or '') | string | trim, 'value': row[1] | string | trim
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- elif execute and flags.WHICH in ['build', 'run'] -%}
        {{ exceptions.raise_compiler_error(
            "The seed junk_keys is not loaded: run dbt build, or dbt seed first."
        ) }}
    {%- endif -%}
    {{ return(rows | sort(attribute='type,value')) }}
{%- endmacro %}

{% macro _of_key_type(key_type, type) -%}
    {{ return(key_type ~ ' = ' ~ dbt_consent.text_literal(type) ~ ' and ' if type else '') }}
{%- endmacro %}

{% macro _matches_wildcard(key_value, pattern) -%}
    {%- set part = dbt_consent.text_literal(pattern.strip('*')) -%}
    {%- if pattern.startswith('*') and pattern.endswith('*') -%}
        {{ return(dbt_consent.text_contains(key_value, part)) }}
    {%- elif pattern.startswith('*') -%}
        {{ return(dbt_consent.text_ends_with(key_value, part)) }}
    {%- else -%}
        {{ return(dbt_consent.text_starts_with(key_value, part)) }}
    {%- endif -%}
{%- endmacro %}
