{#
    A text column in an order that does not depend on the database's collation: by code
    point. For `order by`, `min` and `max` wherever the order decides something.

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
