-- The contact points of every profile that is not withheld.

select
    points.profile_id,
    points.key_type,
    points.key_value,
    points.is_primary,
    points.last_seen_at
from {{ ref('int_identity__contact_points') }} as points
left join {{ ref('int_consent__withheld_profiles') }} as withheld
    on points.profile_id = withheld.profile_id
where withheld.profile_id is null
