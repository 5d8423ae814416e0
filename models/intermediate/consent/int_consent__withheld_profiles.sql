-- Profiles that must not be kept: one of their contact points is itself denied for
-- storage, or such a no still stands on one that they had, or on one that they were
-- withheld with. They are in no mart, no segment and no export while that holds.

select points.profile_id
from {{ ref('int_identity__contact_points') }} as points
inner join {{ ref('int_consent__point_statuses') }} as statuses
    on
        points.key_type = statuses.key_type
        and points.key_value = statuses.key_value
where
    statuses.purpose = 'storage'
    and statuses.is_denied
group by points.profile_id

union

select profile_id
from {{ ref('int_consent__standing_denials') }}
where
    purpose = 'storage'
    and denied_purpose = 'storage'

union

select profile_id
from {{ ref('int_consent__erasure_marks') }}
where is_standing
