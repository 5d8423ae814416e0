{#
    Numbers that compare alike on every engine.

    type_double()               64-bit floating point
    number_or_null(sql, type)   the expression with NaN made missing; floating point as
                                double. `type` is the declared type, lower case
    hex_to_number(sql)          8 hexadecimal digits as a number from 0 to 2^32 - 1
#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'dbt_consent')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    {{ return('double') }}
{%- endmacro %}

{% macro postgres__type_double() -%}
    {{ return('double precision') }}
{%- endmacro %}

{% macro number_or_null(sql, type) -%}
    {{ return(adapter.dispatch('number_or_null', 'dbt_consent')(sql, type)) }}
{%- endmacro %}

{% macro default__number_or_null(sql, type) -%}
    {%- set double = dbt_consent.type_double() -%}
    {{ return(
        'nullif(cast(' ~ sql ~ ' as ' ~ double ~ "), cast('NaN' as " ~ double ~ '))'
        if modules.re.match('double|float|real', type) else sql
    ) }}
{%- endmacro %}

{# PostgreSQL alone has a NaN in exact numbers too. #}
{% macro postgres__number_or_null(sql, type) -%}
    {{ return(
        'nullif(' ~ sql ~ ", cast('NaN' as numeric))"
        if modules.re.match('numeric|decimal', type)
        else dbt_consent.default__number_or_null(sql, type)
    ) }}
{%- endmacro %}

{% macro hex_to_number(sql) -%}
    {{ return(adapter.dispatch('hex_to_number', 'dbt_consent')(sql)) }}
{%- endmacro %}

{% macro default__hex_to_number(sql) -%}
    {{ return("cast(cast(('x' || " ~ sql ~ ') as bit(32)) as bigint)') }}
{%- endmacro %}

{% macro duckdb__hex_to_number(sql) -%}
    {{ return("cast('0x' || " ~ sql ~ ' as bigint)') }}
{%- endmacro %}

{% macro spark__hex_to_number(sql) -%}
    {{ return('cast(conv(' ~ sql ~ ', 16, 10) as bigint)') }}
{%- endmacro %}
