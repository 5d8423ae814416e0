{#
    What a rule's conditions need beside `profiles`: subqueries with one row per profile at
    most, left-joined, so that a profile without a row is still asked.

    _join           a subquery by its SQL; returns its alias. The same key is joined once
    _join_activity  an activity's rows, to which measures are added as conditions ask
    _joins_sql      all of them, for the from clause
#}
{% macro _join(read, prefix, key, sql) -%}
    {%- if key not in read.joins -%}
        {%- do read.joins.update({key: {'alias': prefix ~ '_' ~ (read.joins | length + 1), 'sql': sql}}) -%}
    {%- endif -%}
    {{ return(read.joins[key].alias) }}
{%- endmacro %}

{% macro _join_activity(read, join) -%}
    {%- if join.key not in read.joins -%}
        {%- do read.joins.update({join.key: {
            'alias': 'activity_' ~ (read.joins | length + 1),
            'from': join.from,
            'where': join.where,
            'measures': {},
        }}) -%}
    {%- endif -%}
    {{ return(read.joins[join.key].alias) }}
{%- endmacro %}

{% macro _joins_sql(joins) -%}
    {%- set parts = [] -%}
    {%- for join in joins.values() -%}
        {%- if 'sql' in join -%}
            {%- set sql = join.sql -%}
        {%- else -%}
            {%- set columns = ['events.profile_id'] -%}
            {%- for inner, name in join.measures.items() -%}
                {%- do columns.append(inner ~ ' as ' ~ name) -%}
            {%- endfor -%}
            {%- set sql = 'select\n    ' ~ columns | join(',\n    ') ~ '\nfrom ' ~ join.from
                ~ '\nwhere\n    ' ~ join.where.replace('\n', '\n    ') ~ '\ngroup by events.profile_id' -%}
        {%- endif -%}
        {%- do parts.append(
            'left join (\n    ' ~ sql.replace('\n', '\n    ') ~ '\n) as ' ~ join.alias
            ~ '\n    on profiles.profile_id = ' ~ join.alias ~ '.profile_id'
        ) -%}
    {%- endfor -%}
    {{ return(parts | join('\n')) }}
{%- endmacro %}
