-- Contact points that took the place of a former one: of the same kind, first seen with
-- the same record in the load that missed the former one, or later.

with present as (

    select
        profile_id,
        source_name,
        source_record_id,
        key_type,
        key_value,
        min(first_seen_at) as first_seen_at
    from {{ ref('int_identity__point_stretches') }}
    group by profile_id, source_name, source_record_id, key_type, key_value
    having count(*) > count(left_at)

)

select
    present.profile_id,
    present.key_type,
    present.key_value,
    former.key_value as former_value
from {{ ref('int_identity__former_points') }} as former
inner join present
    on
        former.profile_id = present.profile_id
        and former.source_name = present.source_name
        and former.source_record_id = present.source_record_id
        and former.key_type = present.key_type
        and former.left_at <= present.first_seen_at
group by
    present.profile_id,
    present.key_type,
    present.key_value,
    former.key_value
