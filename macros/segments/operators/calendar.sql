{#
    Tests of the calendar: windows around today, parts of the date, anniversaries, age.
#}
{% macro _read_calendar_test(read, field, operator, operand, at) -%}
    {%- if operator in ['within_last', 'within_next'] -%}
        {{ return(dbt_consent._window_test(read, field, operator, operand, at)) }}
    {%- elif operator == 'in_current' -%}
        {{ return(dbt_consent._period_test(read, field, operand, at)) }}
    {%- elif operator == 'anniversary_within' -%}
        {{ return(dbt_consent._anniversary_test(read, field, operand, at)) }}
    {%- elif operator == 'age' -%}
        {{ return(dbt_consent._age_test(read, field, operand, at)) }}
    {%- endif -%}
    {{ return(dbt_consent._date_part_test(read, field, operator, operand, at)) }}
{%- endmacro %}

{#
    The n days before today and today, or today and the n days after; hours are exact and
    include both ends.
#}
{% macro _window_test(read, field, operator, operand, at) -%}
    {%- set units = read.language.durations -%}
    {%- if operand is not mapping or operand | length != 1 -%}
        {%- do read.errors.append(at ~ ': write one duration, such as {days: 30}, not ' ~ dbt_consent._kind_of(operand) ~ '.') -%}
        {{ return('') }}
    {%- endif -%}
    {%- set unit = operand.keys() | first -%}
    {%- set count = operand[unit] -%}
    {%- if unit not in units -%}
        {%- do read.errors.append(
            at ~ '.' ~ unit ~ ': no unit' ~ dbt_consent.did_you_mean(unit, units) ~ '; write ' ~ units | join(', ') ~ '.'
        ) -%}
    {%- elif unit == 'hours' and field.kind == 'date' -%}
        {%- do read.errors.append(at ~ '.hours: ' ~ field.name ~ ' is a date without time; write days.') -%}
    {%- elif dbt_consent._is_count(read, count, unit, at ~ '.' ~ unit) -%}
        {%- set back = operator == 'within_last' -%}
        {%- if unit == 'hours' -%}
            {%- set now = modules.datetime.datetime.fromisoformat(read.as_of) -%}
            {%- set other = now + modules.datetime.timedelta(hours=-count if back else count) -%}
            {{ return(
                '(' ~ field.sql ~ ' >= ' ~ dbt_consent._instant(other if back else now)
                ~ ' and ' ~ field.sql ~ ' <= ' ~ dbt_consent._instant(now if back else other) ~ ')'
            ) }}
        {%- endif -%}
        {%- set other = dbt_consent._shift_day(read.today, unit, -count if back else count) -%}
        {{ return(dbt_consent._days_between(
            read, field, other if back else read.today, read.today if back else other
        )) }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}

{% macro _instant(instant) -%}
    {{ return(dbt_consent.timestamp_literal(instant.strftime('%Y-%m-%d %H:%M:%S.%f'))) }}
{%- endmacro %}

{# The whole day, week from Monday, month, quarter or year that today lies in. #}
{% macro _period_test(read, field, operand, at) -%}
    {%- set today = read.today -%}
    {%- if operand is not string or operand not in read.language.periods -%}
        {%- do read.errors.append(
            at ~ ': ' ~ dbt_consent._shown(operand) ~ ' is no period'
            ~ dbt_consent.did_you_mean(operand, read.language.periods) ~ '; write '
            ~ read.language.periods | join(', ') ~ '.'
        ) -%}
        {{ return('') }}
    {%- elif operand == 'day' -%}
        {{ return(dbt_consent._days_between(read, field, today, today)) }}
    {%- elif operand == 'week' -%}
        {%- set monday = dbt_consent._shift_day(today, 'days', -today.weekday()) -%}
        {{ return(dbt_consent._days_between(read, field, monday, dbt_consent._shift_day(monday, 'days', 6))) }}
    {%- endif -%}
    {%- set months = {'month': 1, 'quarter': 3, 'year': 12}[operand] -%}
    {%- set first = modules.datetime.date(today.year, today.month - (today.month - 1) % months, 1) -%}
    {%- set next = dbt_consent._shift_day(first, 'months', months) -%}
    {{ return(dbt_consent._days_between(read, field, first, dbt_consent._shift_day(next, 'days', -1))) }}
{%- endmacro %}

{# month_is, day_of_month_is, weekday_is: one value or a list of them. #}
{% macro _date_part_test(read, field, operator, operand, at) -%}
    {%- set weekdays = read.language.weekdays -%}
    {%- set is_list = operand is sequence and operand is not string and operand is not mapping -%}
    {%- set numbers = [] -%}
    {%- for one in (operand if is_list else [operand]) -%}
        {%- set place = at ~ ('[' ~ loop.index0 ~ ']' if is_list else '') -%}
        {%- if operator == 'weekday_is' -%}
            {%- if one is string and one in weekdays -%}
                {%- do numbers.append(weekdays.index(one) + 1) -%}
            {%- else -%}
                {%- do read.errors.append(
                    place ~ ': ' ~ dbt_consent._shown(one) ~ ' is no weekday'
                    ~ dbt_consent.did_you_mean(one, weekdays) ~ '; write ' ~ weekdays | join(', ') ~ '.'
                ) -%}
            {%- endif -%}
        {%- else -%}
            {%- set most = 12 if operator == 'month_is' else 31 -%}
            {%- if one is integer and 1 <= one <= most -%}
                {%- do numbers.append(one) -%}
            {%- else -%}
                {%- do read.errors.append(
                    place ~ ': ' ~ dbt_consent._shown(one) ~ ' is no number from 1 to ' ~ most ~ '.'
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- else -%}
        {%- do read.errors.append(at ~ ': the list is empty; write at least one.') -%}
    {%- endfor -%}
    {%- set day = dbt_consent._day_sql(read, field) -%}
    {%- set part = dbt_consent.iso_weekday(day) if operator == 'weekday_is'
        else 'extract(' ~ ('month' if operator == 'month_is' else 'day') ~ ' from ' ~ day ~ ')' -%}
    {{ return(part ~ ' in (' ~ numbers | join(', ') ~ ')' if numbers else '') }}
{%- endmacro %}

{# Month and day as one number, such as 1231: the order of days within a year. #}
{% macro _month_and_day(day) -%}
    {{ return('extract(month from ' ~ day ~ ') * 100 + extract(day from ' ~ day ~ ')') }}
{%- endmacro %}

{#
    What month and day of today are worth when birthdays are compared with them: in a year
    without 29 February, who was born on it has the birthday on the 28th.
#}
{% macro _as_birthday(day) -%}
    {%- set number = day.month * 100 + day.day -%}
    {{ return(229 if number == 228 and dbt_consent._days_in_month(day.year, 2) == 28 else number) }}
{%- endmacro %}

{% macro _anniversary_test(read, field, operand, at) -%}
    {%- set most = read.language.most.anniversary_days -%}
    {%- set count = operand.days if operand is mapping and operand.keys() | list == ['days'] else none -%}
    {%- if count is not integer or not 0 <= count <= most -%}
        {%- do read.errors.append(at ~ ': write {days: n}, n a whole number from 0 to ' ~ most ~ '.') -%}
        {{ return('') }}
    {%- endif -%}
    {%- if count >= 365 -%}
        {{ return(field.sql ~ ' is not null') }}
    {%- endif -%}
    {%- set today = read.today -%}
    {%- set last = dbt_consent._shift_day(today, 'days', count) -%}
    {%- set number = dbt_consent._month_and_day(dbt_consent._day_sql(read, field)) -%}
    {%- set from_today = number ~ ' >= ' ~ (today.month * 100 + today.day) -%}
    {%- set to_last = number ~ ' <= ' ~ dbt_consent._as_birthday(last) -%}
    {{ return('(' ~ from_today ~ (' and ' if last.year == today.year else ' or ') ~ to_last ~ ')') }}
{%- endmacro %}

{# Completed years; who was born on 29 February is a year older on the 28th in other years. #}
{% macro _age_test(read, field, operand, at) -%}
    {%- if operand is not mapping or not operand -%}
        {%- do read.errors.append(at ~ ': write operators for the number of years, such as {gte: 18}, not ' ~ dbt_consent._kind_of(operand) ~ '.') -%}
        {{ return('') }}
    {%- endif -%}
    {%- set day = dbt_consent._day_sql(read, field) -%}
    {%- set age = {
        'name': 'the age',
        'kind': 'number',
        'is_float': false,
        'sql': '(' ~ read.today.year ~ ' - extract(year from ' ~ day ~ ') - case when '
            ~ dbt_consent._month_and_day(day) ~ ' > ' ~ dbt_consent._as_birthday(read.today) ~ ' then 1 else 0 end)',
    } -%}
    {%- set tests = dbt_consent._read_tests(read, none, age, operand, [], at) -%}
    {{ return('' if not tests else tests[0] if tests | length == 1 else '(' ~ tests | join(' and ') ~ ')') }}
{%- endmacro %}
