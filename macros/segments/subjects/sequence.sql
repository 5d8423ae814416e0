{#
    Sequences: a row of the first activity counts when there is (`followed_by`), or is not
    (`not_followed_by`), a row of the second at most `within` later. Not followed is known
    only once `within` has passed.

    Returns a condition on the first row, which stands under the alias `events`.
#}
{% macro _read_sequence(read, scope, condition, key, at) -%}
    {%- set given = condition.given[key] -%}
    {%- if given is not mapping or 'activity' not in given -%}
        {%- do read.errors.append(at ~ ': write {activity: <the second one>, within: {hours: 72}}.') -%}
        {{ return('') }}
    {%- endif -%}
    {%- set before = read.errors | length -%}
    {%- do dbt_consent._reject_other_keys(read, given, read.language.sequence_keys.keys() | list, at) -%}
    {%- set node = dbt_consent._activity_node(read, given.activity, condition.chain, at) -%}
    {%- if not node -%}
        {{ return('') }}
    {%- endif -%}
    {%- set second_scope = dbt_consent._activity_scope(given.activity, node, 'followers') -%}
    {%- set first = dbt_consent._field(scope, 'occurred_at') -%}
    {%- set second = dbt_consent._field(second_scope, 'occurred_at') -%}
    {%- set by_day = 'date' in [first.kind, second.kind] -%}
    {%- set hours = dbt_consent._read_span(read, given.within, by_day, at ~ '.within') if 'within' in given else none -%}
    {%- if key == 'not_followed_by' and 'within' not in given -%}
        {%- do read.errors.append(at ~ '.within: say how long it must not have followed, such as {days: 3}.') -%}
    {%- endif -%}

    {%- set left = dbt_consent._day_sql(read, first) if by_day else first.sql -%}
    {%- set right = dbt_consent._day_sql(read, second) if by_day else second.sql -%}
    {%- set parts = [
        dbt_consent._not_later(read, second),
        right ~ (' > ' if given.activity == condition.given.activity else ' >= ') ~ left,
    ] -%}
    {%- if hours is not none -%}
        {%- do parts.append(right ~ ' <= ' ~ dbt_consent.add_hours(left, hours)) -%}
    {%- endif -%}
    {%- if 'same' in given -%}
        {%- do parts.extend(dbt_consent._read_same(read, scope, second_scope, node, condition, given.same, at ~ '.same')) -%}
    {%- else -%}
        {%- do parts.append('followers.profile_id = events.profile_id') -%}
    {%- endif -%}
    {%- if 'where' in given -%}
        {%- set conditions = dbt_consent._read_conditions(read, second_scope, given.where, at ~ '.where', [read.name]) -%}
        {%- do parts.append(dbt_consent._conditions_sql(conditions)) -%}
    {%- endif -%}
    {%- if key == 'not_followed_by' and hours is not none -%}
        {%- do dbt_consent._reject_short_window(read, condition, hours) -%}
    {%- endif -%}
    {%- if read.errors | length > before -%}
        {{ return('') }}
    {%- endif -%}
    {%- set exists = 'exists (\n    select 1\n    from '
        ~ (read.relations.activities.get(given.activity) or node.relation_name) ~ ' as followers\n    where\n        '
        ~ (parts | join('\nand ')).replace('\n', '\n        ') ~ '\n)' -%}
    {%- if key == 'followed_by' -%}
        {{ return(exists) }}
    {%- endif -%}
    {{ return(
        left ~ ' <= ' ~ dbt_consent._earlier(read, hours, by_day) ~ '\nand not ' ~ exists
    ) }}
{%- endmacro %}

{# An exact span in hours; none, after a complaint, where it is none. #}
{% macro _read_span(read, given, by_day, at) -%}
    {%- set spans = read.language.spans -%}
    {%- if given is not mapping or given | length != 1 -%}
        {%- do read.errors.append(at ~ ': write one span, such as {hours: 72}, not ' ~ dbt_consent._kind_of(given) ~ '.') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set unit = given.keys() | first -%}
    {%- if unit not in spans -%}
        {%- do read.errors.append(
            at ~ '.' ~ unit ~ ': no exact span' ~ dbt_consent.did_you_mean(unit, spans.keys() | list)
            ~ '; write ' ~ spans.keys() | join(', ') ~ '.'
        ) -%}
    {%- elif unit == 'hours' and by_day -%}
        {%- do read.errors.append(at ~ '.hours: one of the two times is a date without time; write days.') -%}
    {%- elif dbt_consent._is_count(read, given[unit], unit, at ~ '.' ~ unit) -%}
        {{ return(given[unit] * spans[unit]) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{# So many hours before the moment that is decided for; by day, a day. #}
{% macro _earlier(read, hours, by_day) -%}
    {%- if by_day -%}
        {{ return(dbt_consent.date_literal(dbt_consent._shift_day(read.today, 'days', -(hours // 24)).isoformat())) }}
    {%- endif -%}
    {{ return(dbt_consent._instant(
        modules.datetime.datetime.fromisoformat(read.as_of) - modules.datetime.timedelta(hours=hours)
    )) }}
{%- endmacro %}

{# Nobody could ever be in: what is asked for must have passed, and is too young for it. #}
{% macro _reject_short_window(read, condition, hours) -%}
    {%- set window = condition.given.get('within_last') -%}
    {%- if window is mapping and window | length == 1 -%}
        {%- set unit = window.keys() | first -%}
        {%- set count = window[unit] -%}
        {%- if count is integer and unit in read.language.durations and count <= read.language.most[unit] -%}
            {%- set covered = count if unit == 'hours'
                else (read.today - dbt_consent._shift_day(read.today, unit, -count)).days * 24 -%}
            {%- if covered < hours -%}
                {%- do read.errors.append(
                    condition.at ~ '.within_last: the window is shorter than `within` of not_followed_by, so nothing'
                    ~ ' in it has waited long enough.'
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Columns that must be equal in both rows; missing equals nothing, which is warned of. #}
{% macro _read_same(read, scope, second_scope, second_node, condition, given, at) -%}
    {%- set tests = [] -%}
    {%- if given is string or given is mapping or given is not sequence or not given -%}
        {%- do read.errors.append(at ~ ': write a list of columns, such as [cart_id], or [{cart_id: basket_id}].') -%}
        {{ return(tests) }}
    {%- endif -%}
    {%- for each in given -%}
        {%- set place = at ~ '[' ~ loop.index0 ~ ']' -%}
        {%- set pair = (each.items() | first) if each is mapping and each | length == 1 else [each, each] -%}
        {%- if pair[0] is not string or pair[0] not in scope.columns -%}
            {%- do read.errors.append(place ~ ': ' ~ dbt_consent._unknown_field(read, scope, pair[0])) -%}
        {%- elif pair[1] is not string or pair[1] not in second_scope.columns -%}
            {%- do read.errors.append(place ~ ': ' ~ dbt_consent._unknown_field(read, second_scope, pair[1])) -%}
        {%- else -%}
            {%- set mine = dbt_consent._field(scope, pair[0]) -%}
            {%- set its = dbt_consent._field(second_scope, pair[1]) -%}
            {%- if mine.kind != its.kind or mine.is_float != its.is_float -%}
                {%- do read.errors.append(
                    place ~ ': ' ~ mine.name ~ ' is ' ~ mine.kind ~ ' in ' ~ scope.of ~ '; ' ~ its.name ~ ' is '
                    ~ its.kind ~ ' in ' ~ second_scope.of ~ '. They must have one type.'
                ) -%}
            {%- else -%}
                {%- do tests.append(its.sql ~ ' = ' ~ mine.sql) -%}
                {%- set first_node = dbt_consent.segment_node(dbt_consent.setting('activity_models')[condition.given.activity]) -%}
                {%- for node, name in [[first_node, pair[0]], [second_node, pair[1]]]
                    if not dbt_consent._is_never_missing(node, name) -%}
                    {%- do read.warnings.append(
                        place ~ ": '" ~ name ~ "' of the model " ~ node.name ~ ' may be missing, and missing equals'
                        ~ ' nothing; a not_null test of the column ends this warning.'
                    ) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tests) }}
{%- endmacro %}

{# Whether a contract or a test says that a column is never missing. #}
{% macro _is_never_missing(node, name) -%}
    {%- for constraint in node.columns[name].constraints or [] -%}
        {%- set kind = constraint.type.value or constraint.type -%}
        {%- if kind in ['not_null', 'primary_key'] -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {%- for test in graph.nodes.values()
        if test.resource_type == 'test' and test.attached_node == node.unique_id and test.test_metadata -%}
        {%- set kwargs = test.test_metadata.kwargs -%}
        {%- if test.test_metadata.name == 'not_null' and test.column_name == name -%}
            {{ return(true) }}
        {%- elif name in (kwargs.get('not_null') or []) or name in (kwargs.get('primary_key') or []) -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}
