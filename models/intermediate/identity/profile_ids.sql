-- State: which profile each source record belongs to, from refresh to refresh. Written
-- in full only once; each run writes the records that are new, gone, back, or of
-- another profile than before.
{{ config(
    materialized='incremental',
    unique_key=['source_name', 'source_record_id'],
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}
{% set text = dbt.type_string() %}
{% set timestamp = dbt.type_timestamp() %}
{% set now = dbt_consent.observed_at() %}

with stored as (

    {% if is_incremental() %}
    select * from {{ this }}
    {% else %}
    select
        cast(null as {{ text }}) as source_name,
        cast(null as {{ text }}) as source_record_id,
        cast(null as {{ text }}) as profile_id,
        cast(null as {{ timestamp }}) as first_seen_at,
        cast(null as {{ timestamp }}) as last_seen_at,
        cast(null as {{ timestamp }}) as profile_first_seen_at,
        cast(null as {{ text }}) as previous_profile_id,
        cast(null as {{ timestamp }}) as changed_at,
        cast(null as {{ timestamp }}) as returned_at
    where 1 = 0
    {% endif %}

),

-- Every record that there is, with its component and what is stored about it.
present as (

    select
        records.record_id,
        components.component_id,
        records.source_name,
        records.source_record_id,
        stored.profile_id as old_profile_id,
        stored.first_seen_at,
        stored.last_seen_at,
        stored.profile_first_seen_at as old_profile_first_seen_at,
        stored.previous_profile_id,
        stored.changed_at,
        stored.returned_at
    from {{ ref('int_identity__records') }} as records
    inner join {{ ref('int_identity__components') }} as components
        on records.record_id = components.record_id
    left join stored
        on
            records.source_name = stored.source_name
            and records.source_record_id = stored.source_record_id

),

-- Where several components hold records of one id, it belongs to the record first seen;
-- records that were away and are back have no say while others stayed.
holders as (

    select
        component_id,
        old_profile_id,
        old_profile_first_seen_at,
        row_number() over (
            partition by old_profile_id
            order by
                case when last_seen_at is null then 0 else 1 end,
                first_seen_at,
                record_id
        ) as holder_number
    from present
    where old_profile_id is not null

),

-- Where one component holds several ids, the one first seen survives.
survivors as (

    select
        component_id,
        old_profile_id,
        old_profile_first_seen_at,
        row_number() over (
            partition by component_id
            order by old_profile_first_seen_at, old_profile_id
        ) as survivor_number
    from holders
    where holder_number = 1

),

-- A component without an id gets one from its smallest record. Where that record had
-- another id before, or its own is in use (records taken out of this table may have
-- left it behind), the new id also takes in when it was given and what it replaces.
component_ids as (

    select
        smallest.component_id,
        coalesce(
            survivors.old_profile_id,
            case
                when
                    smallest.old_profile_id is null
                    and in_use.profile_id is null
                    then smallest.own_id
                else {{ dbt_consent.md5_hex(
                    "smallest.own_id || '|' || "
                    ~ dbt_consent.text_literal(dbt_consent.run_clock('observed_at'))
                    ~ " || '|' || coalesce(smallest.old_profile_id, '')"
                ) }}
            end
        ) as profile_id,
        coalesce(survivors.old_profile_first_seen_at, {{ now }})
            as profile_first_seen_at
    from (
        select
            component_id,
            old_profile_id,
            {{ dbt_consent.md5_hex(
                dbt_consent.record_key_text('source_name', 'source_record_id')
            ) }} as own_id
        from present
        where record_id = component_id
    ) as smallest
    left join survivors
        on
            smallest.component_id = survivors.component_id
            and survivors.survivor_number = 1
    left join (
        select profile_id
        from stored
        group by profile_id
    ) as in_use
        on
            smallest.own_id = in_use.profile_id
            and smallest.old_profile_id is null
            and survivors.component_id is null

),

assigned as (

    select
        present.source_name,
        present.source_record_id,
        component_ids.profile_id,
        coalesce(present.first_seen_at, {{ now }}) as first_seen_at,
        cast(null as {{ timestamp }}) as last_seen_at,
        component_ids.profile_first_seen_at,
        case
            when present.old_profile_id <> component_ids.profile_id
                then present.old_profile_id
            else present.previous_profile_id
        end as previous_profile_id,
        case
            when present.old_profile_id = component_ids.profile_id
                then present.changed_at
            else {{ now }}
        end as changed_at,
        case
            when present.last_seen_at is null then present.returned_at
            else {{ now }}
        end as returned_at
    from present
    inner join component_ids on present.component_id = component_ids.component_id
    where
        present.old_profile_id is null
        or present.old_profile_id <> component_ids.profile_id
        or present.last_seen_at is not null

),

gone as (

    select
        stored.source_name,
        stored.source_record_id,
        stored.profile_id,
        stored.first_seen_at,
        {{ now }} as last_seen_at,
        stored.profile_first_seen_at,
        stored.previous_profile_id,
        stored.changed_at,
        stored.returned_at
    from stored
    left join {{ ref('int_identity__records') }} as records
        on
            stored.source_name = records.source_name
            and stored.source_record_id = records.source_record_id
    where
        stored.last_seen_at is null
        and records.record_id is null

)

select * from assigned
{% if dbt_consent.is_as_of_run() %}where 1 = 0{% endif %}

union all

select * from gone
{% if dbt_consent.is_as_of_run() %}where 1 = 0{% endif %}
