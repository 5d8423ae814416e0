{#
    The leaf `compare`: two values of one profile. Each side is a field, or an activity with
    its dates and conditions and exactly one aggregate.
#}
{% macro _read_compare(read, condition) -%}
    {%- set given = condition.given -%}
    {%- set at = condition.at -%}
    {%- set before = read.errors | length -%}
    {%- set known = [] -%}
    {%- for names in read.language.compare_operators.values() -%}
        {%- do known.extend(names | reject('in', known) | list) -%}
    {%- endfor -%}
    {%- do dbt_consent._reject_other_keys(read, given, ['compare'] + known, at) -%}
    {%- set operators = given.keys() | select('in', known) | list -%}
    {%- if operators | length != 1 and read.errors | length == before -%}
        {%- do read.errors.append(at ~ ': a comparison has one operator, such as gt; here are ' ~ operators | length ~ '.') -%}
    {%- endif -%}
    {%- set left = dbt_consent._read_side(read, condition, given.compare, [], at ~ '.compare') -%}
    {%- if operators | length == 1 -%}
        {%- set operator = operators[0] -%}
        {%- set further = read.language.compare_keys.keys() | list -%}
        {%- set place = at ~ '.' ~ operator -%}
        {%- set right = dbt_consent._read_side(read, condition, given[operator], further, place) -%}
        {%- if left and right -%}
            {%- set test = dbt_consent._comparison_of_sides(read, left, right, operator, given[operator], place) -%}
            {%- if read.errors | length == before -%}
                {%- do dbt_consent._set_leaf(condition, [test], {left.name: left.sql, right.name ~ ' (right)': right.sql}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# One side as {name, kind, sql, is_float}; none after a complaint. #}
{% macro _read_side(read, condition, given, further, at) -%}
    {%- if given is not mapping or ('field' in given) == ('activity' in given) -%}
        {%- do read.errors.append(
            at ~ ': write {field: <name>}, or an activity with one aggregate such as {activity: orders, sum: total}.'
        ) -%}
        {{ return(none) }}
    {%- elif 'field' in given -%}
        {%- do dbt_consent._reject_other_keys(read, given, ['field'] + further, at) -%}
        {%- if given.field is not string or given.field not in read.profile.columns -%}
            {%- do read.errors.append(at ~ '.field: ' ~ dbt_consent._unknown_field(read, read.profile, given.field)) -%}
        {%- elif given.field in read.profile.contact_keys -%}
            {%- do read.errors.append(at ~ '.field: a contact key may only be asked for with is_missing.') -%}
        {%- else -%}
            {{ return(dbt_consent._field(read.profile, given.field)) }}
        {%- endif -%}
        {{ return(none) }}
    {%- endif -%}

    {%- set before = read.errors | length -%}
    {%- set aggregates = read.language.aggregates -%}
    {%- set asked = given.keys() | select('in', aggregates) | list -%}
    {%- do dbt_consent._reject_other_keys(
        read, given, ['activity', 'where'] + read.language.activity_time + (aggregates.keys() | list) + further, at
    ) -%}
    {%- set node = dbt_consent._activity_node(read, given.activity, condition.chain, at) -%}
    {%- if asked | length != 1 -%}
        {%- do read.errors.append(at ~ ': a side has one aggregate, such as {sum: total}; here are ' ~ asked | length ~ '.') -%}
    {%- elif node -%}
        {%- set name = asked[0] -%}
        {%- set scope = dbt_consent._activity_scope(given.activity, node) -%}
        {%- set rows = dbt_consent._read_activity_rows(read, scope, given, at) -%}
        {%- if aggregates[name].of -%}
            {%- set column = dbt_consent._aggregated_column(read, scope, aggregates[name], {'of': given[name]}, at ~ '.' ~ name) -%}
        {%- else -%}
            {%- set column = dbt_consent._field(scope, 'occurred_at') -%}
            {%- if given[name] is not sameas true -%}
                {%- do read.errors.append(at ~ '.' ~ name ~ ': write true.') -%}
            {%- endif -%}
        {%- endif -%}
        {%- if read.errors | length == before -%}
            {%- set join = dbt_consent._activity_join(read, scope, node, given.activity, rows) -%}
            {%- set measure = dbt_consent._measure(
                read, join, dbt_consent._join_activity(read, join), name, aggregates[name], column
            ) -%}
            {%- do measure.update({'name': given.activity ~ ': ' ~ measure.name}) -%}
            {{ return(measure) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro _comparison_of_sides(read, left, right, operator, given, at) -%}
    {%- set days = ['date', 'timestamp'] -%}
    {%- set kind = 'time' if left.kind in days and right.kind in days else left.kind -%}
    {%- set known = read.language.compare_operators.get(kind, []) -%}
    {%- if kind != 'time' and left.kind != right.kind -%}
        {%- do read.errors.append(at ~ ': ' ~ right.name ~ ' is ' ~ right.kind ~ '; ' ~ left.name ~ ' is ' ~ left.kind ~ '.') -%}
    {%- elif not known -%}
        {%- do read.errors.append(at ~ ': numbers, texts and times are compared; ' ~ left.name ~ ' is ' ~ left.kind ~ '.') -%}
    {%- elif operator not in known -%}
        {%- do read.errors.append(
            at ~ ': `' ~ operator ~ '` does not compare ' ~ dbt_consent._kinds([left.kind]) ~ '; write one of '
            ~ known | join(', ') ~ '.'
        ) -%}
    {%- elif 'times' in given and kind != 'number' -%}
        {%- do read.errors.append(at ~ '.times: is for numbers; ' ~ right.name ~ ' is ' ~ right.kind ~ '.') -%}
    {%- elif 'plus' in given and kind != 'time' -%}
        {%- do read.errors.append(at ~ '.plus: is for times; ' ~ right.name ~ ' is ' ~ right.kind ~ '.') -%}
    {%- else -%}
        {%- set sign = {
            'eq': '=', 'ne': '=', 'lt': '<', 'before': '<', 'lte': '<=', 'on_or_before': '<=',
            'gt': '>', 'after': '>', 'gte': '>=', 'on_or_after': '>=',
        }[operator] -%}
        {%- if kind == 'number' -%}
            {%- set sides = dbt_consent._numbers_of_sides(read, left, right, given, at) -%}
        {%- elif kind == 'text' -%}
            {%- set sides = [dbt_consent.by_code_point(left.sql) if sign != '=' else left.sql, right.sql] -%}
        {%- else -%}
            {%- set sides = dbt_consent._times_of_sides(read, left, right, given, at) -%}
        {%- endif -%}
        {%- set test = sides[0] ~ ' ' ~ sign ~ ' ' ~ sides[1] -%}
        {{ return('not coalesce(' ~ test ~ ', false)' if operator == 'ne' else test) }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}

{# Exact where both are whole numbers or decimals; as double where one is floating point. #}
{% macro _numbers_of_sides(read, left, right, given, at) -%}
    {%- set is_float = left.is_float or right.is_float -%}
    {%- set factor = none -%}
    {%- if 'times' in given -%}
        {%- set times = given.times -%}
        {%- if times is not number or times is boolean or not times > 0 or times > 1000000000 -%}
            {%- do read.errors.append(at ~ '.times: write a number of more than 0, such as 1.5.') -%}
        {%- else -%}
            {%- set factor = dbt_consent._read_number(read, {'is_float': is_float}, times, at ~ '.times') -%}
        {%- endif -%}
    {%- endif -%}
    {%- set sides = [left.sql, right.sql] -%}
    {%- if is_float -%}
        {%- set double = dbt_consent.type_double() -%}
        {%- set sides = ['cast(' ~ left.sql ~ ' as ' ~ double ~ ')', 'cast(' ~ right.sql ~ ' as ' ~ double ~ ')'] -%}
    {%- endif -%}
    {{ return([sides[0], sides[1] ~ ' * ' ~ factor.sql if factor else sides[1]]) }}
{%- endmacro %}

{# Two timestamps as instants; with a date, by day. #}
{% macro _times_of_sides(read, left, right, given, at) -%}
    {%- set by_day = 'date' in [left.kind, right.kind] -%}
    {%- set sides = [
        dbt_consent._day_sql(read, left) if by_day else left.sql,
        dbt_consent._day_sql(read, right) if by_day else right.sql,
    ] -%}
    {%- set hours = dbt_consent._read_span(read, given.plus, by_day, at ~ '.plus') if 'plus' in given else none -%}
    {{ return([sides[0], dbt_consent.add_hours(sides[1], hours) if hours is not none else sides[1]]) }}
{%- endmacro %}
