-- Former contact points: profile × contact point × record that had it and has it no
-- more, where no record of the profile has it now. `left_at` is when this record left
-- it; `profile_left_at` when the last one did; `taken_over_at` when another profile was
-- first seen with it that has it now, or had it after this one.

with stretches as (

    select * from {{ ref('int_identity__point_stretches') }}

),

per_profile as (

    select
        stretches.profile_id,
        stretches.key_type,
        stretches.key_value,
        max(coalesce(stretches.left_at, {{ dbt_consent.known_at() }}))
            as profile_left_at
    from stretches
    left join {{ ref('int_identity__contact_points') }} as points
        on
            stretches.profile_id = points.profile_id
            and stretches.key_type = points.key_type
            and stretches.key_value = points.key_value
    where points.profile_id is null
    group by
        stretches.profile_id,
        stretches.key_type,
        stretches.key_value

),

taken_over as (

    select
        per_profile.profile_id,
        per_profile.key_type,
        per_profile.key_value,
        min(others.first_seen_at) as taken_over_at
    from per_profile
    inner join stretches as others
        on
            per_profile.key_type = others.key_type
            and per_profile.key_value = others.key_value
            and per_profile.profile_id <> others.profile_id
    where
        others.left_at is null
        or others.left_at > per_profile.profile_left_at
    group by
        per_profile.profile_id,
        per_profile.key_type,
        per_profile.key_value

)

select
    per_profile.profile_id,
    per_profile.key_type,
    per_profile.key_value,
    per_profile.profile_left_at,
    taken_over.taken_over_at,
    stretches.source_name,
    stretches.source_record_id,
    max(coalesce(stretches.left_at, {{ dbt_consent.known_at() }})) as left_at
from per_profile
inner join stretches
    on
        per_profile.profile_id = stretches.profile_id
        and per_profile.key_type = stretches.key_type
        and per_profile.key_value = stretches.key_value
left join taken_over
    on
        per_profile.profile_id = taken_over.profile_id
        and per_profile.key_type = taken_over.key_type
        and per_profile.key_value = taken_over.key_value
group by
    per_profile.profile_id,
    per_profile.key_type,
    per_profile.key_value,
    per_profile.profile_left_at,
    taken_over.taken_over_at,
    stretches.source_name,
    stretches.source_record_id
