{#
    A timestamp as text, `YYYY-MM-DD HH:MM:SS`, whatever the session's settings.
#}
{% macro timestamp_text(timestamp) -%}
    {{ return(adapter.dispatch('timestamp_text', 'dbt_consent')(timestamp)) }}
{%- endmacro %}

{% macro default__timestamp_text(timestamp) -%}
    to_char({{ timestamp }}, 'YYYY-MM-DD HH24:MI:SS')
{%- endmacro %}

{% macro duckdb__timestamp_text(timestamp) -%}
    strftime({{ timestamp }}, '%Y-%m-%d %H:%M:%S')
{%- endmacro %}

{% macro spark__timestamp_text(timestamp) -%}
    date_format({{ timestamp }}, 'yyyy-MM-dd HH:mm:ss')
{%- endmacro %}
