-- Under the policy contact_point a no on an old address goes on to the one that took
-- its place, and to no other: profile × contact point × purpose, the latest such
-- denial.

with denials as (

    select
        profile_id,
        key_type,
        key_value,
        purpose,
        denied_at,
        denied_source,
        denied_id,
        denied_recorded_at
    from {{ ref('int_consent__former_denials') }}

    union all

    -- another record of the profile may have the old address still
    select
        points.profile_id,
        points.key_type,
        points.key_value,
        statuses.purpose,
        statuses.denied_at,
        statuses.denied_source,
        statuses.denied_id,
        statuses.denied_recorded_at
    from {{ ref('int_identity__contact_points') }} as points
    inner join {{ ref('int_consent__point_statuses') }} as statuses
        on
            points.key_type = statuses.key_type
            and points.key_value = statuses.key_value
    where statuses.denied_at is not null

),

inherited as (

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        denials.purpose,
        denials.key_value as former_value,
        denials.denied_at,
        denials.denied_source,
        denials.denied_id,
        denials.denied_recorded_at,
        row_number() over (
            partition by
                points.profile_id, points.key_type, points.key_value, denials.purpose
            order by
                denials.denied_at desc,
                {{ dbt_consent.by_code_point('denials.key_value') }},
                {{ dbt_consent.by_code_point('denials.denied_id') }}
        ) as recency
    from denials
    inner join {{ ref('int_consent__purposes') }} as purposes
        on
            denials.purpose = purposes.purpose
            and denials.key_type = purposes.channel
            and purposes.conflict = 'contact_point'
    inner join {{ ref('int_consent__successor_points') }} as points
        on
            denials.profile_id = points.profile_id
            and denials.key_type = points.key_type
            and denials.key_value = points.former_value

)

select
    profile_id,
    key_type,
    key_value,
    purpose,
    former_value,
    denied_at,
    denied_source,
    denied_id,
    denied_recorded_at
from inherited
where recency = 1
