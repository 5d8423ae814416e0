{#
    True where the regular expression occurs in the text; null where the text is null.

    Arguments
        text     SQL expression of type text
        pattern  the portable subset of docs/segments.md, as a Python string

    Example
        {{ dbt_consent.matches('email', '@example[.]com$') }}
#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'dbt_consent')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    ({{ text }} ~ {{ dbt_consent.text_literal(pattern) }})
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ dbt_consent.text_literal(pattern) }})
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    ({{ text }} rlike {{ dbt_consent.text_literal(dbt_consent.java_pattern(pattern)) }})
{%- endmacro %}
