-- What decisions are made about: every contact point of every profile, and for a
-- profile that has none an empty one, so that it too has an answer for purposes that
-- contact nobody.

select
    profile_id,
    key_type,
    key_value
from {{ ref('int_identity__contact_points') }}

union all

select
    attributes.profile_id,
    '' as key_type,
    '' as key_value
from {{ ref('int_identity__attributes') }} as attributes
left join {{ ref('int_identity__contact_points') }} as points
    on attributes.profile_id = points.profile_id
where points.profile_id is null
