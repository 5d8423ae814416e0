{#
    A time that is written in a declared form, rearranged to the order of ISO 8601; null
    for a text of another form. Whether there is such a day is for to_utc to say.

    Arguments
        text    SQL expression of type text, trimmed
        format  the form, with the codes that to_utc names
#}
{% macro _iso_text(text, format) -%}
    {%- set form = dbt_consent._time_form(format) -%}
    {%- set at = form.places -%}
    {#- each number gets a zero in front, which goes again where it has two digits #}
    {%- set iso = ['\\', at.Y or at.y, '-#0\\', at.m or at.b, '-#0\\', at.d] -%}
    {%- if at.H or at.I -%}
        {%- do iso.extend(['T#0\\', at.H or at.I, ':#0\\' ~ at.M if at.M else ':00',
            ':#0\\' ~ at.S if at.S else '', '.\\' ~ at.f if at.f else '',
            '\\' ~ at.z if at.z else '', '\\' ~ at.p if at.p else '']) -%}
    {%- endif -%}
    {%- set upper = dbt_consent.ascii_upper(text) -%}
    {%- set sql = namespace(text=dbt_consent.regexp_replace_all(upper, form.pattern, iso | join) | trim) -%}
    {%- set sql.text = dbt_consent.regexp_replace_all(sql.text, '#0?([0-9][0-9])', '\\1') | trim -%}
    {%- for name in dbt_consent._month_names() if at.b -%}
        {%- set sql.text = 'replace(' ~ sql.text ~ ", '-#0" ~ name ~ "-', '-" ~ '%02d' % loop.index ~ "-')" -%}
    {%- endfor -%}
    {%- if at.y -%}
        {%- set sql.text = dbt_consent.regexp_replace_all(sql.text, '^(69|[7-9][0-9])-', '19\\1-') | trim -%}
        {%- set sql.text = dbt_consent.regexp_replace_all(sql.text, '^([0-9][0-9])-', '20\\1-') | trim -%}
    {%- endif -%}
    {%- set sql.text = 'case when ' ~ dbt_consent.matches(upper, form.pattern) ~ ' then ' ~ sql.text ~ ' end' -%}
    {%- if at.p -%}
        {%- set sql.text = dbt_consent.let('half_day', sql.text, dbt_consent._of_24_hours('half_day')) -%}
    {%- endif -%}
    {{ return(sql.text) }}
{%- endmacro %}

{# `2026-03-01T09:05:00P` with the hour of a whole day: hour 12 is the first of its half. #}
{% macro _of_24_hours(text) -%}
    {%- set hour = 'mod(cast(substring(' ~ text ~ ' from 12 for 2) as integer), 12)'
        ~ ' + case when right(' ~ text ~ ", 1) = 'P' then 12 else 0 end" -%}
    {{ return(
        'substring(' ~ text ~ ' from 1 for 11) || lpad(cast(' ~ hour ~ ' as '
        ~ dbt.type_string() ~ "), 2, '0') || substring(" ~ text ~ ' from 14 for length(' ~ text ~ ') - 14)'
    ) }}
{%- endmacro %}

{% macro _month_names() -%}
    {{ return(['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']) }}
{%- endmacro %}

{#
    A form of times as a regular expression for upper-case texts, and the capture of each
    of its codes. Numbers that touch have all their digits.

    Returns {pattern, places: {code: number of the capture}}; raises for a form that does
    not say which instant is meant.
#}
{% macro _time_form(format) -%}
    {%- set numbers = {'Y': 4, 'y': 2, 'm': 2, 'd': 2, 'H': 2, 'M': 2, 'S': 2} -%}
    {%- set others = {
        'b': '(' ~ dbt_consent._month_names() | join('|') ~ ')', 'I': '(0?[1-9]|1[0-2])',
        'p': '([AP])[.]?M[.]?', 'f': '([0-9]{1,9})', 'z': '(Z|UTC|[+-][0-9]{2}:?[0-9]{2})',
    } -%}
    {%- set tokens = modules.re.findall('%.|[^%]', format) -%}
    {%- set places, pattern, errors = {}, ['^'], [] -%}
    {%- for token in tokens -%}
        {%- set code = token[1:] -%}
        {%- if code -%}
            {%- if code in places -%}
                {%- do errors.append(token ~ ' stands there twice') -%}
            {%- endif -%}
            {%- do places.update({code: places | length + 1}) -%}
            {%- if code in numbers -%}
                {%- set touches = (loop.previtem or '')[1:] or (loop.nextitem or '')[1:] -%}
                {%- set digits = numbers[code] if touches or code in 'Yy' else '1,2' -%}
                {%- do pattern.append('([0-9]{' ~ digits ~ '})') -%}
            {%- elif code in others -%}
                {%- do pattern.append(others[code]) -%}
            {%- else -%}
                {%- do errors.append(token ~ ' is no code') -%}
            {%- endif -%}
        {%- elif modules.re.match('[A-Za-z0-9 ]', token) -%}
            {%- do pattern.append(token | upper) -%}
        {%- elif token in '-./,:_()' -%}
            {%- do pattern.append('[' ~ token ~ ']') -%}
        {%- else -%}
            {%- do errors.append("the sign '" ~ token ~ "' is not possible") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for one, needs in [
        (('Y' in places) != ('y' in places), 'one of %Y and %y'),
        (('m' in places) != ('b' in places), 'one of %m and %b'),
        ('d' in places, '%d'),
        (not ('H' in places and 'I' in places), 'one of %H and %I'),
        (('I' in places) == ('p' in places), '%I and %p together'),
        ('H' in places or 'I' in places or not ('M' in places or 'S' in places or 'z' in places), 'an hour for its minutes, seconds or offset'),
        ('M' in places or 'S' not in places, '%M for its %S'),
        ('S' in places or 'f' not in places, '%S for its %f'),
    ] if not one -%}
        {%- do errors.append('it needs ' ~ needs) -%}
    {%- endfor -%}
    {%- if errors -%}
        {{ exceptions.raise_compiler_error(
            "to_utc: the format '" ~ format ~ "' cannot be read: " ~ errors | join('; ')
            ~ ". Write it like '%d.%m.%Y %H:%M', or as epoch_seconds, epoch_milliseconds or timestamp."
        ) }}
    {%- endif -%}
    {{ return({'pattern': pattern | join ~ '$', 'places': places}) }}
{%- endmacro %}
