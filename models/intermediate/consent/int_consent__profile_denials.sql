-- Profile × purpose: the denial, on a contact point that the profile has or had, that
-- reaches all its contact points by the purpose's conflict policy (step 3 of
-- docs/consent.md), and the one that blocks them all, whatever the dates (any_denial).

with denied_points as (

    select
        points.profile_id,
        statuses.purpose,
        statuses.key_type,
        statuses.key_value,
        statuses.denied_at,
        statuses.denied_source,
        statuses.denied_id,
        statuses.denied_recorded_at,
        statuses.is_denied,
        case
            when purposes.channel is null then statuses.is_denied
            when purposes.conflict = 'contact_point'
                then statuses.key_type <> purposes.channel
            else true
        end as is_spreading,
        purposes.conflict = 'any_denial' and statuses.is_denied as is_blocking
    from {{ ref('int_consent__profile_points') }} as points
    inner join {{ ref('int_consent__point_statuses') }} as statuses
        on
            points.key_type = statuses.key_type
            and points.key_value = statuses.key_value
    inner join {{ ref('int_consent__purposes') }} as purposes
        on statuses.purpose = purposes.purpose
    where statuses.denied_at is not null

    union all

    -- by its date, as if the person still had it; one that was lifted there is over for
    -- a purpose without channel, unless any denial blocks
    select
        denials.profile_id,
        denials.purpose,
        denials.key_type,
        denials.key_value,
        denials.denied_at,
        denials.denied_source,
        denials.denied_id,
        denials.denied_recorded_at,
        denials.is_standing as is_denied,
        case
            when purposes.conflict = 'contact_point'
                then denials.key_type <> purposes.channel
            when purposes.channel is null and purposes.conflict <> 'any_denial'
                then denials.is_standing
            else true
        end as is_spreading,
        purposes.conflict = 'any_denial' and standing.profile_id is not null
            as is_blocking
    from {{ ref('int_consent__former_denials') }} as denials
    inner join {{ ref('int_consent__purposes') }} as purposes
        on denials.purpose = purposes.purpose
    left join {{ ref('int_consent__standing_denials') }} as standing
        on
            denials.profile_id = standing.profile_id
            and denials.key_type = standing.key_type
            and denials.key_value = standing.key_value
            and denials.purpose = standing.purpose
            and denials.purpose = standing.denied_purpose
            and denials.is_erasure = standing.is_erasure

),

ranked as (

    select
        *,
        row_number() over (
            partition by profile_id, purpose, is_spreading
            order by
                denied_at desc,
                key_type,
                {{ dbt_consent.by_code_point('key_value') }},
                {{ dbt_consent.by_code_point('denied_id') }}
        ) as spreading_rank,
        row_number() over (
            partition by profile_id, purpose, is_blocking
            order by
                denied_at desc,
                key_type,
                {{ dbt_consent.by_code_point('key_value') }},
                {{ dbt_consent.by_code_point('denied_id') }}
        ) as standing_rank
    from denied_points

),

chosen as (

    select
        *,
        is_spreading and spreading_rank = 1 as is_spreading_denial,
        is_blocking and standing_rank = 1 as is_blocking_denial
    from ranked

)

select
    {% for kind in ['spreading', 'blocking'] %}
    {% for column in [
        'key_type', 'key_value', 'denied_at', 'denied_source', 'denied_id',
        'denied_recorded_at',
    ] %}
    max(case when is_{{ kind }}_denial then {{ column }} end)
        as {{ kind }}_{{ column }},
    {% endfor %}
    {% endfor %}
    profile_id,
    purpose
from chosen
group by profile_id, purpose
