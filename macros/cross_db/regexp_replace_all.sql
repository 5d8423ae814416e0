{#
    The text with every place that the regular expression matches replaced; null where
    the text is null. A pattern that begins with `^` matches once.

    Arguments
        text         SQL expression of type text
        pattern      the portable subset of docs/segments.md, as a Python string, with
                     captures; no two of its alternatives may match the same text, since
                     engines choose between them differently
        replacement  text with `\1` … `\9` for captures; one that took no part is empty

    Example
        {{ dbt_consent.regexp_replace_all('phone', '[^0-9]', '') }}
#}
{% macro regexp_replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('regexp_replace_all', 'dbt_consent')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ dbt_consent.text_literal(pattern) }}, {{ dbt_consent.text_literal(replacement) }}, 'g')
{%- endmacro %}

{% macro duckdb__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ dbt_consent.text_literal(pattern) }}, {{ dbt_consent.text_literal(replacement) }}{{ '' if pattern.startswith('^') else ", 'g'" }})
{%- endmacro %}

{% macro spark__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ dbt_consent.text_literal(dbt_consent.java_pattern(pattern)) }}, {{ dbt_consent.text_literal(modules.re.sub('[\\\\]([1-9])', '$\\1', replacement)) }})
{%- endmacro %}
