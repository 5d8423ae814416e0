{#
    The leaf `activity`: rows of an activity model, counted and summed up per profile in a
    joined subquery. Leaves that ask for the same rows share one.
#}
{% macro _read_activity(read, condition) -%}
    {%- set at = condition.at -%}
    {%- set given = condition.given -%}
    {%- set before = read.errors | length -%}
    {%- set node = dbt_consent._activity_node(read, given.activity, condition.chain, at) -%}
    {%- if node -%}
        {%- set scope = dbt_consent._activity_scope(given.activity, node) -%}
        {%- do dbt_consent._reject_other_keys(
            read, given,
            ['activity'] + (read.language.activity_keys.keys() | list) + (read.language.aggregates.keys() | list)
            + read.language.activity_time, at
        ) -%}
        {%- set rows = dbt_consent._read_activity_rows(read, scope, given, at) -%}
        {%- set rows = [rows] -%}
        {%- for key in ['followed_by', 'not_followed_by'] if key in given -%}
            {%- do rows.append('\nand ' ~ dbt_consent._read_sequence(read, scope, condition, key, at ~ '.' ~ key)) -%}
        {%- endfor -%}
        {%- set join = none if read.errors | length > before else dbt_consent._activity_join(read, scope, node, given.activity, rows | join) -%}
        {%- do dbt_consent._read_aggregates(read, scope, condition, join) -%}
    {%- endif -%}
{%- endmacro %}

{# The model of an activity that a rule names; none, after a complaint, where there is none. #}
{% macro _activity_node(read, name, chain, at) -%}
    {%- set models = dbt_consent.setting('activity_models') -%}
    {%- set node = dbt_consent.segment_node(models[name]) if name is string and name in models else none -%}
    {%- if not node -%}
        {%- do read.errors.append(
            at ~ '.activity: ' ~ dbt_consent._shown(name)
            ~ (" has no model: vars.activity_models names '" ~ models[name] ~ "'." if name is string and name in models
               else ' is no activity' ~ dbt_consent.did_you_mean(name, models.keys() | list) ~ '.')
        ) -%}
    {%- elif not node.config.contract.enforced or 'occurred_at' not in node.columns or 'profile_id' not in node.columns -%}
        {%- do read.errors.append(
            at ~ ".activity: the model '" ~ node.name ~ "' carries no contract with profile_id and occurred_at;"
            ~ ' add contract: {enforced: true} and its columns with their types.'
        ) -%}
    {%- else -%}
        {%- if chain | length == 1 and name not in read.activities -%}
            {%- do read.activities.append(name) -%}
        {%- endif -%}
        {{ return(node) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{# The rows of an activity as a join, before anything is measured of them. #}
{% macro _activity_join(read, scope, node, name, rows) -%}
    {{ return({
        'key': 'activity ' ~ name ~ ' ' ~ rows,
        'from': (read.relations.activities.get(name) or node.relation_name) ~ ' as events',
        'where': dbt_consent._not_later(read, dbt_consent._field(scope, 'occurred_at')) ~ rows,
    }) }}
{%- endmacro %}

{# Up to the moment that is decided for; of a date, up to its day. #}
{% macro _not_later(read, time) -%}
    {{ return(time.sql ~ ' <= ' ~ (
        dbt_consent.date_literal(read.today.isoformat()) if time.kind == 'date'
        else dbt_consent.timestamp_literal(read.as_of)
    )) }}
{%- endmacro %}

{# Which rows: the nested conditions and the operators on the activity's time, as SQL. #}
{% macro _read_activity_rows(read, scope, given, at) -%}
    {%- set parts = [] -%}
    {%- set times = {} -%}
    {%- for key, operand in given.items() if key in read.language.activity_time -%}
        {%- do times.update({key: operand}) -%}
    {%- endfor -%}
    {%- if times -%}
        {%- set occurred_at = dbt_consent._field(scope, 'occurred_at') -%}
        {%- do occurred_at.update({'name': 'the time of ' ~ scope.of}) -%}
        {%- do parts.extend(dbt_consent._read_tests(read, none, occurred_at, times, [], at)) -%}
    {%- endif -%}
    {%- if 'where' in given -%}
        {%- set conditions = dbt_consent._read_conditions(read, scope, given.where, at ~ '.where', [read.name]) -%}
        {%- do parts.append(dbt_consent._conditions_sql(conditions)) -%}
    {%- endif -%}
    {{ return('\nand ' ~ parts | join('\nand ') if parts else '') }}
{%- endmacro %}

{#
    What is asked of the rows. `join` is none when the rows could not be read: then the
    aggregates are only checked.
#}
{% macro _read_aggregates(read, scope, condition, join) -%}
    {%- set given = condition.given -%}
    {%- set before = read.errors | length -%}
    {%- set alias = dbt_consent._join_activity(read, join) if join else 'events' -%}
    {%- set tests = [] -%}
    {%- set facts = {} -%}
    {%- for name, aggregate in read.language.aggregates.items() if name in given -%}
        {%- set at = condition.at ~ '.' ~ name -%}
        {%- set asked = given[name] -%}
        {%- if asked is not mapping or not asked -%}
            {%- do read.errors.append(
                at ~ ': write ' ~ ('{of: <column>, gte: 2}' if aggregate.of else
                '{gte: 2}' if aggregate.result == 'number' else '{within_last: {days: 30}}')
                ~ ', not ' ~ dbt_consent._kind_of(asked) ~ '.'
            ) -%}
        {%- else -%}
            {%- set column = dbt_consent._aggregated_column(read, scope, aggregate, asked, at) if aggregate.of else
                dbt_consent._field(scope, 'occurred_at') -%}
            {%- if column -%}
                {%- set measure = dbt_consent._measure(read, join, alias, name, aggregate, column) -%}
                {%- set skipped = ['of'] if aggregate.of else [] -%}
                {%- set found = dbt_consent._read_tests(read, none, measure, asked, skipped, at) -%}
                {%- if not found and asked | length == skipped | length -%}
                    {%- do read.errors.append(at ~ ': there is no operator; say what is asked of it, such as {gte: 2}.') -%}
                {%- endif -%}
                {%- do tests.extend(found) -%}
                {%- do facts.update({measure.name: measure.sql}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if join and read.errors | length == before -%}
        {%- if not tests -%}
            {%- do tests.append(alias ~ '.profile_id is not null') -%}
            {%- do facts.update({'any row': tests[0]}) -%}
        {%- endif -%}
        {%- do dbt_consent._set_leaf(condition, tests, facts) -%}
    {%- endif -%}
{%- endmacro %}

{% macro _aggregated_column(read, scope, aggregate, asked, at) -%}
    {%- set name = asked.get('of') -%}
    {%- if 'of' not in asked -%}
        {%- do read.errors.append(at ~ '.of: say which column; ' ~ scope.of ~ ' has ' ~ scope.columns.keys() | join(', ') ~ '.') -%}
    {%- elif name is not string or name not in scope.columns -%}
        {%- do read.errors.append(at ~ '.of: ' ~ dbt_consent._unknown_field(read, scope, name)) -%}
    {%- else -%}
        {%- set column = dbt_consent._field(scope, name) -%}
        {%- if column.kind in aggregate.of -%}
            {{ return(column) }}
        {%- endif -%}
        {%- do read.errors.append(
            at ~ '.of: ' ~ at.split('.')[-1] ~ ' is for ' ~ dbt_consent._kinds(aggregate.of) ~ '; ' ~ name
            ~ ' is ' ~ column.kind ~ '.'
        ) -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#
    The aggregate as something that operators can test. A mean is the total over the count:
    engines disagree about the type and precision of their own.
#}
{% macro _measure(read, join, alias, name, aggregate, column) -%}
    {%- set double = dbt_consent.type_double() -%}
    {%- set inner = {
        'count': 'count(*)',
        'count_distinct': 'count(distinct ' ~ column.sql ~ ')',
        'sum': 'sum(' ~ column.sql ~ ')',
        'avg': 'cast(sum(' ~ column.sql ~ ') as ' ~ double ~ ') / nullif(count(' ~ column.sql ~ '), 0)',
        'min': 'min(' ~ column.sql ~ ')',
        'max': 'max(' ~ column.sql ~ ')',
        'first_at': 'min(' ~ column.sql ~ ')',
        'last_at': 'max(' ~ column.sql ~ ')',
    }[name] -%}
    {%- set sql = alias ~ '.measure' -%}
    {%- if join -%}
        {%- set measures = read.joins[join.key].measures -%}
        {%- if inner not in measures -%}
            {%- do measures.update({inner: 'measure_' ~ (measures | length + 1)}) -%}
        {%- endif -%}
        {%- set sql = alias ~ '.' ~ measures[inner] -%}
    {%- endif -%}
    {{ return({
        'name': name ~ (' of ' ~ column.name if aggregate.of else ''),
        'kind': aggregate.result if aggregate.result == 'number' else column.kind,
        'sql': 'coalesce(' ~ sql ~ ', ' ~ aggregate.empty ~ ')' if aggregate.empty is not none else sql,
        'is_float': name == 'avg' or (column.is_float and name in ['sum', 'min', 'max']),
        'is_decimal': column.is_decimal and name in ['sum', 'min', 'max'],
    }) }}
{%- endmacro %}
