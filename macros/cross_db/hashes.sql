{#
    Hashes of a text's UTF-8 bytes, as lower-case hexadecimal text; null for null.

    md5_hex(text)     32 digits: identifiers. Never for anything that must stay secret
    sha256_hex(text)  64 digits
#}
{% macro md5_hex(text) -%}
    md5({{ text }})
{%- endmacro %}

{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex', 'dbt_consent')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    encode(sha256(convert_to({{ text }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro duckdb__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}

{% macro spark__sha256_hex(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}
