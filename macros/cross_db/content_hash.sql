{#
    A hash of a row's content that two different rows cannot share by accident: each
    column as text with its length before it, so that neither a null nor a separator
    inside a value makes two rows look alike. 32 hexadecimal digits.

    Arguments
        columns     list of SQL expressions of type text or timestamp
        timestamps  those of the list that are timestamps: how a plain cast writes one is
                    a setting of the session on some engines

    Example
        {{ dbt_consent.content_hash(['status', 'recorded_at'], timestamps=['recorded_at']) }}
#}
{% macro content_hash(columns, timestamps=[]) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- set as_text = (
            dbt_consent.precise_timestamp_text(column) if column in timestamps
            else 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')'
        ) -%}
        {%- do parts.append(
            "coalesce(cast(length(" ~ as_text ~ ") as " ~ dbt.type_string() ~ ") || ':' || " ~ as_text ~ ", '-')"
        ) -%}
    {%- endfor -%}
    {{ return(dbt_consent.md5_hex(parts | join(" || ")) | trim) }}
{%- endmacro %}
