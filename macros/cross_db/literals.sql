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

{#
    A comma-separated list of text literals for `in (…)`; never empty: an empty list
    becomes a null, which nothing equals.
#}
{% macro text_list(values) -%}
    {%- set literals = [] -%}
    {%- for value in values -%}
        {%- do literals.append(dbt_consent.text_literal(value)) -%}
    {%- endfor -%}
    {{ return(literals | join(', ') if literals else 'null') }}
{%- endmacro %}

{# A text literal, or a typed null for none. #}
{% macro optional_text(value) -%}
    {{ return(
        'cast(null as ' ~ dbt.type_string() ~ ')' if value is none
        else 'cast(' ~ dbt_consent.text_literal(value) ~ ' as ' ~ dbt.type_string() ~ ')'
    ) }}
{%- endmacro %}
