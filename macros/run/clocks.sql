{#
    The two clocks of a run. Both are SQL expressions of type timestamp, in UTC, and no
    model knows any other: a model that asks the engine for the time could not be
    evaluated for a past moment.

    observed_at()  when this warehouse saw something: the start of the run. State is
                   stamped with it. The var `observed_at`, else the environment variable
                   CONSENT_NOW, replaces it: when loads of the past are replayed in
                   order, and in rehearsals of what is to come.
    as_of()        the moment that the run decides for: the var `as_of`, else observed_at.
    known_at()     the last moment whose evidence counts: the var `known_at`, else
                   observed_at.

    The vars are ISO 8601 texts, a date or a timestamp, with or without an offset; without
    one they are UTC.
#}
{% macro observed_at() -%}
    {{ dbt_consent.timestamp_literal(dbt_consent.run_clock('observed_at')) }}
{%- endmacro %}

{% macro as_of() -%}
    {{ dbt_consent.timestamp_literal(dbt_consent.run_clock('as_of')) }}
{%- endmacro %}

{% macro known_at() -%}
    {{ dbt_consent.timestamp_literal(dbt_consent.run_clock('known_at')) }}
{%- endmacro %}

{#
    A clock as text, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC.

    Arguments
        name  observed_at, as_of or known_at
#}
{% macro run_clock(name) -%}
    {%- set given = dbt_consent.setting(name) -%}
    {%- if given is not none -%}
        {{ return(dbt_consent._parse_instant(name, given)) }}
    {%- elif name == 'observed_at' and env_var('CONSENT_NOW', '') -%}
        {{ return(dbt_consent._parse_instant(name, env_var('CONSENT_NOW'))) }}
    {%- elif name == 'observed_at' -%}
        {{ return(run_started_at.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f')) }}
    {%- else -%}
        {{ return(dbt_consent.run_clock('observed_at')) }}
    {%- endif -%}
{%- endmacro %}

{% macro _parse_instant(name, given) -%}
    {%- set shape = '^(?!0000)(\\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])'
        '([ T]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d([.]\\d{1,6})?)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$' -%}
    {%- set parts = modules.re.match(shape, given | string) -%}
    {%- set year, month = (parts.group(1), parts.group(2)) if parts else ('2000', '12') -%}
    {#- the day before the first one of the next month #}
    {%- set last_day = (
        (modules.datetime.date(year | int, month | int, 28) + modules.datetime.timedelta(days=4))
        .replace(day=1) - modules.datetime.timedelta(days=1)
    ).day if year != '9999' else 28 -%}
    {%- if not parts or parts.group(3) | int > last_day -%}
        {{ exceptions.raise_compiler_error(
            "vars.%s: '%s' is no point in time. Write it as 2026-03-01, 2026-03-01T12:00:00 or "
            "2026-03-01T12:00:00+01:00." % (name, given)
        ) }}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(given | string | replace('Z', '+00:00')) -%}
    {%- if instant.tzinfo is not none -%}
        {%- set instant = instant.astimezone(modules.pytz.utc) -%}
    {%- endif -%}
    {{ return(instant.strftime('%Y-%m-%d %H:%M:%S.%f')) }}
{%- endmacro %}

{#
    True when the run decides for another moment than its own start, from the evidence of
    another moment, or on trial (var `trial`): it writes to a schema of its own, reads state
    and never writes it.
#}
{% macro is_as_of_run() -%}
    {{ return(
        dbt_consent.setting('as_of') is not none
        or dbt_consent.setting('known_at') is not none
        or dbt_consent.setting('trial') is not none
    ) }}
{%- endmacro %}
