-- Whoever is permitted because of a grant has a grant for that purpose on that very
-- contact point that was not taken back, and its event is still somewhere at its
-- source.

select
    permissions.profile_id,
    permissions.key_type,
    permissions.purpose,
    permissions.consent_id
from {{ ref('contact_point_permissions') }} as permissions
left join {{ ref('int_consent__statements') }} as statements
    on
        permissions.key_type = statements.key_type
        and permissions.key_value = statements.key_value
        and permissions.purpose = statements.purpose
        and permissions.consent_id = statements.consent_id
        and permissions.source_name = statements.source_name
        and statements.status = 'granted'
        and not statements.is_retracted
left join (
    select
        event_key,
        max(case when is_there then 1 else 0 end) as is_somewhere
    from {{ ref('int_consent__statements') }}
    where status = 'granted'
    group by event_key
) as events
    on statements.event_key = events.event_key
where
    permissions.is_permitted
    and permissions.reason = 'granted'
    and coalesce(events.is_somewhere, 0) = 0
