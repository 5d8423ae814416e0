-- What each event says at as_of: a grant in force, an expired grant, a request that
-- waits for its confirmation, or a denial (steps 2 and 3 of docs/consent.md).
-- Tombstones speak for the denials of storage whose plain values are gone.
{{ config(materialized='view') }}

with events as (

    select
        events.*,
        purposes.is_double_opt_in,
        purposes.valid_for_months
    from {{ ref('int_consent__timed_events') }} as events
    inner join {{ ref('int_consent__purposes') }} as purposes
        on events.purpose = purposes.purpose

),

dated as (

    select
        *,
        case
            when valid_for_months is null then expires_at
            when expires_at is null
                then {{ dbt_consent.add_months('event_at', 'valid_for_months') }}
            else least(
                expires_at,
                {{ dbt_consent.add_months('event_at', 'valid_for_months') }}
            )
        end as grant_expires_at,
        not is_dated and valid_for_months is not null as is_of_unknown_age
    from events

),

judged as (

    select
        *,
        case
            when status <> 'granted' then status
            when
                is_double_opt_in
                and (confirmed_at is null or confirmed_at > {{ dbt_consent.as_of() }})
                then 'pending'
            when grant_expires_at is null then 'granted'
            when {{ dbt_consent.as_of() }} < grant_expires_at then 'granted'
            else 'expired'
        end as effect
    from dated

)

select
    key_type,
    key_value,
    purpose,
    effect,
    event_at,
    source_name,
    consent_id,
    event_id,
    recorded_at,
    case
        when effect in ('granted', 'expired') and not is_of_unknown_age
            then grant_expires_at
    end as expires_at
from judged

union all

select
    key_type,
    key_value,
    'storage' as purpose,
    'denied' as effect,
    denied_at as event_at,
    'tombstones' as source_name,
    contact_point_hash as consent_id,
    contact_point_hash as event_id,
    denied_at as recorded_at,
    cast(null as {{ dbt.type_timestamp() }}) as expires_at
from {{ ref('int_consent__tombstoned_contact_points') }}
