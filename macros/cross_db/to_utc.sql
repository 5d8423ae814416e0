{#
    A time in UTC, from how a source writes it. Null for what is none: a text of another
    form, a day that the calendar does not have, a year before 1900, an empty text.

    Arguments
        column     SQL expression of type text, or of the type that `format` names
        time_zone  the zone of times without an offset, an IANA name (UTC)
        format     how the time is written:
                     none                  a text in the order of ISO 8601 (the default):
                                           a date, or a date and a time, with `T` or a
                                           space between them, with or without seconds and
                                           fractions, with or without an offset (`Z`,
                                           `+01:00`, `+0100`, `+01`, `UTC`, `+0000 UTC`).
                                           A date alone is its midnight
                     '%d.%m.%Y %H:%M'      a text of exactly this form. %Y year (%y: two
                                           digits, 69 to 99 are 19..), %m month (%b: Jan
                                           to Dec), %d day, %H hour (%I with %p: 1 to 12,
                                           AM or PM), %M, %S, %f fraction of a second, %z
                                           offset. Zeros in front may be missing
                     'epoch_seconds'       a text with the seconds since 1970, fractions
                     'epoch_milliseconds'  allowed; 0 is no time: it stands where none is
                     'timestamp'           not a text: a timestamp without zone, or a date
        of_pair    which of the two instants is meant where clocks go back and show a time
                   twice: 'earlier' (for a grant, for an end), 'later' (for a denial, for a
                   suppression), or an SQL expression of type text with the status: the
                   later one but for `granted` and `pending`

    A source's text beside it (raw_text) tells a time that cannot be read from none.

    Example
        {{ dbt_consent.to_utc("'2026-03-01T12:00:00+01:00'") }}   → 2026-03-01 11:00:00
        {{ dbt_consent.to_utc("'1.3.26 9:05'", time_zone='Europe/Amsterdam', format='%d.%m.%y %H:%M') }}   → 2026-03-01 08:05:00
        {{ dbt_consent.to_utc("'2026-10-25 02:30'", time_zone='Europe/Amsterdam', of_pair='later') }}   → 2026-10-25 01:30:00
        {{ dbt_consent.to_utc("'1772323200'", format='epoch_seconds') }}   → 2026-03-01 00:00:00
        {{ dbt_consent.to_utc("'2026-02-30'") }}   → null
#}
{% macro to_utc(column, time_zone='UTC', format=none, of_pair='earlier') -%}
    {%- if not modules.re.match('^[A-Za-z][A-Za-z0-9_+/-]*$', time_zone) -%}
        {{ exceptions.raise_compiler_error("to_utc: '" ~ time_zone ~ "' is no time zone; write it as Europe/Amsterdam.") }}
    {%- endif -%}
    {%- if format in ['epoch_seconds', 'epoch_milliseconds'] -%}
        {{ dbt_consent._instant_of_epoch(dbt_consent.trim_spaces(column), format == 'epoch_milliseconds') }}
    {%- elif format == 'timestamp' -%}
        {{ dbt_consent._utc_of_local(
            'case when ' ~ column ~ ' >= ' ~ dbt_consent.date_literal('1900-01-01')
            ~ ' then cast(' ~ column ~ ' as ' ~ dbt.type_timestamp() ~ ') end',
            time_zone, of_pair
        ) }}
    {%- elif format -%}
        {{ dbt_consent.let(
            'time_text', dbt_consent._iso_text(dbt_consent.trim_spaces(column), format),
            dbt_consent._utc_of_text('time_text', time_zone, of_pair)
        ) }}
    {%- else -%}
        {{ dbt_consent._utc_of_text(dbt_consent.trim_spaces(column), time_zone, of_pair) }}
    {%- endif -%}
{%- endmacro %}

{% macro _utc_of_text(text, time_zone, of_pair) -%}
    {%- set day = '(?:19|[2-9][0-9])[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])' -%}
    {%- set time = '[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?' -%}
    {%- set offset = ' ?(?:[Zz]|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?|[+]00:?00 UTC)' -%}
    case
        when {{ dbt_consent.matches(text, '^' ~ day ~ time ~ offset ~ '$') }}
            then {{ dbt_consent._instant_of_text(dbt_consent._with_plain_offset(text)) }}
        when {{ dbt_consent.matches(text, '^' ~ day ~ '(?:' ~ time ~ ')?$') }}
            then {{ dbt_consent._utc_of_local(dbt_consent._local_time_of_text(text), time_zone, of_pair) }}
    end
{%- endmacro %}

{# ` UTC` after a time, or after +0000, as engines and languages write it. #}
{% macro _with_plain_offset(text) -%}
    {{ return(dbt_consent.regexp_replace_all(text, '(?: ?[+]00:?00)? ?UTC$', 'Z') | trim) }}
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

{# A text without an offset, as the clock showed it; null for a day that the calendar does not have. #}
{% macro _local_time_of_text(text) -%}
    {{ return(adapter.dispatch('_local_time_of_text', 'dbt_consent')(text) | trim) }}
{%- endmacro %}

{% macro default___local_time_of_text(text) -%}
    case
        when {{ dbt_consent._is_calendar_day(text) }}
            then cast({{ dbt_consent._to_microseconds(text) }} as timestamp)
    end
{%- endmacro %}

{% macro duckdb___local_time_of_text(text) -%}
    try_cast({{ text }} as timestamp)
{%- endmacro %}

{% macro spark___local_time_of_text(text) -%}
    cast(try_cast({{ text }} as timestamp_ntz) as timestamp)
{%- endmacro %}

{#
    What the clocks of a zone showed, in UTC. Two instants may have shown it, or none where
    clocks went forward: then it is read with the offset before. Which offsets apply is
    asked a day before and a day after, and each one counts where it leads back to the
    clock's time: what engines choose by themselves differs.
#}
{% macro _utc_of_local(local, time_zone, of_pair) -%}
    {%- if time_zone == 'UTC' -%}
        {{ return(local) }}
    {%- endif -%}
    {%- set before = dbt_consent._with_offset_of("local_time - interval '1 day'", time_zone) -%}
    {%- set after = dbt_consent._with_offset_of("local_time + interval '1 day'", time_zone) -%}
    {%- set is_before = dbt_consent._local_time('time_before', time_zone) ~ ' = local_time' -%}
    {%- set is_after = dbt_consent._local_time('time_after', time_zone) ~ ' = local_time' -%}
    {%- set earlier = 'case when ' ~ is_after ~ ' and not ' ~ is_before ~ ' then time_after else time_before end' -%}
    {%- set later = 'case when ' ~ is_after ~ ' then time_after else time_before end' -%}
    {%- if of_pair == 'earlier' -%}
        {%- set chosen = earlier -%}
    {%- elif of_pair == 'later' -%}
        {%- set chosen = later -%}
    {%- else -%}
        {%- set chosen = 'case when ' ~ of_pair ~ " in ('granted', 'pending') then " ~ earlier ~ ' else ' ~ later ~ ' end' -%}
    {%- endif -%}
    {{ return(dbt_consent.let('local_time', local, dbt_consent.let('time_before', before,
        dbt_consent.let('time_after', after, chosen)))) }}
{%- endmacro %}

{# `local_time` in UTC, with the offset that the zone has at another instant. #}
{% macro _with_offset_of(instant, time_zone) -%}
    {{ return(
        'local_time - (' ~ dbt_consent._local_time('(' ~ instant ~ ')', time_zone)
        ~ ' - (' ~ instant ~ '))'
    ) }}
{%- endmacro %}

{# What the clocks of a zone show at an instant in UTC. #}
{% macro _local_time(instant, time_zone) -%}
    {{ return(adapter.dispatch('_local_time', 'dbt_consent')(instant, time_zone)) }}
{%- endmacro %}

{% macro default___local_time(instant, time_zone) -%}
    {{ return('(' ~ instant ~ " at time zone 'UTC' at time zone '" ~ time_zone ~ "')") }}
{%- endmacro %}

{% macro spark___local_time(instant, time_zone) -%}
    {{ return('from_utc_timestamp(' ~ instant ~ ", '" ~ time_zone ~ "')") }}
{%- endmacro %}

{#
    A count of seconds or milliseconds since 1970, from 1900 to 9999. The digits are put
    together as a text, so that no fraction is rounded on the way.
#}
{% macro _instant_of_epoch(text, is_milliseconds) -%}
    {%- set zeros = '000' if is_milliseconds else '000000' -%}
    {%- set fraction = 'coalesce(' ~ dbt_consent.regexp_extract(text, '[.][0-9]+$') ~ ", '.')" -%}
    {%- set microseconds = 'cast(' ~ dbt_consent.regexp_extract(text, '^-?[0-9]+')
        ~ ' || substring(' ~ fraction ~ " || '" ~ zeros ~ "' from 2 for " ~ zeros | length
        ~ ') as bigint)' -%}
    {%- set pattern = '^-?[0-9]{1,' ~ (15 if is_milliseconds else 12) ~ '}(?:[.][0-9]+)?$' -%}
    {{ return(dbt_consent.let(
        'microseconds',
        'case when ' ~ dbt_consent.matches(text, pattern) ~ ' then ' ~ microseconds ~ ' end',
        'case when microseconds between -2208988800000000 and 253402300799999999 and microseconds <> 0 then '
        ~ dbt_consent._instant_of_microseconds('microseconds') ~ ' end'
    )) }}
{%- endmacro %}

{% macro _instant_of_microseconds(microseconds) -%}
    {{ return(adapter.dispatch('_instant_of_microseconds', 'dbt_consent')(microseconds) | trim) }}
{%- endmacro %}

{# In two steps: a float of a whole timestamp has no room for its microseconds. #}
{% macro default___instant_of_microseconds(microseconds) -%}
    timestamp '1970-01-01' + {{ microseconds }} / 1000000 * interval '1 second'
    + {{ microseconds }} % 1000000 * interval '1 microsecond'
{%- endmacro %}

{% macro duckdb___instant_of_microseconds(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro spark___instant_of_microseconds(microseconds) -%}
    timestamp_micros({{ microseconds }})
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
