-- State: who was in which segment, from when to when, by the time of the refreshes that
-- saw it. Who comes back starts a new stay; a segment that is gone ends all its stays.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['segment_name', 'profile_id', 'entered_at'],
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

with members as (

    select
        segment_name,
        profile_id
    from {{ ref('segment_members') }}

),

open_stays as (

    {% if is_incremental() %}
    select
        segment_name,
        profile_id,
        entered_at
    from {{ this }}
    where left_at is null
    {% else %}
    select
        segment_name,
        profile_id,
        cast(null as {{ dbt.type_timestamp() }}) as entered_at
    from members
    where false
    {% endif %}

),

entered as (

    select
        members.segment_name,
        members.profile_id,
        {{ dbt_consent.observed_at() }} as entered_at,
        cast(null as {{ dbt.type_timestamp() }}) as left_at
    from members
    left join open_stays
        on
            members.segment_name = open_stays.segment_name
            and members.profile_id = open_stays.profile_id
    where open_stays.profile_id is null

),

ended as (

    select
        open_stays.segment_name,
        open_stays.profile_id,
        open_stays.entered_at,
        {{ dbt_consent.observed_at() }} as left_at
    from open_stays
    left join members
        on
            open_stays.segment_name = members.segment_name
            and open_stays.profile_id = members.profile_id
    where members.profile_id is null

),

changed as (

    select * from entered
    union all
    select * from ended

)

select * from changed
{% if dbt_consent.is_as_of_run() %}
-- a run for another moment writes no history
where false
{% endif %}
