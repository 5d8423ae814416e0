{#
    Aggregate: the value of the row with the smallest rank, among the rows that satisfy a
    condition; the value may be null. Ranks must be unique within a group.

    Arguments
        value      SQL expression
        rank       SQL expression of a whole number, never null
        condition  SQL condition

    Example
        {{ dbt_consent.first_by('city', 'recency', 'city is not null') }}
#}
{% macro first_by(value, rank, condition) -%}
    {{ return(adapter.dispatch('first_by', 'dbt_consent')(value, rank, condition)) }}
{%- endmacro %}

{% macro default__first_by(value, rank, condition) -%}
    {{ return(
        '(array_agg(' ~ value ~ ' order by ' ~ rank ~ ') filter (where ' ~ condition ~ '))[1]'
    ) }}
{%- endmacro %}

{% macro duckdb__first_by(value, rank, condition) -%}
    {{ return('arg_min_null(' ~ value ~ ', ' ~ rank ~ ') filter (where ' ~ condition ~ ')') }}
{%- endmacro %}

{% macro spark__first_by(value, rank, condition) -%}
    {{ return('min_by(' ~ value ~ ', ' ~ rank ~ ') filter (where ' ~ condition ~ ')') }}
{%- endmacro %}
