-- Profile × purpose: may this person's data be used for it, over which contact point, and
-- why. For a purpose without channel nobody is contacted, so no contact point is named.

with profiles as (

    select attributes.profile_id
    from {{ ref('int_identity__attributes') }} as attributes
    left join {{ ref('int_consent__withheld_profiles') }} as withheld
        on attributes.profile_id = withheld.profile_id
    where withheld.profile_id is null

),

-- every contact point that could be chosen, best first; for purposes without channel those
-- that stand in the way come first, since one of them is enough to say no
candidates as (

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        purposes.purpose,
        purposes.channel,
        -- a suppressed contact point does not stop a use that contacts nobody
        coalesce(
            case when purposes.channel is null
                then decisions.is_permitted_unless_suppressed
                else decisions.is_permitted
            end,
            purposes.default_is_permitted
        ) as is_permitted,
        coalesce(
            case when purposes.channel is null
                then decisions.reason_unless_suppressed
                else decisions.reason
            end,
            purposes.default_reason
        ) as reason,
        coalesce(decisions.is_denied_here, false) as is_denied_here,
        coalesce(decisions.needs_permission, not purposes.default_is_permitted)
            as needs_permission,
        coalesce(contact_points.is_primary, false) as is_primary,
        decisions.granted_at
    from {{ ref('int_consent__profile_points') }} as points
    inner join {{ ref('int_consent__purposes') }} as purposes
        on purposes.channel is null or purposes.channel = points.key_type
    left join {{ ref('int_consent__decisions') }} as decisions
        on
            points.profile_id = decisions.profile_id
            and points.key_type = decisions.key_type
            and points.key_value = decisions.key_value
            and purposes.purpose = decisions.purpose
    left join {{ ref('int_identity__contact_points') }} as contact_points
        on
            points.profile_id = contact_points.profile_id
            and points.key_type = contact_points.key_type
            and points.key_value = contact_points.key_value

),

judged as (

    select
        *,
        max(case when is_denied_here then 1 else 0 end) over (
            partition by profile_id, purpose
        ) = 1 as is_denied_anywhere,
        max(case when is_permitted then 1 else 0 end) over (
            partition by profile_id, purpose
        ) = 1 as is_permitted_anywhere
    from candidates

),

answered as (

    select
        *,
        case
            when channel is not null then is_permitted
            else not is_denied_anywhere and (is_permitted_anywhere or not needs_permission)
        end as profile_is_permitted
    from judged

),

ranked as (

    select
        *,
        row_number() over (
            partition by profile_id, purpose
            order by
                case when channel is null and is_denied_anywhere and is_denied_here then 0 else 1 end,
                case when is_permitted then 0 else 1 end,
                case when is_primary then 0 else 1 end,
                case when granted_at is null then 1 else 0 end,
                granted_at desc,
                key_type,
                key_value
        ) as choice
    from answered

)

select
    profiles.profile_id,
    purposes.purpose,
    coalesce(ranked.profile_is_permitted, false) as is_permitted,
    case when ranked.channel is not null and ranked.is_permitted then ranked.key_type end
        as key_type,
    case when ranked.channel is not null and ranked.is_permitted then ranked.key_value end
        as key_value,
    coalesce(ranked.reason, 'no_contact_point') as reason
from profiles
cross join {{ ref('int_consent__purposes') }} as purposes
left join ranked
    on
        profiles.profile_id = ranked.profile_id
        and purposes.purpose = ranked.purpose
        and ranked.choice = 1
