{#
    Unicode on every engine.

    unicode_nfc(text)    canonical composition (NFC), so that an é written as one
                         character and as two is the same text
    unicode_lower(text)  lower case of every script, without regard to language or place
                         in the word. Two letters are settled here because engines
                         disagree on them: Σ is always σ, and İ is i with a dot above
#}
{% macro unicode_nfc(text) -%}
    {{ return(adapter.dispatch('unicode_nfc', 'dbt_consent')(text)) }}
{%- endmacro %}

{% macro default__unicode_nfc(text) -%}
    {{ return('normalize(' ~ text ~ ', NFC)') }}
{%- endmacro %}

{% macro duckdb__unicode_nfc(text) -%}
    {{ return('nfc_normalize(' ~ text ~ ')') }}
{%- endmacro %}

{# Spark has no such function; the ICU library that it brings has one. #}
{% macro spark__unicode_nfc(text) -%}
    {{ return(
        'case when ' ~ text ~ " is not null then reflect('com.ibm.icu.text.Normalizer', 'compose', "
        ~ text ~ ', false) end'
    ) }}
{%- endmacro %}

{% macro unicode_lower(text) -%}
    {%- set settled = "replace(replace(" ~ text ~ ", '\u03a3', '\u03c3'), '\u0130', 'i\u0307')" -%}
    {{ return(adapter.dispatch('unicode_lower', 'dbt_consent')(settled)) }}
{%- endmacro %}

{% macro default__unicode_lower(text) -%}
    {{ return('lower(' ~ text ~ ')') }}
{%- endmacro %}

{#
    The database's own collation may be C, which folds A to Z only, or Turkish. The result
    has the database's collation again, else a table's column would keep another one.
#}
{% macro postgres__unicode_lower(text) -%}
    {{ return('(lower(' ~ text ~ ' collate "und-x-icu") collate "default")') }}
{%- endmacro %}
