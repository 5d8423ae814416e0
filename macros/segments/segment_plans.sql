{#
    Segments as plans: what the runner needs to evaluate a rule condition by condition
    (`consent explain`) or without its guard (`consent segments`). An operation; it logs
    one line of JSON, a list of plans.

    Arguments
        names  the segments
        as_of  the moment to decide for, as in read_segment

    Each plan has name, file, contact_for, limit ({to, order} or none), the errors and warnings of the rule and, when
    there are no errors, `from` (the from clause with all joins), `where` (the whole rule)
    and `conditions`, as read_segment describes them.

    Example
        dbt run-operation dbt_consent.segment_plans --args '{names: [employees], as_of: null}'
#}
{% macro segment_plans(names, as_of=none) -%}
    {%- set plans = [] -%}
    {%- if execute -%}
        {%- set relations = dbt_consent.stored_relations() -%}
        {%- for name in names -%}
            {%- set read = dbt_consent.read_segment(
                name, dbt_consent.segment_rule(name), {'relations': relations, 'as_of': as_of}
            ) -%}
            {%- set plan = {
                'name': name,
                'file': read.file,
                'contact_for': read.contact_for,
                'errors': read.errors,
                'warnings': read.warnings,
                'conditions': [],
                'limit': read.limit,
            } -%}
            {%- if not read.errors -%}
                {%- do plan.update({
                    'where': dbt_consent._conditions_sql(read.conditions),
                    'from': relations.profiles ~ ' as profiles\n' ~ dbt_consent._joins_sql(read.joins),
                }) -%}
                {%- for condition in read.conditions -%}
                    {%- do plan.conditions.append({
                        'id': condition.id,
                        'parent': condition.parent,
                        'group': condition.group,
                        'path': condition.at.split(': ')[-1],
                        'segment': condition.owner,
                        'sql': condition.sql,
                        'facts': condition.facts,
                    }) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- do plans.append(plan) -%}
        {%- endfor -%}
        {%- do log('dbt_consent.segment_plans ' ~ tojson(plans)) -%}
        {{ return(plans) }}
    {%- endif -%}
{%- endmacro %}
