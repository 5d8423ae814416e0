{#
    Days: literals, relative days, and comparing a date or the day of a timestamp with
    them. All that depends on `as_of`, the time zone and the calendar is worked out here,
    so that the SQL compares with constants and means the same on every engine.
#}

{#
    A day as {day}, with `literal` where it is one; none, after a complaint, where it is no
    day. Relative days count from the day of as_of; month ends are clamped.
#}
{% macro _read_day(read, field, operand, at) -%}
    {%- if operand is mapping -%}
        {{ return(dbt_consent._read_relative_day(read, operand, at)) }}
    {%- elif operand is string and modules.re.match('[0-9]{4}-[0-9]{2}-[0-9]{2}\\Z', operand) -%}
        {%- set year = operand[:4] | int -%}
        {%- set month = operand[5:7] | int -%}
        {%- set day = operand[8:] | int -%}
        {%- if not 1 <= month <= 12 or not 1 <= day <= dbt_consent._days_in_month(year, month) -%}
            {%- do read.errors.append(at ~ ": '" ~ operand ~ "' is no day of the calendar.") -%}
        {%- elif year < 1600 -%}
            {%- do read.errors.append(at ~ ": '" ~ operand ~ "' lies before the year 1600, where calendars differ.") -%}
        {%- else -%}
            {%- set literal = modules.datetime.date(year, month, day) -%}
            {{ return({'day': literal, 'literal': literal}) }}
        {%- endif -%}
    {%- elif operand is string and modules.re.match('[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]', operand) -%}
        {%- do read.errors.append(at ~ ": '" ~ operand ~ "' has a time; write a day such as 2026-01-31.") -%}
    {%- elif operand is string or operand is number or operand is none or operand is sequence -%}
        {%- do read.errors.append(
            at ~ ': ' ~ dbt_consent._wrong_kind(field, operand)
            ~ ('' if operand is none or (operand is sequence and operand is not string)
               else ' Write a day such as 2026-01-31, or {days_ago: 30}.')
        ) -%}
    {%- else -%}
        {#- an unquoted day, which YAML gives as a date -#}
        {{ return(dbt_consent._read_day(read, field, operand.isoformat(), at)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro _read_relative_day(read, operand, at) -%}
    {%- set known = read.language.relative_days -%}
    {%- for key, count in operand.items() -%}
        {%- if key not in known -%}
            {%- do read.errors.append(
                at ~ '.' ~ key ~ ': no relative day' ~ dbt_consent.did_you_mean(key, known.keys() | list)
                ~ '; write one of ' ~ known.keys() | join(', ') ~ '.'
            ) -%}
        {%- elif operand | length > 1 -%}
            {%- do read.errors.append(at ~ ': a relative day has one key, not ' ~ operand.keys() | join(' and ') ~ '.') -%}
            {{ return(none) }}
        {%- elif dbt_consent._is_count(read, count, known[key].unit, at ~ '.' ~ key) -%}
            {{ return({'day': dbt_consent._shift_day(read.today, known[key].unit, known[key].sign * count)}) }}
        {%- endif -%}
    {%- else -%}
        {%- do read.errors.append(at ~ ': an empty mapping is no day; write {days_ago: 30}.') -%}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{# True for a whole number of units that a rule can mean; complains about any other. #}
{% macro _is_count(read, count, unit, at) -%}
    {%- set most = read.language.most[unit] -%}
    {%- if count is integer and 0 <= count <= most -%}
        {{ return(true) }}
    {%- endif -%}
    {%- do read.errors.append(
        at ~ ': ' ~ dbt_consent._shown(count) ~ ' is no whole number from 0 to ' ~ most ~ '.'
    ) -%}
    {{ return(false) }}
{%- endmacro %}

{% macro _days_in_month(year, month) -%}
    {%- if month == 2 -%}
        {{ return(29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28) }}
    {%- endif -%}
    {{ return(30 if month in [4, 6, 9, 11] else 31) }}
{%- endmacro %}

{# A day some units later, or earlier for a negative count; months end where they end. #}
{% macro _shift_day(day, unit, count) -%}
    {%- if unit in ['days', 'weeks'] -%}
        {{ return(day + modules.datetime.timedelta(days=count * (7 if unit == 'weeks' else 1))) }}
    {%- endif -%}
    {%- set months = day.year * 12 + day.month - 1 + count * (12 if unit == 'years' else 1) -%}
    {%- set year = months // 12 -%}
    {%- set month = months % 12 + 1 -%}
    {{ return(modules.datetime.date(year, month, [day.day, dbt_consent._days_in_month(year, month)] | min)) }}
{%- endmacro %}

{# Compares the field's day with a day, or with another field's day. #}
{% macro _compare_days(read, field, operator, value) -%}
    {%- if value.other is defined -%}
        {%- set sign = {
            'eq': '=', 'before': '<', 'on_or_before': '<=', 'after': '>', 'on_or_after': '>=',
        }[operator] -%}
        {{ return(
            dbt_consent._day_sql(read, field) ~ ' ' ~ sign ~ ' ' ~ dbt_consent._day_sql(read, value.other)
        ) }}
    {%- endif -%}
    {%- set one = modules.datetime.timedelta(days=1) -%}
    {%- if operator == 'eq' -%}
        {{ return(dbt_consent._days_between(read, field, value.day, value.day)) }}
    {%- elif operator == 'before' -%}
        {{ return(dbt_consent._days_between(read, field, none, value.day - one)) }}
    {%- elif operator == 'on_or_before' -%}
        {{ return(dbt_consent._days_between(read, field, none, value.day)) }}
    {%- elif operator == 'on_or_after' -%}
        {{ return(dbt_consent._days_between(read, field, value.day, none)) }}
    {%- elif value.day == modules.datetime.date.max -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return(dbt_consent._days_between(read, field, value.day + one, none)) }}
{%- endmacro %}

{#
    The field's day lies between two days, both included; none for no bound. A timestamp is
    compared with the instants at which the days start and end in the time zone.
#}
{% macro _days_between(read, field, low, high) -%}
    {%- set tests = [] -%}
    {%- if field.kind == 'date' or not (dbt_consent._is_plain_year(low) and dbt_consent._is_plain_year(high)) -%}
        {%- set field = {'sql': dbt_consent._day_sql(read, field)} -%}
        {%- if low is not none and low == high -%}
            {{ return(field.sql ~ ' = ' ~ dbt_consent.date_literal(low.isoformat())) }}
        {%- endif -%}
        {%- if low is not none -%}
            {%- do tests.append(field.sql ~ ' >= ' ~ dbt_consent.date_literal(low.isoformat())) -%}
        {%- endif -%}
        {%- if high is not none -%}
            {%- do tests.append(field.sql ~ ' <= ' ~ dbt_consent.date_literal(high.isoformat())) -%}
        {%- endif -%}
    {%- else -%}
        {%- if low is not none -%}
            {%- do tests.append(field.sql ~ ' >= ' ~ dbt_consent._start_of_day(read, low)) -%}
        {%- endif -%}
        {%- if high is not none and high < modules.datetime.date.max -%}
            {%- set next = high + modules.datetime.timedelta(days=1) -%}
            {%- do tests.append(field.sql ~ ' < ' ~ dbt_consent._start_of_day(read, next)) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if not tests -%}
        {{ return(field.sql ~ ' is not null') }}
    {%- endif -%}
    {{ return(tests[0] if tests | length == 1 else '(' ~ tests | join(' and ') ~ ')') }}
{%- endmacro %}

{#
    Whether the offsets of that year are known here: the time zones that Jinja has begin in
    1902 and end in 2037. In other years the warehouse, whose time zones have no end, is asked
    for the day of each timestamp.
#}
{% macro _is_plain_year(day) -%}
    {{ return(day is none or 1902 <= day.year <= 2036) }}
{%- endmacro %}

{#
    The day of an instant in the time zone. After 2036 clocks are changed by rules that ask
    for weekdays, so a year counts as an earlier one whose weekdays are the same there.
#}
{% macro _local_day(zone, instant) -%}
    {%- set date = modules.datetime.date -%}
    {%- set years = [] -%}
    {%- if instant.year > 2036 -%}
        {%- set month = 3 if instant.month > 2 else 1 -%}
        {%- for year in range(2026, 2037) if date(year, month, 1).weekday() == date(instant.year, month, 1).weekday() -%}
            {%- do years.append(year) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set alike = instant.replace(year=years[0], day=[instant.day, 28 if instant.month == 2 else 31] | min) if years else instant -%}
    {%- set offset = modules.pytz.utc.localize(alike).astimezone(zone).utcoffset() -%}
    {{ return((instant + offset).date()) }}
{%- endmacro %}

{#
    The first instant of a day in the time zone, as a UTC timestamp. Where clocks skip
    midnight, the day starts at the skip; where midnight comes twice, at the first.
#}
{% macro _start_of_day(read, day) -%}
    {%- set midnight = modules.datetime.datetime.combine(day, modules.datetime.time()) -%}
    {%- set start = read.zone.normalize(read.zone.localize(midnight, is_dst=true)) -%}
    {%- if start.date() != day -%}
        {%- set start = read.zone.localize(midnight, is_dst=false) -%}
    {%- endif -%}
    {{ return(dbt_consent.timestamp_literal(
        start.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S')
    )) }}
{%- endmacro %}

{# The field's day as SQL. #}
{% macro _day_sql(read, field) -%}
    {{ return(field.sql if field.kind == 'date' else dbt_consent.local_date(field.sql, read.zone.zone)) }}
{%- endmacro %}
