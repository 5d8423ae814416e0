-- Consent events for a contact point that no profile has: kept, and applied as soon as
-- a profile with it appears.

with known as (

    select
        key_type,
        key_value
    from {{ ref('int_identity__contact_points') }}
    group by key_type, key_value

)

select
    {% for column in dbt_consent.consent_columns() %}
    events.{{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('consent_events') }} as events
left join known
    on
        events.key_type = known.key_type
        and events.key_value = known.key_value
where
    known.key_value is null
    and events.last_seen_at is null
