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

{#
    SHA-256 of given bytes followed by more, the two steps of an HMAC.

    sha256_of_hex_and_text(prefix, text)  the bytes that `prefix` spells in hexadecimal (a
                                          Python string), then the text's UTF-8 bytes
    sha256_of_hex_and_hex(prefix, hex)    the same with an SQL expression of type text that
                                          spells bytes in hexadecimal
#}
{% macro sha256_of_hex_and_text(prefix, text) -%}
    {{ return(adapter.dispatch('sha256_of_hex_and_text', 'dbt_consent')(prefix, text)) }}
{%- endmacro %}

{% macro default__sha256_of_hex_and_text(prefix, text) -%}
    encode(sha256(decode('{{ prefix }}', 'hex') || convert_to({{ text }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro duckdb__sha256_of_hex_and_text(prefix, text) -%}
    sha256(unhex('{{ prefix }}') || encode({{ text }}))
{%- endmacro %}

{% macro spark__sha256_of_hex_and_text(prefix, text) -%}
    sha2(concat(unhex('{{ prefix }}'), encode({{ text }}, 'UTF-8')), 256)
{%- endmacro %}

{% macro sha256_of_hex_and_hex(prefix, hex) -%}
    {{ return(adapter.dispatch('sha256_of_hex_and_hex', 'dbt_consent')(prefix, hex)) }}
{%- endmacro %}

{% macro default__sha256_of_hex_and_hex(prefix, hex) -%}
    encode(sha256(decode('{{ prefix }}', 'hex') || decode({{ hex }}, 'hex')), 'hex')
{%- endmacro %}

{% macro duckdb__sha256_of_hex_and_hex(prefix, hex) -%}
    sha256(unhex('{{ prefix }}') || unhex({{ hex }}))
{%- endmacro %}

{% macro spark__sha256_of_hex_and_hex(prefix, hex) -%}
    sha2(concat(unhex('{{ prefix }}'), unhex({{ hex }})), 256)
{%- endmacro %}
