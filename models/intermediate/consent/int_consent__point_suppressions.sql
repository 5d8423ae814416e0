-- The contact points of each profile that are never used: suppressed themselves, or in
-- the place of a former one that was shut by hand.

with suppressed as (

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        suppressions.reason
    from {{ ref('int_consent__profile_points') }} as points
    inner join {{ ref('int_consent__suppressions') }} as suppressions
        on
            points.key_type = suppressions.key_type
            and points.key_value = suppressions.key_value

    union all

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        'manual' as reason
    from {{ ref('int_consent__successor_points') }} as points
    inner join {{ ref('int_consent__suppressions') }} as suppressions
        on
            points.key_type = suppressions.key_type
            and points.former_value = suppressions.key_value
    where suppressions.is_manual

)

select
    profile_id,
    key_type,
    key_value,
    {{ dbt_consent.min_by_code_point('reason') }} as reason
from suppressed
group by profile_id, key_type, key_value
