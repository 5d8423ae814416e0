-- Profile × purpose for which any of the profile's contact points has an event.

select
    points.profile_id,
    statuses.purpose
from {{ ref('int_consent__profile_points') }} as points
inner join {{ ref('int_consent__point_statuses') }} as statuses
    on
        points.key_type = statuses.key_type
        and points.key_value = statuses.key_value
group by points.profile_id, statuses.purpose
