-- Profile × purpose for which any contact point that the profile has, or had, has an
-- event that may count.

select
    points.profile_id,
    statuses.purpose
from {{ ref('int_consent__profile_points') }} as points
inner join {{ ref('int_consent__point_statuses') }} as statuses
    on
        points.key_type = statuses.key_type
        and points.key_value = statuses.key_value
group by points.profile_id, statuses.purpose

union

select
    profile_id,
    purpose
from {{ ref('int_consent__former_denials') }}
