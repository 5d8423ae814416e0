-- Profile × purpose for which something was decided: the contact point that would be
-- used, and the answer for the person. Best first: permitted, primary, most recently
-- granted, by value. For a purpose without channel, one contact point on which a no
-- still stands answers for the whole person, and a suppressed one stops nothing, since
-- nobody is contacted.

with standing as (

    select
        profile_id,
        purpose,
        max(case when purpose = denied_purpose then 1 else 0 end) = 1
            as is_of_purpose
    from {{ ref('int_consent__standing_denials') }}
    group by profile_id, purpose

),

candidates as (

    select
        decisions.profile_id,
        decisions.key_type,
        decisions.key_value,
        decisions.purpose,
        purposes.channel is null as is_about_person,
        case
            when purposes.channel is null then decisions.is_permitted_unless_suppressed
            else decisions.is_permitted
        end as is_permitted,
        case
            when purposes.channel is null then decisions.reason_unless_suppressed
            else decisions.reason
        end as reason,
        purposes.channel is null
        and (decisions.is_denied_here or standing.profile_id is not null)
            as is_refusing,
        standing.is_of_purpose as is_former_denial_of_purpose,
        decisions.needs_permission,
        coalesce(points.is_primary, false) as is_primary,
        decisions.granted_at
    from {{ ref('int_consent__decisions') }} as decisions
    inner join {{ ref('int_consent__purposes') }} as purposes
        on decisions.purpose = purposes.purpose
    left join standing
        on
            decisions.profile_id = standing.profile_id
            and decisions.purpose = standing.purpose
            and purposes.enforcement <> 'none'
    left join {{ ref('int_identity__contact_points') }} as points
        on
            decisions.profile_id = points.profile_id
            and decisions.key_type = points.key_type
            and decisions.key_value = points.key_value

),

ranked as (

    select
        *,
        row_number() over (
            partition by profile_id, purpose
            order by
                case when is_refusing then 0 else 1 end,
                case when is_permitted then 0 else 1 end,
                case when is_primary then 0 else 1 end,
                case when granted_at is null then 1 else 0 end,
                granted_at desc,
                key_type,
                {{ dbt_consent.by_code_point('key_value') }}
        ) as choice
    from candidates

)

-- The first row tells all: it refuses if any does, and is permitted if any is.
select
    profile_id,
    purpose,
    key_type,
    key_value,
    case
        when is_about_person
            then not is_refusing and (is_permitted or not needs_permission)
        else is_permitted
    end as is_permitted,
    case
        when is_refusing and is_permitted and is_former_denial_of_purpose
            then 'denied_elsewhere'
        when is_refusing and is_permitted then 'parent_not_permitted'
        else reason
    end as reason
from ranked
where choice = 1
