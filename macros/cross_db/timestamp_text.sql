{#
    A timestamp as text, whatever the session's settings.

    timestamp_text(timestamp)          `YYYY-MM-DD HH:MM:SS`
    precise_timestamp_text(timestamp)  `YYYY-MM-DD HH:MM:SS.ffffff`
#}
{% macro timestamp_text(timestamp) -%}
    {{ return(adapter.dispatch('timestamp_text', 'dbt_consent')(timestamp)) }}
{%- endmacro %}

{% macro default__timestamp_text(timestamp) -%}
    {{ return('to_char(' ~ timestamp ~ ", 'YYYY-MM-DD HH24:MI:SS')") }}
{%- endmacro %}

{% macro duckdb__timestamp_text(timestamp) -%}
    {{ return('strftime(' ~ timestamp ~ ", '%Y-%m-%d %H:%M:%S')") }}
{%- endmacro %}

{% macro spark__timestamp_text(timestamp) -%}
    {{ return('date_format(' ~ timestamp ~ ", 'yyyy-MM-dd HH:mm:ss')") }}
{%- endmacro %}

{% macro precise_timestamp_text(timestamp) -%}
    {{ return(adapter.dispatch('precise_timestamp_text', 'dbt_consent')(timestamp)) }}
{%- endmacro %}

{% macro default__precise_timestamp_text(timestamp) -%}
    {{ return('to_char(' ~ timestamp ~ ", 'YYYY-MM-DD HH24:MI:SS.US')") }}
{%- endmacro %}

{% macro duckdb__precise_timestamp_text(timestamp) -%}
    {{ return('strftime(' ~ timestamp ~ ", '%Y-%m-%d %H:%M:%S.%f')") }}
{%- endmacro %}

{% macro spark__precise_timestamp_text(timestamp) -%}
    {{ return('date_format(' ~ timestamp ~ ", 'yyyy-MM-dd HH:mm:ss.SSSSSS')") }}
{%- endmacro %}
