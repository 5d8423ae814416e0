-- Consent events for a contact point that no profile has or had: kept, and applied as
-- soon as a profile with it appears.

with known as (

    select
        key_type,
        key_value
    from {{ ref('int_identity__point_stretches') }}
    group by key_type, key_value

    union

    select
        key_type,
        key_value
    from {{ ref('int_identity__contact_points') }}

)

select
    events.source_name,
    events.consent_id,
    events.key_type,
    events.key_value,
    events.purpose,
    events.status,
    events.recorded_at,
    events.confirmed_at,
    events.expires_at,
    events.evidence
from {{ ref('int_consent__interpreted') }} as events
left join known
    on
        events.key_type = known.key_type
        and events.key_value = known.key_value
where
    known.key_value is null
    and events.status <> 'nothing'
    and events.last_seen_at is null
