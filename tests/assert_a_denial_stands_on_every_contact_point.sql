-- Who has said no on any contact point gets through on none that was not granted later.
-- Counted here from the events alone, for purposes with a channel and the policy
-- latest_denial; the macros that decide have no part in it.
{% set purposes = [] %}
{% for name, purpose in dbt_consent.purposes().items() %}
{% if
    purpose.channel
    and purpose.conflict == 'latest_denial'
    and purpose.enforcement != 'none'
%}
{% do purposes.append(name) %}
{% endif %}
{% endfor %}

with denials as (

    select
        points.profile_id,
        events.purpose,
        max(
            case
                when events.recorded_at is null and events.confirmed_at is null
                    then events.first_seen_at
                else coalesce(events.recorded_at, events.confirmed_at)
            end
        ) as denied_at
    from {{ ref('consent_events') }} as events
    inner join {{ ref('profile_contact_points') }} as points
        on
            events.key_type = points.key_type
            and events.key_value = points.key_value
    where
        events.status = 'denied'
        and events.purpose in ({{ dbt_consent.text_list(purposes) }})
        and coalesce(events.recorded_at, events.confirmed_at, events.first_seen_at)
        <= {{ dbt_consent.as_of() }}
    group by points.profile_id, events.purpose

)

select
    permissions.profile_id,
    permissions.purpose,
    permissions.consent_id,
    permissions.recorded_at,
    denials.denied_at
from {{ ref('contact_point_permissions') }} as permissions
inner join denials
    on
        permissions.profile_id = denials.profile_id
        and permissions.purpose = denials.purpose
where
    permissions.is_permitted
    and (
        permissions.recorded_at is null
        or permissions.recorded_at <= denials.denied_at
    )
