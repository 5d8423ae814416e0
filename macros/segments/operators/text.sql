{#
    Looking into texts: contains, starts_with, ends_with by code points, and matches by a
    regular expression of the portable subset.
#}
{% macro _read_text_test(read, field, operator, operand, at) -%}
    {%- if operand is not string -%}
        {%- do read.errors.append(at ~ ': ' ~ dbt_consent._wrong_kind(field, operand)) -%}
    {%- elif not operand -%}
        {%- do read.errors.append(at ~ ': the text is empty, so everything would satisfy it.') -%}
    {%- elif operator == 'matches' -%}
        {%- set pattern = dbt_consent._read_pattern(read, operand, at) -%}
        {%- if pattern -%}
            {{ return(dbt_consent.matches(field.sql, pattern) | trim) }}
        {%- endif -%}
    {%- else -%}
        {%- set value = dbt_consent._read_value(read, none, field, operand, at) -%}
        {%- if operator == 'contains' -%}
            {{ return(dbt_consent.text_contains(field.sql, value.sql)) }}
        {%- elif operator == 'starts_with' -%}
            {{ return(dbt_consent.text_starts_with(field.sql, value.sql)) }}
        {%- else -%}
            {{ return(dbt_consent.text_ends_with(field.sql, value.sql)) }}
        {%- endif -%}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}
