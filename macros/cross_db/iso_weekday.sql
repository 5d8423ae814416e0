{# The weekday of a date: 1 for Monday to 7 for Sunday. #}
{% macro iso_weekday(date) -%}
    {{ return(adapter.dispatch('iso_weekday', 'dbt_consent')(date)) }}
{%- endmacro %}

{% macro default__iso_weekday(date) -%}
    {{ return('extract(isodow from ' ~ date ~ ')') }}
{%- endmacro %}

{% macro spark__iso_weekday(date) -%}
    {{ return('(weekday(' ~ date ~ ') + 1)') }}
{%- endmacro %}
