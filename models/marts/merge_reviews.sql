-- Merges to look at: pairs of records that are one person now and perhaps should not
-- be. A row of always_match or never_match for the pair settles it.

select
    one.source_name,
    one.source_record_id,
    one.profile_id,
    other.source_name as other_source_name,
    other.source_record_id as other_source_record_id,
    other.profile_id as other_profile_id,
    doubts.doubt,
    doubts.detail,
    cast(null as numeric(7, 6)) as probability
from {{ ref('int_identity__merge_doubts') }} as doubts
inner join {{ ref('int_identity__record_profiles') }} as one
    on doubts.record_id = one.record_id
inner join {{ ref('int_identity__record_profiles') }} as other
    on doubts.other_record_id = other.record_id
left join {{ ref('int_consent__withheld_profiles') }} as withheld
    on one.profile_id = withheld.profile_id
where withheld.profile_id is null
