{#
    Values as SQL literals that mean themselves on every engine.

    text_literal(value)       any text: quotes, backslashes, percent signs and non-ASCII
                              characters stand for themselves
    timestamp_literal(value)  'YYYY-MM-DD HH:MM:SS[.ffffff]' in UTC, as a timestamp
    date_literal(value)       'YYYY-MM-DD', as a date
#}
{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal', 'dbt_consent')(value)) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    {{ return("'" ~ (value | string).replace("'", "''") ~ "'") }}
{%- endmacro %}

{% macro postgres__text_literal(value) -%}
    {%- set quoted = (value | string).replace("'", "''") -%}
    {{ return(("E'" ~ quoted.replace("\\", "\\\\") ~ "'") if "\\" in quoted else ("'" ~ quoted ~ "'")) }}
{%- endmacro %}

{% macro spark__text_literal(value) -%}
    {{ return("'" ~ (value | string).replace("\\", "\\\\").replace("'", "\\'") ~ "'") }}
{%- endmacro %}

{% macro timestamp_literal(value) -%}
    {{ return("cast('" ~ value ~ "' as " ~ dbt.type_timestamp() ~ ")") }}
{%- endmacro %}

{% macro date_literal(value) -%}
    {{ return("cast('" ~ value ~ "' as date)") }}
{%- endmacro %}
