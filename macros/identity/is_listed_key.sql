{#
    True where a seed lists a key, either as it is normalised or as it came: `junk_keys`,
    whose values identify nobody, or `shared_keys`, whose values tie nobody. Never null.

    The seed's `key_value` is the whole value, with an asterisk at its end, at its start,
    or at both for "whatever stands there" (`noreply@*`). A row without `key_type` holds
    for every kind of key. Values as they came are compared trimmed and without regard to
    the case of A to Z.

    The rows of the seed are read when the calling model is compiled and written into its
    SQL, so that millions of keys are compared with constants.

    Arguments
        seed       name of the seed
        key_type   SQL expression of type text
        key_value  SQL expression of type text, as the staging macros normalise it
        raw_value  SQL expression of type text, as it came, if that is known

    Example
        {{ dbt_consent.is_listed_key('junk_keys', "'email'", 'email', 'raw_email') }}
#}
{% macro is_listed_key(seed, key_type, key_value, raw_value=none) -%}
    {%- set rows = dbt_consent._listed_keys(seed) -%}
    {%- if not rows -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set by_value = 'coalesce(' ~ dbt_consent._is_any_of(rows, key_type, key_value) ~ ', false)' -%}
    {%- if raw_value is none -%}
        {{ return(by_value) }}
    {%- endif -%}
    {%- set raw_rows = [] -%}
    {%- for row in rows -%}
        {%- do raw_rows.append({'type': row.type, 'value': dbt_consent._ascii_folded(row.value)}) -%}
    {%- endfor -%}
    {%- set raw_text = dbt_consent.ascii_lower(dbt_consent.trim_spaces(raw_value)) -%}
    {{ return(
        'case when ' ~ by_value ~ ' then true when ' ~ raw_value ~ ' <> ' ~ key_value
        ~ ' or ' ~ key_value ~ ' is null then coalesce('
        ~ dbt_consent._is_any_of(raw_rows, key_type, raw_text) ~ ', false) else false end'
    ) }}
{%- endmacro %}

{% macro _is_any_of(rows, key_type, value) -%}
    {%- set exact = {} -%}
    {%- set conditions = [] -%}
    {%- for row in rows -%}
        {%- if row.value.startswith('*') or row.value.endswith('*') -%}
            {%- do conditions.append(
                dbt_consent._of_key_type(key_type, row.type)
                ~ dbt_consent._matches_wildcard(value, row.value)
            ) -%}
        {%- else -%}
            {%- do exact.setdefault(row.type, []).append(row.value) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for type, values in exact.items() -%}
        {%- do conditions.append(
            dbt_consent._of_key_type(key_type, type)
            ~ value ~ ' in (' ~ dbt_consent.text_list(values) ~ ')'
        ) -%}
    {%- endfor -%}
    {{ return('((' ~ conditions | join(') or (') ~ '))') }}
{%- endmacro %}

{# The seed's rows as [{type, value}], in a fixed order; a blank value is no row. #}
{% macro _listed_keys(seed) -%}
    {%- set relation = ref(seed) -%}
    {%- set rows = [] -%}
    {%- if execute and load_relation(relation) is not none -%}
        {%- for row in run_query(
            'select key_type, key_value from ' ~ relation ~ ' where key_value is not null'
        ) -%}
            {%- if row[1] | string | trim not in ['', '*', '**'] -%}
                {%- do rows.append({
                    'type': (row[0] or '') | string | trim, 'value': row[1] | string | trim
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- elif execute and flags.WHICH in ['build', 'run'] -%}
        {{ exceptions.raise_compiler_error(
            'The seed ' ~ seed ~ ' is not loaded: run dbt build, or dbt seed first.'
        ) }}
    {%- endif -%}
    {{ return(rows | sort(attribute='type,value')) }}
{%- endmacro %}

{# A to Z in lower case, as ascii_lower has it. #}
{% macro _ascii_folded(text) -%}
    {%- set folded = [] -%}
    {%- for letter in text -%}
        {%- do folded.append(letter.lower() if 'A' <= letter <= 'Z' else letter) -%}
    {%- endfor -%}
    {{ return(folded | join) }}
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
