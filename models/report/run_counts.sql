-- at the end of a build only: the next one writes them down, with the moment of theirs.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['counted_at', 'kind', 'name', 'detail'],
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}
{% set text = dbt.type_string() %}
{% set bigint = dbt.type_bigint() %}
{% set test_name = dbt.split_part('node_results.node_id', "'.'", 3) %}
{% set rows_told = dbt_consent.regexp_extract('node_results.message', '[0-9]+') %}
{% set observed_at = dbt_consent.observed_at() %}
{% set results = load_relation(dbt_consent.node_results()) if execute %}

with people as (

    select
        'people' as kind,
        'people' as name,
        '' as detail,
        count(*) as counted
    from {{ ref('profiles') }}

),

contact_points as (

    select
        'contact_points' as kind,
        key_type as name,
        '' as detail,
        count(*) as counted
    from {{ ref('profile_contact_points') }}
    group by key_type

),

permitted as (

    select
        'permitted' as kind,
        purpose as name,
        '' as detail,
        sum(case when is_permitted then 1 else 0 end) as counted
    from {{ ref('profile_consents') }}
    group by purpose

),

statuses as (

    select
        'status' as kind,
        purpose as name,
        {{ dbt_consent.shown_status('status', 'reason') }} as detail,
        count(*) as counted
    from {{ ref('contact_point_permissions') }}
    group by purpose, {{ dbt_consent.shown_status('status', 'reason') }}

),

members as (

    select
        'segment' as kind,
        segment_name as name,
        '' as detail,
        count(*) as counted
    from {{ ref('segment_members') }}
    group by segment_name

),

entered as (

    select
        'entered' as kind,
        segment_name as name,
        '' as detail,
        count(*) as counted
    from {{ ref('segment_history') }}
    where entered_at = {{ observed_at }}
    group by segment_name

),

gone as (

    select
        'left' as kind,
        segment_name as name,
        '' as detail,
        count(*) as counted
    from {{ ref('segment_history') }}
    where left_at = {{ observed_at }}
    group by segment_name

),

rejected as (

    select
        'rejected' as kind,
        coalesce(source_name, model_name, '') as name,
        reason as detail,
        count(*) as counted
    from (
        select
            source_name,
            model_name,
            reason
        from {{ ref('rejected_consents') }}
        union all
        select
            source_name,
            model_name,
            reason
        from {{ ref('rejected_keys') }}
    ) as rows_of_both
    group by coalesce(source_name, model_name, ''), reason

),

unmatched as (

    select
        'unmatched' as kind,
        coalesce(source_name, '') as name,
        '' as detail,
        count(*) as counted
    from {{ ref('unmatched_consents') }}
    group by coalesce(source_name, '')

),

counts as (

    {% for part in [
        'people', 'contact_points', 'permitted', 'statuses', 'members', 'entered', 'gone',
        'rejected', 'unmatched',
    ] %}
    select * from {{ part }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

of_this_run as (

    select
        {{ observed_at }} as counted_at,
        cast(kind as {{ text }}) as kind,
        cast(name as {{ text }}) as name,
        cast(detail as {{ text }}) as detail,
        cast(counted as {{ bigint }}) as counted
    from counts

),

warnings_of_the_last_build as (

    {% if results %}
    select
        node_results.observed_at as counted_at,
        cast('warning' as {{ text }}) as kind,
        cast({{ test_name }} as {{ text }}) as name,
        cast('' as {{ text }}) as detail,
        cast(
            sum(cast(coalesce({{ rows_told }}, '0') as {{ bigint }})) as {{ bigint }}
        ) as counted
    from {{ results }} as node_results
    where
        node_results.status = 'warn'
        and node_results.which = 'build'
        and node_results.observed_at = (
            select max(runs.observed_at)
            from {{ results }} as runs
            where
                runs.resource_type = 'invocation'
                and runs.which = 'build'
                and runs.status = 'ended'
        )
    group by node_results.observed_at, {{ test_name }}
    {% else %}
    select * from of_this_run
    where false
    {% endif %}

)

select * from (
    select * from of_this_run
    union all
    select * from warnings_of_the_last_build
) as found
{% if dbt_consent.is_as_of_run() %}
where false
{% endif %}
