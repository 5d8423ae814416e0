{#
    A timestamp some calendar months later, at the same time of day; a day that the month
    does not have becomes its last.

    Arguments
        timestamp  SQL expression
        months     SQL expression of a whole number

    Example
        {{ dbt_consent.add_months("cast('2024-01-31' as timestamp)", 1) }}   → 2024-02-29
#}
{% macro add_months(timestamp, months) -%}
    {{ return(adapter.dispatch('add_months', 'dbt_consent')(timestamp, months)) }}
{%- endmacro %}

{% macro default__add_months(timestamp, months) -%}
    ({{ timestamp }} + ({{ months }}) * interval '1 month')
{%- endmacro %}

{% macro spark__add_months(timestamp, months) -%}
    ({{ timestamp }} + make_ym_interval(0, {{ months }}))
{%- endmacro %}
