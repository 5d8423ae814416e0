{#
    The salted hash that stands for an erased contact point: HMAC-SHA-256 (RFC 2104) of
    `key_type:key_value` with the key from the environment variable CONSENT_PEPPER, as 64
    hexadecimal digits. Without the variable the key is empty, and a test warns.

    The key is at most 64 printable ASCII characters; anything else is an error.

    Arguments
        key_type, key_value  SQL expressions of type text
#}
{% macro contact_point_hash(key_type, key_value) -%}
    {%- set inner = dbt_consent._hmac_pad('36') -%}
    {%- set outer = dbt_consent._hmac_pad('5c') -%}
    {%- set message = key_type ~ " || ':' || " ~ key_value -%}
    {{ return(dbt_consent.sha256_of_hex_and_hex(
        outer, dbt_consent.sha256_of_hex_and_text(inner, message)
    )) }}
{%- endmacro %}

{# The same of a value that may be the hash itself: the history of an erased record holds it. #}
{% macro kept_hash(key_type, key_value) -%}
    case
        when length({{ key_value }}) = 64 and position('@' in {{ key_value }}) = 0
            then {{ key_value }}
        else {{ dbt_consent.contact_point_hash(key_type, key_value) }}
    end
{%- endmacro %}

{#
    The key, padded with zeros to the 64 bytes of a SHA-256 block, each byte combined with
    the pad's byte by exclusive or; 128 hexadecimal digits. Jinja has no exclusive or: the
    table says which digit becomes which.
#}
{% macro _hmac_pad(pad) -%}
    {%- set printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~" -%}
    {%- set digits = '0123456789abcdef' -%}
    {%- set exclusive_or = {
        '3': '32107654ba98fedc',
        '6': '67452301efcdab89',
        '5': '54761032dcfe98ba',
        'c': 'cdef89ab45670123',
    } -%}
    {%- set key = env_var('CONSENT_PEPPER', '') -%}
    {%- if key | length > 64 -%}
        {{ exceptions.raise_compiler_error('CONSENT_PEPPER is longer than 64 characters.') }}
    {%- endif -%}
    {%- set padded = [] -%}
    {%- for index in range(64) -%}
        {%- set character = key[index] if index < key | length else none -%}
        {%- if character is not none and character not in printable -%}
            {{ exceptions.raise_compiler_error('CONSENT_PEPPER holds a character that is not printable ASCII.') }}
        {%- endif -%}
        {%- set code = 0 if character is none else printable.index(character) + 32 -%}
        {%- do padded.append(exclusive_or[pad[0]][code // 16] ~ exclusive_or[pad[1]][code % 16]) -%}
    {%- endfor -%}
    {{ return(padded | join('')) }}
{%- endmacro %}
