{#
    What a load changes in a table of state that keeps versions and the stretches in which
    they were there: a row for each version that has arrived or come back, and each open
    stretch again, ended, whose version is there no more. Everything in the first load,
    nothing in a run for another moment. Gives the CTEs and the select after a CTE
    `observed` of the calling model, an incremental one with the unique key
    [version_id, present_from].

    Arguments
        state        `this`
        said         the columns that a version consists of; `observed` has them, once each
        departing    {column: SQL expression} of further columns that say how a stretch
                     ended; null while it is open
        is_over      SQL condition on `stored` under which a version that was missed is over
        joins        joins to `stored` that the condition needs

    Columns: said, first_seen_at (of the version), present_from, departing, last_seen_at.
#}
{% macro stretches(state, said, departing={}, is_over='1 = 1', joins='') -%}
    {%- set now = dbt_consent.observed_at() -%}
    {%- set timestamp = dbt.type_timestamp() -%}
    {%- set open = [] -%}
    {%- for column in departing.keys() | list + ['last_seen_at'] -%}
        {%- do open.append('cast(null as ' ~ timestamp ~ ') as ' ~ column) -%}
    {%- endfor %}
{% if is_incremental() -%}
stored as (

    select * from {{ state }}

),

versions as (

    select
        version_id,
        min(first_seen_at) as first_seen_at,
        max(case when last_seen_at is null then 1 else 0 end) as is_open
    from stored
    group by version_id

),

arrived as (

    select
        {% for column in said %}
        observed.{{ column }},
        {% endfor %}
        coalesce(versions.first_seen_at, {{ now }}) as first_seen_at,
        {{ now }} as present_from,
        {{ open | join(',\n        ') }}
    from observed
    left join versions on observed.version_id = versions.version_id
    where coalesce(versions.is_open, 0) = 0

),

departed as (

    select
        {% for column in said %}
        stored.{{ column }},
        {% endfor %}
        stored.first_seen_at,
        stored.present_from,
        {% for column, expression in departing.items() %}
        {{ expression }} as {{ column }},
        {% endfor %}
        {{ now }} as last_seen_at
    from stored
    left join observed on stored.version_id = observed.version_id
    {{ joins }}
    where
        stored.last_seen_at is null
        and observed.version_id is null
        and ({{ is_over }})

),

changes as (

    select * from arrived
    union all
    select * from departed

)
{%- else -%}
changes as (

    select
        {% for column in said %}
        {{ column }},
        {% endfor %}
        {{ now }} as first_seen_at,
        {{ now }} as present_from,
        {{ open | join(',\n        ') }}
    from observed

)
{%- endif %}

select * from changes
{% if dbt_consent.is_as_of_run() %}where 1 = 0{% endif %}
{%- endmacro %}
