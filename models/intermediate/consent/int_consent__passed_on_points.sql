-- Contact points that were given to somebody else: another profile, which is still
-- there, had left it by the load that first showed its present owner with it. No grant
-- on it counts that is not later than that leaving.

with stretches as (

    select
        profile_id,
        key_type,
        key_value,
        min(case when is_record_present then first_seen_at end) as first_seen_at,
        case when count(*) = count(left_at) then max(left_at) end as left_at
    from {{ ref('int_identity__point_stretches') }}
    group by profile_id, key_type, key_value

)

select
    owners.key_type,
    owners.key_value,
    max(leavers.left_at) as left_at
from stretches as owners
inner join stretches as leavers
    on
        owners.key_type = leavers.key_type
        and owners.key_value = leavers.key_value
        and owners.profile_id <> leavers.profile_id
        and owners.first_seen_at >= leavers.left_at
where owners.left_at is null
group by owners.key_type, owners.key_value
