-- What counts at as_of, and as what: a grant in force, an expired grant, a grant that
-- was given for another contact point, a request that waits for its confirmation, or a
-- denial (steps 2 and 3 of docs/consent.md). Suppressions that are denials stand
-- beside them, and tombstones speak for those whose plain values are gone.
{% set as_of = dbt_consent.as_of() %}

with held as (

    -- since when every profile that has it has had it
    select
        key_type,
        key_value,
        max(first_seen_at) as held_since
    from (
        select
            profile_id,
            key_type,
            key_value,
            min(first_seen_at) as first_seen_at
        from {{ ref('int_identity__point_stretches') }}
        where
            is_record_present
            and left_at is null
        group by profile_id, key_type, key_value
    ) as present
    group by key_type, key_value

),

grants as (

    select
        grants.*,
        case
            when grants.valid_for_months is null then grants.expires_at
            when grants.expires_at is null
                then {{ dbt_consent.add_months(
                    'grants.event_at', 'grants.valid_for_months'
                ) }}
            else least(
                grants.expires_at,
                {{ dbt_consent.add_months(
                    'grants.event_at', 'grants.valid_for_months'
                ) }}
            )
        end as grant_expires_at,
        not grants.is_dated and grants.valid_for_months is not null
            as is_of_unknown_age
    from {{ ref('int_consent__given_grants') }} as grants
    left join {{ ref('int_consent__passed_on_points') }} as passed_on
        on
            grants.key_type = passed_on.key_type
            and grants.key_value = passed_on.key_value
    left join held
        on
            grants.key_type = held.key_type
            and grants.key_value = held.key_value
    where
        -- a number that was given to somebody else took no grant along
        (passed_on.key_value is null or grants.event_at > passed_on.left_at)
        -- a row that has moved goes on counting for who had the contact point then
        and (not grants.is_moved or held.held_since < grants.moved_at)

),

judged as (

    select
        *,
        case
            when
                is_double_opt_in
                and (confirmed_at is null or confirmed_at > {{ as_of }})
                then 'pending'
            when given_for is not null then 'elsewhere'
            when grant_expires_at is null then 'granted'
            when {{ as_of }} < grant_expires_at then 'granted'
            else 'expired'
        end as effect
    from grants

)

select
    key_type,
    key_value,
    purpose,
    effect,
    event_at,
    source_name,
    consent_id,
    event_id,
    recorded_at,
    case
        when effect in ('granted', 'expired') and not is_of_unknown_age
            then grant_expires_at
    end as expires_at,
    given_for,
    is_moved,
    false as is_erasure
from judged

union all

select
    key_type,
    key_value,
    purpose,
    status as effect,
    event_at,
    source_name,
    consent_id,
    event_id,
    recorded_at,
    cast(null as {{ dbt.type_timestamp() }}) as expires_at,
    cast(null as {{ dbt.type_string() }}) as given_for,
    false as is_moved,
    false as is_erasure
from {{ ref('int_consent__timed_events') }}
where status <> 'granted'

union all

select
    key_type,
    key_value,
    purpose,
    'denied' as effect,
    event_at,
    source_name,
    consent_id,
    event_id,
    recorded_at,
    cast(null as {{ dbt.type_timestamp() }}) as expires_at,
    cast(null as {{ dbt.type_string() }}) as given_for,
    false as is_moved,
    purpose = 'storage' as is_erasure
from {{ ref('int_consent__suppression_denials') }}

union all

select
    key_type,
    key_value,
    'storage' as purpose,
    'denied' as effect,
    denied_at as event_at,
    'tombstones' as source_name,
    contact_point_hash as consent_id,
    contact_point_hash as event_id,
    denied_at as recorded_at,
    cast(null as {{ dbt.type_timestamp() }}) as expires_at,
    cast(null as {{ dbt.type_string() }}) as given_for,
    false as is_moved,
    true as is_erasure
from {{ ref('int_consent__tombstoned_contact_points') }}
