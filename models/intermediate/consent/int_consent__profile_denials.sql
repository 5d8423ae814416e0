-- Profile × purpose: the denial that reaches all contact points of the profile by the
-- purpose's conflict policy (step 3 of docs/consent.md), and whether a contact point
-- that is itself denied blocks all others (any_denial).

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
        purposes.conflict,
        case
            when purposes.channel is null then statuses.is_denied
            when purposes.conflict = 'contact_point'
                then statuses.key_type <> purposes.channel
            else true
        end as is_spreading
    from {{ ref('int_consent__profile_points') }} as points
    inner join {{ ref('int_consent__point_statuses') }} as statuses
        on
            points.key_type = statuses.key_type
            and points.key_value = statuses.key_value
    inner join {{ ref('int_consent__purposes') }} as purposes
        on statuses.purpose = purposes.purpose
    where statuses.denied_at is not null

),

ranked as (

    select
        *,
        row_number() over (
            partition by profile_id, purpose, is_spreading
            order by
                denied_at desc,
                key_type,
                {{ dbt_consent.by_code_point('key_value') }}
        ) as spreading_rank,
        row_number() over (
            partition by profile_id, purpose, is_denied
            order by
                denied_at desc,
                key_type,
                {{ dbt_consent.by_code_point('key_value') }}
        ) as standing_rank
    from denied_points

),

chosen as (

    select
        *,
        is_spreading and spreading_rank = 1 as is_spreading_denial,
        conflict = 'any_denial'
        and is_denied
        and standing_rank = 1 as is_blocking_denial
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
