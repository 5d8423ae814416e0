{#
    A number that people copy from a card or a letter, as an alternate key: white space,
    dots, hyphens and slashes are taken out, letters become upper-case. Null when nothing
    is left. Leading zeros stay: a code is a text.

    Arguments
        column  SQL expression of type text

    Example
        {{ dbt_consent.clean_code("'2620 0001-0042'") }}   → '262000010042'
#}
{% macro clean_code(column) -%}
    {%- set code = namespace(sql=dbt_consent.clean_text(column)) -%}
    {%- for separator in '-./ ' -%}
        {%- set code.sql = 'replace(' ~ code.sql ~ ", '" ~ separator ~ "', '')" -%}
    {%- endfor -%}
    {{ return("nullif(" ~ dbt_consent.ascii_upper(code.sql) ~ ", '')") }}
{%- endmacro %}
