-- Denials on former contact points: profile × former contact point × purpose, the
-- latest that is this profile's own and not that of the one who has the contact point
-- now. It stands as long as nothing lifted it where it was made, while a record of the
-- profile had it; an erasure is lifted by a grant of storage on itself whenever that
-- comes.

with points as (

    select
        profile_id,
        key_type,
        key_value,
        profile_left_at,
        taken_over_at
    from {{ ref('int_identity__former_points') }}
    group by profile_id, key_type, key_value, profile_left_at, taken_over_at

),

denials as (

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        points.profile_left_at,
        evidence.purpose,
        evidence.event_at as denied_at,
        evidence.source_name as denied_source,
        evidence.consent_id as denied_id,
        evidence.recorded_at as denied_recorded_at,
        evidence.is_erasure,
        row_number() over (
            partition by
                points.profile_id,
                points.key_type,
                points.key_value,
                evidence.purpose,
                evidence.is_erasure
            order by
                evidence.event_at desc,
                {{ dbt_consent.by_code_point('evidence.source_name') }},
                {{ dbt_consent.by_code_point('evidence.consent_id') }},
                evidence.event_id
        ) as recency
    from points
    inner join {{ ref('int_consent__evidence') }} as evidence
        on
            points.key_type = evidence.key_type
            and points.key_value = evidence.key_value
    where
        evidence.effect = 'denied'
        and not (
            evidence.event_at > points.profile_left_at
            and coalesce(evidence.event_at > points.taken_over_at, false)
        )

),

lifted as (

    select
        points.profile_id,
        points.key_type,
        points.key_value,
        evidence.purpose,
        max(evidence.event_at) as granted_ever_at,
        max(
            case
                when evidence.event_at < points.profile_left_at
                    then evidence.event_at
            end
        ) as granted_at
    from points
    inner join {{ ref('int_consent__evidence') }} as evidence
        on
            points.key_type = evidence.key_type
            and points.key_value = evidence.key_value
    where
        evidence.effect = 'granted'
        -- a row that has only moved goes on where the profile has the contact point
        and not evidence.is_moved
    group by
        points.profile_id,
        points.key_type,
        points.key_value,
        evidence.purpose

)

select
    denials.profile_id,
    denials.key_type,
    denials.key_value,
    denials.profile_left_at,
    denials.purpose,
    denials.denied_at,
    denials.denied_source,
    denials.denied_id,
    denials.denied_recorded_at,
    denials.is_erasure,
    coalesce(
        case
            when denials.is_erasure then lifted.granted_ever_at
            else lifted.granted_at
        end <= denials.denied_at,
        true
    ) as is_standing
from denials
left join lifted
    on
        denials.profile_id = lifted.profile_id
        and denials.key_type = lifted.key_type
        and denials.key_value = lifted.key_value
        and denials.purpose = lifted.purpose
where denials.recency = 1
