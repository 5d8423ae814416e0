{#
    Keeps what became of each node, with the invocation that it belongs to: an export
    asks for every ancestor and its tests to be green in one invocation. Called from
    `on-run-end`; stores the results of `dbt build` and `dbt run`, and nothing of a run
    for another moment.

    A run that is killed never gets there, and may have built half of the tables. So it
    says that it has begun, from `on-run-start`: a row of type `invocation`, whose status
    is `running` until the results are stored. Nothing is delivered while there is one.

    The results of the last 30 invocations are kept, and of older ones what is still asked for.

    Of a segment, also a fingerprint of the rule that it was built by: an export delivers only
    what was built by the rule that stands in the file.

    Messages of the warehouse can quote values: what looks like a contact point is masked.

    Arguments
        results  the list of results that dbt hands to `on-run-end`

    Example
        on-run-start: ["{{ dbt_consent.store_run_start() }}"]
        on-run-end: ["{{ dbt_consent.store_node_results(results) }}"]
#}
{% macro store_run_start() -%}
    {%- if dbt_consent._is_stored_run() -%}
        {%- do dbt_consent._make_node_results() -%}
        {%- do run_query(
            'insert into ' ~ dbt_consent.node_results() ~ ' values ('
            ~ dbt_consent.text_literal(invocation_id) ~ ', '
            ~ dbt_consent.text_literal(flags.WHICH) ~ ", '', 'invocation', 'running', "
            ~ dbt_consent.observed_at() ~ ', ' ~ dbt_consent.as_of() ~ ", 0, '', null)"
        ) -%}
    {%- endif -%}
{%- endmacro %}

{% macro store_node_results(results) -%}
    {%- if dbt_consent._is_stored_run() -%}
        {%- do dbt_consent._make_node_results() -%}
        {%- for chunk in results | batch(200) -%}
            {%- set rows = [] -%}
            {%- for result in chunk -%}
                {%- do rows.append(dbt_consent._node_result_row(result)) -%}
            {%- endfor -%}
            {%- do run_query(
                'insert into ' ~ dbt_consent.node_results() ~ ' values\n' ~ rows | join(',\n')
            ) -%}
        {%- endfor -%}
        {%- do run_query(
            'update ' ~ dbt_consent.node_results() ~ " set status = 'ended'"
            ~ " where resource_type = 'invocation' and invocation_id = "
            ~ dbt_consent.text_literal(invocation_id)
        ) -%}
        {%- do run_query(dbt_consent._forget_old_node_results()) -%}
    {%- endif -%}
{%- endmacro %}

{# What exports, segments and clocks ask for stays: the last results, and of each node the
   last one and the last success. #}
{% macro _forget_old_node_results() -%}
    delete from {{ dbt_consent.node_results() }}
    where
        invocation_id not in (
            select invocation_id
            from (
                select
                    invocation_id,
                    row_number() over (order by max(observed_at) desc) as age
                from {{ dbt_consent.node_results() }}
                group by invocation_id
            ) as invocations
            where age <= 30
        )
        and (node_id, observed_at) not in (
            select
                node_id,
                max(observed_at) as observed_at
            from {{ dbt_consent.node_results() }}
            group by node_id
        )
        and (node_id, observed_at) not in (
            select
                node_id,
                max(observed_at) as observed_at
            from {{ dbt_consent.node_results() }}
            where status = 'success'
            group by node_id
        )
{%- endmacro %}

{% macro _is_stored_run() -%}
    {{ return(
        execute and flags.WHICH in ['build', 'run'] and not dbt_consent.is_as_of_run()
    ) }}
{%- endmacro %}

{% macro _make_node_results() -%}
    {# dbt has made the schemas of the selected models, and this may be none of them #}
    {%- do adapter.create_schema(dbt_consent.node_results()) -%}
    {%- do run_query(dbt_consent._create_node_results()) -%}
{%- endmacro %}

{# The table, in the target's own schema. #}
{% macro node_results() -%}
    {{ return(api.Relation.create(
        database=target.get('database'), schema=target.schema, identifier='node_results'
    )) }}
{%- endmacro %}

{% macro _create_node_results() -%}
    create table if not exists {{ dbt_consent.node_results() }} (
        invocation_id {{ dbt.type_string() }},
        which {{ dbt.type_string() }},
        node_id {{ dbt.type_string() }},
        resource_type {{ dbt.type_string() }},
        status {{ dbt.type_string() }},
        observed_at {{ dbt.type_timestamp() }},
        as_of {{ dbt.type_timestamp() }},
        execution_seconds {{ dbt.type_numeric() }},
        message {{ dbt.type_string() }},
        rule_fingerprint {{ dbt.type_string() }}
    )
{%- endmacro %}

{% macro _node_result_row(result) -%}
    {%- set message = modules.re.sub(
        '[^\\s@\'"]+@[^\\s@\'"]+|[+]?\\d[\\d ().-]{5,}\\d', '***',
        (result.message or '') | string
    )[:1000] -%}
    (
        {{- dbt_consent.text_literal(invocation_id) }},
        {{ dbt_consent.text_literal(flags.WHICH) }},
        {{ dbt_consent.text_literal(result.node.unique_id) }},
        {{ dbt_consent.text_literal(result.node.resource_type) }},
        {{ dbt_consent.text_literal(result.status) }},
        {{ dbt_consent.observed_at() }},
        {{ dbt_consent.as_of() }},
        {{ result.execution_time or 0 }},
        {{ dbt_consent.text_literal(message) }},
        {{ dbt_consent.optional_text(dbt_consent.rule_fingerprint(result.node)) -}}
    )
{%- endmacro %}
