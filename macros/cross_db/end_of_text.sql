{#
    The end of a text in a regular expression, and never the place before a newline there.
#}
{% macro end_of_text() -%}
    {{ return(adapter.dispatch('end_of_text', 'dbt_consent')()) }}
{%- endmacro %}

{% macro default__end_of_text() -%}
    {{ return('$') }}
{%- endmacro %}

{% macro spark__end_of_text() -%}
    {{ return('\\z') }}
{%- endmacro %}
