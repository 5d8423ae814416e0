-- Contact points whose plain values were erased here although a source still brings
-- them: nothing of them is taken in again, but for a later grant of storage, which
-- lifts the erasure. The tombstones are those of before this run. Without erasures
-- nothing is hashed.
{% set tombstones = dbt_consent.model_relation('tombstones') %}
{% set has_erasures = dbt_consent.has_rows(tombstones, 'erased_at is not null') %}

with granted as (

    select
        key_type,
        key_value,
        max(coalesce(recorded_at, confirmed_at)) as granted_at
    from {{ ref('int_consent__observed') }}
    where
        purpose = 'storage'
        and status = 'granted'
    group by key_type, key_value

),

contact_points as (

    select
        key_type,
        key_value
    from {{ ref('int_consent__observed') }}

    union

    select
        key_type,
        key_value
    from {{ ref('int_consent__suppression_rows') }}

    union

    select
        key_type,
        key_value
    from {{ ref('int_identity__named_keys') }}

),

hashed as (

    select
        contact_points.key_type,
        contact_points.key_value,
        granted.granted_at,
        {{ dbt_consent.contact_point_hash(
            'contact_points.key_type', 'contact_points.key_value'
        ) }} as contact_point_hash
    from contact_points
    left join granted
        on
            contact_points.key_type = granted.key_type
            and contact_points.key_value = granted.key_value
    where
        contact_points.key_value is not null
        and {{ 'true' if has_erasures else 'false' }}

)

select
    hashed.key_type,
    hashed.key_value
from hashed
{% if has_erasures %}
inner join {{ tombstones }} as tombstones
    on hashed.contact_point_hash = tombstones.contact_point_hash
where
    tombstones.erased_at is not null
    and (hashed.granted_at is null or hashed.granted_at <= tombstones.denied_at)
{% endif %}
