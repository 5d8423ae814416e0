-- Profile × purpose: may this person's data be used for it, over which contact point,
-- and why. For a purpose without channel nobody is contacted, so no contact point is
-- named.

with profiles as (

    select attributes.profile_id
    from {{ ref('int_identity__attributes') }} as attributes
    left join {{ ref('int_consent__withheld_profiles') }} as withheld
        on attributes.profile_id = withheld.profile_id
    where withheld.profile_id is null

),

-- what holds where nothing was decided, over the primary contact point
primary_points as (

    select
        profile_id,
        key_type,
        key_value
    from {{ ref('profile_contact_points') }}
    where is_primary

),

defaults as (

    select
        profiles.profile_id,
        purposes.purpose,
        purposes.channel,
        primary_points.key_type,
        primary_points.key_value,
        purposes.default_is_permitted
        and (purposes.channel is null or primary_points.key_value is not null)
            as is_permitted,
        case
            when purposes.channel is null or primary_points.key_value is not null
                then purposes.default_reason
            else 'no_contact_point'
        end as reason
    from profiles
    cross join {{ ref('int_consent__purposes') }} as purposes
    left join primary_points
        on
            profiles.profile_id = primary_points.profile_id
            and purposes.channel = primary_points.key_type

),

chosen as (

    select * from {{ ref('int_consent__chosen_contact_points') }}

)

select
    defaults.profile_id,
    defaults.purpose,
    coalesce(chosen.is_permitted, defaults.is_permitted) as is_permitted,
    case
        when defaults.channel is null then null
        when chosen.is_permitted then chosen.key_type
        when chosen.is_permitted is null and defaults.is_permitted
            then defaults.key_type
    end as key_type,
    case
        when defaults.channel is null then null
        when chosen.is_permitted then chosen.key_value
        when chosen.is_permitted is null and defaults.is_permitted
            then defaults.key_value
    end as key_value,
    coalesce(chosen.reason, defaults.reason) as reason
from defaults
left join chosen
    on
        defaults.profile_id = chosen.profile_id
        and defaults.purpose = chosen.purpose
