{#
    The leaf `delivered`: earlier deliveries of an export in which a contact point that the
    profile has, or had, stood in the audience: added, in a full one, or in one that had
    nothing new to write. What only removed never counts.
#}
{% macro _read_delivered(read, condition) -%}
    {%- set at = condition.at -%}
    {%- set given = condition.given -%}
    {%- set name = given.delivered -%}
    {%- set before = read.errors | length -%}
    {%- set exports = dbt_consent._segments_of_exports() -%}
    {%- do dbt_consent._reject_other_keys(read, given, ['delivered'] + (read.language.delivered_keys.keys() | list), at) -%}
    {%- if name is not string or name not in exports -%}
        {%- do read.errors.append(
            at ~ '.delivered: ' ~ dbt_consent._shown(name) ~ ' is no export'
            ~ dbt_consent.did_you_mean(name, exports.keys() | list) ~ '.'
        ) -%}
    {%- else -%}
        {%- for each in dbt_consent._rules_behind(exports[name]) if each in condition.chain -%}
            {%- do read.errors.append(
                at ~ ".delivered: the export '" ~ name ~ "' delivers this segment, or one that asks for its rule, so that"
                ~ ' its members would come and go. Name another export.'
            ) -%}
            {%- break -%}
        {%- endfor -%}
    {%- endif -%}

    {%- set tests = [
        'deliveries.export_name = ' ~ dbt_consent.text_literal(name),
        "deliveries.status in ('delivered', 'unchanged')",
        "deliveries.kind in ('full', 'added', 'unchanged')",
        'deliveries.delivered_at < ' ~ dbt_consent.timestamp_literal(read.as_of),
    ] -%}
    {%- if 'within_last' in given -%}
        {%- set time = {'name': 'the time of a delivery', 'kind': 'timestamp', 'sql': 'deliveries.delivered_at', 'is_float': false} -%}
        {%- do tests.extend(dbt_consent._read_tests(read, none, time, {'within_last': given.within_last}, [], at)) -%}
    {%- endif -%}
    {%- set counted = dbt_consent._read_delivered_count(read, given, at) -%}
    {%- if read.errors | length == before -%}
        {%- set alias = dbt_consent._join(
            read, 'deliveries', 'deliveries ' ~ tests | join(' '), dbt_consent._deliveries_sql(read, tests)
        ) -%}
        {%- set number = 'coalesce(' ~ alias ~ '.deliveries, 0)' -%}
        {%- do counted.update({'sql': number}) -%}
        {%- set found = dbt_consent._read_tests(read, none, counted, given.get('count', {'gt': 0}), [], at ~ '.count') -%}
        {%- do dbt_consent._set_leaf(condition, found, {'deliveries': number, 'last delivered': alias ~ '.delivered_at'}) -%}
        {%- set upward = ['gt', 'gte', 'is_missing'] -%}
        {%- if condition.negated or given.get('count', {}).keys() | reject('in', upward) | list -%}
            {%- do dbt_consent._warn_of_denials(
                read, condition, 'a negated delivered' if condition.negated else 'an upper bound of delivered'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# The number of deliveries, to be tested; its operators are looked at before it is joined. #}
{% macro _read_delivered_count(read, given, at) -%}
    {%- set measure = {'name': 'count', 'kind': 'number', 'sql': '0', 'is_float': false} -%}
    {%- if 'count' in given -%}
        {%- if given.count is not mapping or not given.count -%}
            {%- do read.errors.append(at ~ '.count: write {gte: 2}, not ' ~ dbt_consent._kind_of(given.count) ~ '.') -%}
        {%- else -%}
            {%- do dbt_consent._read_tests(read, none, measure, given.count, [], at ~ '.count') -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(measure) }}
{%- endmacro %}

{#
    Per profile the number of deliveries and the last one. A contact point is out there from
    its delivery until its removal; a delivery of additions alone has those that it added.
#}
{% macro _deliveries_sql(read, tests) -%}
    {{ return(
        'select profile_id, count(*) as deliveries, max(delivered_at) as delivered_at\nfrom (\n'
        ~ '    select points.profile_id, deliveries.destination, deliveries.delivered_at\n'
        ~ '    from ' ~ read.relations.deliveries ~ ' as deliveries\n'
        ~ '    inner join ' ~ read.relations.delivered_members ~ ' as audience\n'
        ~ '        on\n'
        ~ '            deliveries.export_name = audience.export_name\n'
        ~ '            and deliveries.destination = audience.destination\n'
        ~ '            and audience.delivered_at <= deliveries.delivered_at\n'
        ~ '            and (audience.removed_at is null or audience.removed_at > deliveries.delivered_at)\n'
        ~ "            and (deliveries.kind <> 'added' or audience.delivered_at = deliveries.delivered_at)\n"
        ~ '    inner join (\n'
        ~ '        select profile_id, key_type, key_value\n        from ' ~ read.relations.points ~ '\n'
        ~ '        union\n'
        ~ '        select profile_id, key_type, key_value\n        from ' ~ read.relations.former_points ~ '\n'
        ~ '    ) as points\n'
        ~ '        on audience.key_type = points.key_type and audience.key_value = points.key_value\n'
        ~ '    where\n        ' ~ tests | join('\n        and ') ~ '\n'
        ~ '    group by points.profile_id, deliveries.destination, deliveries.delivered_at\n'
        ~ ') as deliveries\ngroup by profile_id'
    ) }}
{%- endmacro %}

{# The exports of the project, each with the segments that it delivers. #}
{% macro _segments_of_exports() -%}
    {%- set found = {} -%}
    {%- for exposure in graph.exposures.values() if 'export' in ((exposure.config or {}).meta or exposure.meta or {}) -%}
        {%- set names = [] -%}
        {%- for node_id in exposure.depends_on.nodes -%}
            {%- do names.append(node_id.split('.')[-1]) -%}
        {%- endfor -%}
        {%- do found.update({exposure.name: names}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# These segments and all whose rules stand in theirs, over any number of steps. #}
{% macro _rules_behind(names) -%}
    {%- set found = names | list -%}
    {%- for name in found -%}
        {%- set open = [dbt_consent.segment_rule(name) or {}] -%}
        {%- for item in open -%}
            {%- if item is mapping -%}
                {%- if item.get('rule_of') is string and item.rule_of not in found -%}
                    {%- do found.append(item.rule_of) -%}
                {%- endif -%}
                {%- do open.extend(item.values() | list) -%}
            {%- elif item is sequence and item is not string -%}
                {%- do open.extend(item | list) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
