{#
    Text in an order that does not depend on the database's collation: by code point.

    by_code_point(column)      the column, for `order by` wherever the order decides
    min_by_code_point(column)  aggregate: the smallest text

    Arguments
        column  SQL expression of type text
#}
{% macro by_code_point(column) -%}
    {{ return(adapter.dispatch('by_code_point', 'dbt_consent')(column)) }}
{%- endmacro %}

{% macro default__by_code_point(column) -%}
    {{ return(column) }}
{%- endmacro %}

{% macro postgres__by_code_point(column) -%}
    {{ return(column ~ ' collate "C"') }}
{%- endmacro %}

{% macro min_by_code_point(column) -%}
    {{ return(adapter.dispatch('min_by_code_point', 'dbt_consent')(column)) }}
{%- endmacro %}

{% macro default__min_by_code_point(column) -%}
    {{ return('min(' ~ column ~ ')') }}
{%- endmacro %}

{# A column of a table keeps the collation of its expression, and two do not meet. #}
{% macro postgres__min_by_code_point(column) -%}
    {{ return('(min(' ~ column ~ ' collate "C") collate "default")') }}
{%- endmacro %}
