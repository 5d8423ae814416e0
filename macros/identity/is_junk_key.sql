{#
    True where a key identifies nobody: it is blank, or the seed `junk_keys` lists it
    (see is_listed_key). Never null; a null value is no junk.

    Arguments
        key_type   SQL expression of type text
        key_value  SQL expression of type text
        raw_value  SQL expression of type text: the value as it came, if that is known

    Example
        {{ dbt_consent.is_junk_key("'email'", 'email') }}
#}
{% macro is_junk_key(key_type, key_value, raw_value=none) -%}
    {{ return(
        '(' ~ dbt_consent.is_listed_key('junk_keys', key_type, key_value, raw_value)
        ~ ' or (' ~ key_value ~ ' is not null and ' ~ dbt_consent.clean_text(key_value) ~ ' is null))'
    ) }}
{%- endmacro %}
