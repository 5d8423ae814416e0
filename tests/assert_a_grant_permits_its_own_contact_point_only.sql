-- Whoever is permitted because of a grant has a grant for that purpose on that very
-- contact point, in a source that still holds it.

select
    permissions.profile_id,
    permissions.key_type,
    permissions.purpose,
    permissions.consent_id
from {{ ref('contact_point_permissions') }} as permissions
left join {{ ref('consent_events') }} as events
    on
        permissions.key_type = events.key_type
        and permissions.key_value = events.key_value
        and permissions.purpose = events.purpose
        and permissions.consent_id = events.consent_id
        and permissions.source_name = events.source_name
        and events.status = 'granted'
        and (
            events.last_seen_at is null
            or events.last_seen_at > {{ dbt_consent.as_of() }}
            or events.last_seen_at > {{ dbt_consent.known_at() }}
        )
where
    permissions.is_permitted
    and permissions.reason = 'granted'
    and events.event_id is null
