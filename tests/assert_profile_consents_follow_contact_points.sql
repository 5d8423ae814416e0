-- For a purpose with a channel, a person may be contacted exactly when one of the
-- contact points of the channel is permitted, and the contact point that is named is
-- one of them.

with permitted as (

    select
        permissions.profile_id,
        permissions.purpose,
        permissions.key_type,
        permissions.key_value
    from {{ ref('contact_point_permissions') }} as permissions
    inner join {{ ref('int_consent__purposes') }} as purposes
        on permissions.purpose = purposes.purpose
    where
        purposes.channel is not null
        and permissions.is_permitted

)

select
    consents.profile_id,
    consents.purpose
from {{ ref('profile_consents') }} as consents
inner join {{ ref('int_consent__purposes') }} as purposes
    on consents.purpose = purposes.purpose
left join permitted
    on
        consents.profile_id = permitted.profile_id
        and consents.purpose = permitted.purpose
        and consents.key_type = permitted.key_type
        and consents.key_value = permitted.key_value
where
    purposes.channel is not null
    and consents.is_permitted <> (permitted.profile_id is not null)

union all

select
    permitted.profile_id,
    permitted.purpose
from permitted
left join {{ ref('profile_consents') }} as consents
    on
        permitted.profile_id = consents.profile_id
        and permitted.purpose = consents.purpose
        and consents.is_permitted
where consents.profile_id is null
