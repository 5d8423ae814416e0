-- Contact points that were erased here: looked up by hash among all that customers and
-- consents bring, so that an erased person stays out although nothing but the hash is
-- kept. Tombstones that the evidence itself has made are not needed for that: it still
-- speaks. Without erasures nothing is hashed.
{% set has_tombstones = dbt_consent.has_rows(
    ref('tombstones'), "coalesce(made_by, 'erase') <> 'evidence' or erased_at is not null"
) %}

with contact_points as (

    select
        key_type,
        key_value
    from {{ ref('int_identity__contact_points') }}

    union

    select
        key_type,
        key_value
    from {{ ref('contact_point_history') }}

    union

    select
        key_type,
        key_value
    from {{ ref('int_consent__interpreted') }}

),

hashed as (

    select
        key_type,
        key_value,
        {{ dbt_consent.kept_hash('key_type', 'key_value') }} as contact_point_hash
    from contact_points
    where {{ 'true' if has_tombstones else 'false' }}

),

-- a later grant of storage on the erased contact point itself
lifted as (

    select
        {{ dbt_consent.contact_point_hash('key_type', 'key_value') }}
            as contact_point_hash,
        max(event_at) as granted_at
    from {{ ref('int_consent__timed_events') }}
    where
        purpose = 'storage'
        and status = 'granted'
        and {{ 'true' if has_tombstones else 'false' }}
    group by key_type, key_value

)

select
    hashed.key_type,
    hashed.key_value,
    tombstones.contact_point_hash,
    tombstones.denied_at
from hashed
inner join {{ ref('tombstones') }} as tombstones
    on hashed.contact_point_hash = tombstones.contact_point_hash
left join lifted on tombstones.contact_point_hash = lifted.contact_point_hash
where
    (lifted.granted_at is null or lifted.granted_at <= tombstones.denied_at)
    and tombstones.first_seen_at <= {{ dbt_consent.known_at() }}
    and tombstones.denied_at <= {{ dbt_consent.as_of() }}
    and (
        coalesce(tombstones.made_by, 'erase') <> 'evidence'
        or tombstones.erased_at is not null
    )
