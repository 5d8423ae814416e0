-- Contact points that took the place of another: of the same kind, first seen with the
-- same record in the load that missed the other one, or later. Record by record: that
-- another record of the profile still has the old one makes no edit permit anything.

with held as (

    select
        profile_id,
        source_name,
        source_record_id,
        key_type,
        key_value,
        min(first_seen_at) as first_seen_at,
        case when count(*) = count(left_at) then max(left_at) end as left_at
    from {{ ref('int_identity__point_stretches') }}
    group by profile_id, source_name, source_record_id, key_type, key_value

)

select
    present.profile_id,
    present.key_type,
    present.key_value,
    former.key_value as former_value
from held as former
inner join held as present
    on
        former.profile_id = present.profile_id
        and former.source_name = present.source_name
        and former.source_record_id = present.source_record_id
        and former.key_type = present.key_type
        and former.left_at <= present.first_seen_at
where present.left_at is null
group by
    present.profile_id,
    present.key_type,
    present.key_value,
    former.key_value
