-- Nobody is in a segment over a contact point that what was said does not permit. Judged
-- here from the statements alone: under opt_in there must be a grant of the guard's
-- purpose on that very contact point, not expired; and no denial of it there at the same
-- time or later, nor of `use` where the purpose stands right below it. Where countries
-- differ, only what holds everywhere is asked. The guard's own models are not asked.
{% set guards = dbt_consent.segment_guards() if execute else {} %}
{% set purposes = dbt_consent.purposes() %}
{% set never = dbt_consent.timestamp_literal('0001-01-01 00:00:00') %}

with guards as (

    {% for segment, purpose in guards.items() %}
    {% set keys = purposes[purpose] %}
    select
        '{{ segment }}' as segment_name,
        '{{ purpose }}' as purpose,
        '{{ keys.enforcement }}' as enforcement,
        {{ 'true' if keys.enforcement == 'opt_in'
            and 'opt_out' not in keys.enforcement_by_country.values() else 'false' }}
            as needs_grant,
        '{{ keys.parent }}' as parent
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as segment_name,
        cast(null as {{ dbt.type_string() }}) as purpose,
        cast(null as {{ dbt.type_string() }}) as enforcement,
        false as needs_grant,
        cast(null as {{ dbt.type_string() }}) as parent
    where 1 = 0
    {% endfor %}

),

said as (

    select
        key_type,
        key_value,
        purpose,
        max(
            case
                when
                    status = 'granted'
                    and (expires_at is null or expires_at > {{ dbt_consent.as_of() }})
                    and coalesce(stated_at, {{ never }}) <= {{ dbt_consent.as_of() }}
                    then coalesce(stated_at, {{ never }})
            end
        ) as granted_at,
        max(
            case
                when
                    status = 'denied'
                    and is_mapped
                    and least(stated_at, first_seen_at) <= {{ dbt_consent.as_of() }}
                    and stated_at is not null
                    then least(stated_at, first_seen_at)
            end
        ) as denied_at
    from {{ ref('int_consent__statements') }}
    where not is_retracted
    group by key_type, key_value, purpose

)

select
    members.segment_name,
    members.profile_id,
    members.key_type
from {{ ref('segment_members') }} as members
inner join guards on members.segment_name = guards.segment_name
left join said as own
    on
        members.key_type = own.key_type
        and members.key_value = own.key_value
        and guards.purpose = own.purpose
left join said as uses
    on
        members.key_type = uses.key_type
        and members.key_value = uses.key_value
        and uses.purpose = 'use'
where
    guards.enforcement <> 'none'
    and (
        (guards.needs_grant and own.granted_at is null)
        or own.denied_at >= coalesce(own.granted_at, {{ never }})
        or (
            guards.parent = 'use'
            and uses.denied_at >= greatest(
                coalesce(own.granted_at, {{ never }}),
                coalesce(uses.granted_at, {{ never }})
            )
        )
    )
