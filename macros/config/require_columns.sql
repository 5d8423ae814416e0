{#
    Stops a model before it reads another one that breaks its contract.

    Arguments
        relation  what is read, with its columns looked up in the warehouse
        columns   {column name: data type}; types are string, timestamp, date, boolean,
                  bigint (any whole number) and numeric (any number)

    Returns the names of the columns that the relation has, lower-cased; nothing when
    parsing, or when a project that was never built is only compiled. Raises one compilation error that lists every column that is missing or has
    another type.

    Example
        {% set present = dbt_consent.require_columns(ref('stg_crm__consents'), {'purpose': 'string'}) %}
#}
{% macro require_columns(relation, columns) -%}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set types = dbt_consent._column_types(relation) -%}
    {%- if not types and flags.WHICH not in ['build', 'run'] -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set error = dbt_consent.column_error(relation, columns) -%}
    {%- if error -%}
        {{ exceptions.raise_compiler_error(error) }}
    {%- endif -%}
    {{ return(types.keys() | list) }}
{%- endmacro %}

{# What `require_columns` would raise; nothing when the contract is kept. #}
{% macro column_error(relation, columns) -%}
    {%- set types = dbt_consent._column_types(relation) -%}
    {%- set errors = [] -%}
    {%- for name, expected in columns.items() -%}
        {%- if name not in types -%}
            {%- do errors.append("column '" ~ name ~ "' (" ~ expected ~ ") is missing"
                ~ dbt_consent.did_you_mean(name, types.keys() | list)) -%}
        {%- elif not dbt_consent.is_of_type(types[name], expected) -%}
            {%- do errors.append("column '" ~ name ~ "' is " ~ types[name] ~ ", not " ~ expected) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(
        "The model '" ~ relation.identifier ~ "' breaks the contract of its kind: "
        ~ errors | join('; ') ~ ". What each column holds: docs/bring-your-own-data.md."
        if errors else ''
    ) }}
{%- endmacro %}

{% macro _column_types(relation) -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do types.update({column.name | lower: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}

{#
    True when an engine's type name is of one of the kinds that contracts use. Timestamps
    are those without a time zone: all times are UTC.

    Arguments
        data_type  as the engine names it, lower case
        expected   string, timestamp, date, boolean, bigint, numeric or numeric(p, s)
#}
{% macro is_of_type(data_type, expected) -%}
    {%- set patterns = {
        'string': '^(varchar|text|string|character varying|char|bpchar)',
        'timestamp': '^timestamp(_ntz|_ns|_ms|_s)?(\\(\\d\\))?( without time zone)?$',
        'date': '^date$',
        'boolean': '^bool(ean)?$',
        'bigint': '^(u?(tiny|small|big|huge)?int(eger)?|int[248]|long|short|byte)$',
        'numeric': '^(numeric|decimal|double|float|real|u?(tiny|small|big|huge)?int|int[248]|long)',
    } -%}
    {%- set kind = 'numeric' if expected.startswith('numeric') else expected -%}
    {{ return(modules.re.match(patterns[kind], data_type) is not none) }}
{%- endmacro %}
