{#
    The end of a text in a regular expression, and never the place before a newline there,
    which `$` is in Java too.

    end_of_text()          the end anywhere in a pattern
    java_pattern(pattern)  the pattern for Java, where it ends in `$`
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

{% macro java_pattern(pattern) -%}
    {{ return(modules.re.sub('(?<![\\\\])[$]$', '\\\\z', pattern)) }}
{%- endmacro %}
