{#
    A timestamp written as text, in UTC: a date, or a date and a time, with `T` or a space
    between them, with or without seconds and fractions, with or without an offset (`Z`,
    `+01:00`, `+0100`, `+01`). A date alone is its midnight.

    Arguments
        column     SQL expression of type text
        time_zone  the zone of texts without an offset, an IANA name (UTC)
        invalid    SQL expression for a text that is no timestamp (null). A column whose
                   null permits more than its date, such as the end of a consent, needs
                   one that permits less

    Example
        {{ dbt_consent.to_utc("'2026-03-01T12:00:00+01:00'") }}   → 2026-03-01 11:00:00
        {{ dbt_consent.to_utc("'2026-03-01'", time_zone='Europe/Amsterdam') }}   → 2026-02-28 23:00:00
        {{ dbt_consent.to_utc("'soon'") }}   → null
#}
{% macro to_utc(column, time_zone='UTC', invalid=none) -%}
    {%- if not modules.re.match('^[A-Za-z][A-Za-z0-9_+/-]*$', time_zone) -%}
        {{ exceptions.raise_compiler_error("to_utc: '" ~ time_zone ~ "' is no time zone; write it as Europe/Amsterdam.") }}
    {%- endif -%}
    {%- set text = dbt_consent.trim_spaces(column) -%}
    {%- set day = '[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])' -%}
    {%- set time = '[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?' -%}
    {%- set offset = ' ?(?:[Zz]|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)' -%}
    case
        when {{ dbt_consent.matches(text, '^' ~ day ~ time ~ offset ~ '$') }}
            then {{ dbt_consent._instant_of_text(text) }}
        when {{ dbt_consent.matches(text, '^' ~ day ~ '(?:' ~ time ~ ')?$') }}
            then {{ dbt_consent._local_time_of_text(text, time_zone) }}
        {%- if invalid is not none %}
        when {{ text }} <> '' then {{ invalid }}
        {%- endif %}
    end
{%- endmacro %}

{# A text with an offset, in UTC; null for a day that the calendar does not have. #}
{% macro _instant_of_text(text) -%}
    {{ return(adapter.dispatch('_instant_of_text', 'dbt_consent')(text)) }}
{%- endmacro %}

{% macro default___instant_of_text(text) -%}
    case
        when {{ dbt_consent._is_calendar_day(text) }}
            then cast({{ dbt_consent._to_microseconds(text) }} as timestamp with time zone)
                at time zone 'UTC'
    end
{%- endmacro %}

{% macro duckdb___instant_of_text(text) -%}
    try_cast(
        regexp_replace(upper({{ text }}), ' ([Z+-])', '\1') as timestamp with time zone
    ) at time zone 'UTC'
{%- endmacro %}

{# Spark reads an offset only after seconds. #}
{% macro spark___instant_of_text(text) -%}
    {%- set whole = dbt_consent.regexp_replace_all(
        'upper(' ~ text ~ ')', '^(.{16})( ?[Z+-])', '\\1:00\\2'
    ) -%}
    to_utc_timestamp(try_cast({{ whole }} as timestamp), current_timezone())
{%- endmacro %}

{# A text without an offset, in UTC; null for a day that the calendar does not have. #}
{% macro _local_time_of_text(text, time_zone) -%}
    {{ return(adapter.dispatch('_local_time_of_text', 'dbt_consent')(text, time_zone)) }}
{%- endmacro %}

{% macro default___local_time_of_text(text, time_zone) -%}
    case
        when {{ dbt_consent._is_calendar_day(text) }}
            then cast({{ dbt_consent._to_microseconds(text) }} as timestamp)
                {%- if time_zone != 'UTC' %} at time zone '{{ time_zone }}' at time zone 'UTC'{% endif %}
    end
{%- endmacro %}

{% macro duckdb___local_time_of_text(text, time_zone) -%}
    try_cast({{ text }} as timestamp)
        {%- if time_zone != 'UTC' %} at time zone '{{ time_zone }}' at time zone 'UTC'{% endif %}
{%- endmacro %}

{% macro spark___local_time_of_text(text, time_zone) -%}
    to_utc_timestamp(try_cast({{ text }} as timestamp_ntz), '{{ time_zone }}')
{%- endmacro %}

{# For engines whose cast of the 30th of February is an error and has no `try`. #}
{% macro _is_calendar_day(text) -%}
    cast(substring({{ text }} from 9 for 2) as integer) <= case
        when substring({{ text }} from 6 for 2) in ('04', '06', '09', '11') then 30
        when substring({{ text }} from 6 for 2) <> '02' then 31
        when
            mod(cast(substring({{ text }} from 1 for 4) as integer), 400) = 0
            or (
                mod(cast(substring({{ text }} from 1 for 4) as integer), 4) = 0
                and mod(cast(substring({{ text }} from 1 for 4) as integer), 100) <> 0
            )
            then 29
        else 28
    end
{%- endmacro %}

{# For engines whose cast rounds what is beyond microseconds, up into the next day even. #}
{% macro _to_microseconds(text) -%}
    {{ return(dbt_consent.regexp_replace_all(text, '([.][0-9]{6})[0-9]+', '\\1') | trim) }}
{%- endmacro %}
