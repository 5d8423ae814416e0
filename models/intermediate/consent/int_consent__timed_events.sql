-- The events that may take part in a decision at as_of, each with the time from which
-- it counts (step 1 of docs/consent.md) and, of several rows of one event, the latest.
{{ config(materialized='view') }}
{% set never = dbt_consent.timestamp_literal('0001-01-01 00:00:00') %}

with known as (

    select
        *,
        coalesce(recorded_at, confirmed_at) as stated_at
    from {{ ref('consent_events') }}
    where
        first_seen_at <= {{ dbt_consent.known_at() }}
        -- a grant that its source took back counts no more; a denial stands
        and (
            status = 'denied'
            or last_seen_at is null
            or last_seen_at > {{ dbt_consent.as_of() }}
            or last_seen_at > {{ dbt_consent.known_at() }}
        )

),

-- What a run calls the present, as far as a denial with a date in the future goes: it
-- is never waited for, but counts from the moment when it was loaded.
timed as (

    select
        *,
        case
            when status <> 'denied' then coalesce(stated_at, {{ never }})
            when stated_at is null then first_seen_at
            else least(
                stated_at,
                greatest(
                    first_seen_at,
                    least({{ dbt_consent.as_of() }}, {{ dbt_consent.observed_at() }})
                )
            )
        end as event_at
    from known

),

candidates as (

    select
        *,
        max(event_at) over (
            partition by source_name, consent_id, purpose, key_type, key_value
        ) as latest_event_at
    from timed
    where event_at <= {{ dbt_consent.as_of() }}

)

select
    key_type,
    key_value,
    purpose,
    status,
    event_at,
    stated_at is not null as is_dated,
    source_name,
    consent_id,
    event_id,
    recorded_at,
    confirmed_at,
    expires_at
from candidates
where
    status = 'denied'
    or event_at = latest_event_at
