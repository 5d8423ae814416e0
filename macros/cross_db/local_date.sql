{#
    The day of a UTC timestamp in a time zone.

    Arguments
        timestamp  SQL expression of type timestamp, UTC
        time_zone  an IANA name, such as Europe/Amsterdam
#}
{% macro local_date(timestamp, time_zone) -%}
    {%- if time_zone == 'UTC' -%}
        {{ return('cast(' ~ timestamp ~ ' as date)') }}
    {%- endif -%}
    {{ return(adapter.dispatch('local_date', 'dbt_consent')(timestamp, time_zone)) }}
{%- endmacro %}

{% macro default__local_date(timestamp, time_zone) -%}
    {{ return(
        'cast((' ~ timestamp ~ ") at time zone 'UTC' at time zone '" ~ time_zone ~ "' as date)"
    ) }}
{%- endmacro %}

{% macro spark__local_date(timestamp, time_zone) -%}
    {{ return('to_date(from_utc_timestamp(' ~ timestamp ~ ", '" ~ time_zone ~ "'))") }}
{%- endmacro %}
