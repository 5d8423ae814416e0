-- Nobody is in a segment over a contact point that the events do not permit. Judged
-- here from consent_events alone: under opt_in there must be a grant of the guard's
-- purpose on that very contact point, not expired, and no denial of it there at the
-- same time or later; under opt_out there must be no denial there that no later grant
-- has lifted; and where the purpose stands right below `use`, the use of the data must
-- not be denied there unless one of the two was granted later. The guard's own models
-- are not asked.
{% set guards = dbt_consent.segment_guards() if execute else {} %}
{% set purposes = dbt_consent.purposes() %}

with guards as (

    {% for segment, purpose in guards.items() %}
    select
        '{{ segment }}' as segment_name,
        '{{ purpose }}' as purpose,
        '{{ purposes[purpose].enforcement }}' as enforcement,
        '{{ purposes[purpose].parent }}' as parent
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as segment_name,
        cast(null as {{ dbt.type_string() }}) as purpose,
        cast(null as {{ dbt.type_string() }}) as enforcement,
        cast(null as {{ dbt.type_string() }}) as parent
    where false
    {% endfor %}

),

events as (

    select
        key_type,
        key_value,
        purpose,
        max(
            case
                when
                    status = 'granted'
                    and (
                        last_seen_at is null
                        or last_seen_at > {{ dbt_consent.as_of() }}
                        or last_seen_at > {{ dbt_consent.known_at() }}
                    )
                    and (expires_at is null or expires_at > {{ dbt_consent.as_of() }})
                    and coalesce(recorded_at, confirmed_at, cast('0001-01-01' as timestamp))
                    <= {{ dbt_consent.as_of() }}
                    then coalesce(recorded_at, confirmed_at, cast('0001-01-01' as timestamp))
            end
        ) as granted_at,
        max(
            case
                when
                    status = 'denied'
                    and coalesce(recorded_at, confirmed_at, first_seen_at)
                    <= {{ dbt_consent.as_of() }}
                    then coalesce(recorded_at, confirmed_at, first_seen_at)
            end
        ) as denied_at
    from {{ ref('consent_events') }}
    group by key_type, key_value, purpose

)

select
    members.segment_name,
    members.profile_id,
    members.key_type
from {{ ref('segment_members') }} as members
inner join guards on members.segment_name = guards.segment_name
left join events as own
    on
        members.key_type = own.key_type
        and members.key_value = own.key_value
        and guards.purpose = own.purpose
left join events as uses
    on
        members.key_type = uses.key_type
        and members.key_value = uses.key_value
        and uses.purpose = 'use'
where
    guards.enforcement <> 'none'
    and (
        (guards.enforcement = 'opt_in' and own.granted_at is null)
        or own.denied_at >= coalesce(own.granted_at, cast('0001-01-01' as timestamp))
        or (
            guards.parent = 'use'
            and uses.denied_at >= greatest(
                coalesce(own.granted_at, cast('0001-01-01' as timestamp)),
                coalesce(uses.granted_at, cast('0001-01-01' as timestamp))
            )
        )
    )
