{#
    The first part of the text that the regular expression matches; null where it does
    not match.

    Arguments
        text     SQL expression of type text
        pattern  the portable subset of docs/segments.md, as a Python string, without
                 captures: `(?:…)` instead of `(…)`

    Example
        {{ dbt_consent.regexp_extract('note', '[0-9]{4}') }}
#}
{% macro regexp_extract(text, pattern) -%}
    {{ return(adapter.dispatch('regexp_extract', 'dbt_consent')(text, pattern)) }}
{%- endmacro %}

{% macro default__regexp_extract(text, pattern) -%}
    substring({{ text }} from {{ dbt_consent.text_literal(pattern) }})
{%- endmacro %}

{% macro duckdb__regexp_extract(text, pattern) -%}
    nullif(regexp_extract({{ text }}, {{ dbt_consent.text_literal(pattern) }}), '')
{%- endmacro %}

{% macro spark__regexp_extract(text, pattern) -%}
    nullif(regexp_extract({{ text }}, {{ dbt_consent.text_literal(dbt_consent.java_pattern(pattern)) }}, 0), '')
{%- endmacro %}
