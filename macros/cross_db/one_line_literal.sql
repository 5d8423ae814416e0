{#
    A text as an SQL expression on one line, whatever the text holds: SQL that is indented
    after it was written must not change what it says.

    Arguments
        value  the text
#}
{% macro one_line_literal(value) -%}
    {%- if '\n' not in value -%}
        {{ return(dbt_consent.text_literal(value)) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for line in value.split('\n') -%}
        {%- do parts.append(dbt_consent.text_literal(line)) -%}
    {%- endfor -%}
    {{ return('(' ~ parts | join(' || chr(10) || ') ~ ')') }}
{%- endmacro %}
