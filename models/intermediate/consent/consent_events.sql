-- State: every distinct version of every consent event that this warehouse has ever
-- seen, with the time when it was seen first and, for tables of what holds now, when it
-- was gone. Written in full only once; each run adds what is new and marks what has
-- left.
{{ config(
    materialized='incremental',
    unique_key='event_id',
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

with observed as (

    select
        observed.*,
        row_number() over (
            partition by observed.event_id
            order by observed.model_name
        ) as copy_number
    from {{ ref('int_consent__observed') }} as observed
    left join {{ ref('int_consent__erased_contact_points') }} as erased
        on
            observed.key_type = erased.key_type
            and observed.key_value = erased.key_value
    where
        observed.key_rejection is null
        and erased.key_value is null

),

{% if is_incremental() %}
stored as (

    select * from {{ this }}

),

ledgers as (

    select source_name
    from observed
    where source_kind = 'ledger'
    group by source_name

),

arrived as (

    select
        observed.source_name,
        observed.consent_id,
        observed.key_type,
        observed.key_value,
        observed.purpose,
        observed.status,
        observed.recorded_at,
        observed.confirmed_at,
        observed.expires_at,
        observed.evidence,
        observed.event_id,
        coalesce(
            stored.first_seen_at, {{ dbt_consent.observed_at() }}
        ) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at
    from observed
    left join stored on observed.event_id = stored.event_id
    where
        observed.copy_number = 1
        and (stored.event_id is null or stored.last_seen_at is not null)

),

-- A table of what holds now no longer has the row, or its source is no longer read.
departed as (

    select
        stored.source_name,
        stored.consent_id,
        stored.key_type,
        stored.key_value,
        stored.purpose,
        stored.status,
        stored.recorded_at,
        stored.confirmed_at,
        stored.expires_at,
        stored.evidence,
        stored.event_id,
        stored.first_seen_at,
        {{ dbt_consent.observed_at() }} as last_seen_at
    from stored
    left join observed
        on
            stored.event_id = observed.event_id
            and observed.copy_number = 1
    left join ledgers on stored.source_name = ledgers.source_name
    where
        stored.last_seen_at is null
        and observed.event_id is null
        and ledgers.source_name is null

),

changes as (

    select * from arrived
    union all
    select * from departed

)
{% else %}
changes as (

    select
        source_name,
        consent_id,
        key_type,
        key_value,
        purpose,
        status,
        recorded_at,
        confirmed_at,
        expires_at,
        evidence,
        event_id,
        {{ dbt_consent.observed_at() }} as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at
    from observed
    where copy_number = 1

)
{% endif %}

select * from changes
{% if dbt_consent.is_as_of_run() %}where false{% endif %}
