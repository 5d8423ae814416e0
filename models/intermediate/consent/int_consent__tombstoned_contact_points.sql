-- Contact points that a tombstone stands for: looked up by hash among all that
-- customers and consents bring, so that an erased person stays out although nothing but
-- the hash is kept. Without tombstones nothing is hashed.
{% set has_tombstones = dbt_consent.has_rows(ref('tombstones')) %}

with contact_points as (

    select
        key_type,
        key_value
    from {{ ref('int_identity__contact_points') }}

    union

    select
        key_type,
        key_value
    from {{ ref('consent_events') }}

),

hashed as (

    select
        key_type,
        key_value,
        {{ dbt_consent.contact_point_hash('key_type', 'key_value') }}
            as contact_point_hash
    from contact_points
    where {{ 'true' if has_tombstones else 'false' }}

)

select
    hashed.key_type,
    hashed.key_value,
    hashed.contact_point_hash,
    tombstones.denied_at
from hashed
inner join {{ ref('tombstones') }} as tombstones
    on hashed.contact_point_hash = tombstones.contact_point_hash
where
    tombstones.first_seen_at <= {{ dbt_consent.known_at() }}
    and tombstones.denied_at <= {{ dbt_consent.as_of() }}
