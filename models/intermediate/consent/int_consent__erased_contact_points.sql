-- Contact points whose plain values were erased here although a source still brings
-- them: nothing of them is taken in again, but for a later grant of storage, which
-- lifts the erasure. Without erasures nothing is hashed.
{% set has_erasures = dbt_consent.has_rows(
    ref('tombstones'), 'erased_at is not null'
) %}

with contact_points as (

    select
        key_type,
        key_value,
        max(
            case
                when purpose = 'storage' and status = 'granted'
                    then coalesce(recorded_at, confirmed_at)
            end
        ) as granted_at
    from {{ ref('int_consent__observed') }}
    where
        key_rejection is null
        and {{ 'true' if has_erasures else 'false' }}
    group by key_type, key_value

),

hashed as (

    select
        key_type,
        key_value,
        granted_at,
        {{ dbt_consent.contact_point_hash('key_type', 'key_value') }}
            as contact_point_hash
    from contact_points

)

select
    hashed.key_type,
    hashed.key_value
from hashed
inner join {{ ref('tombstones') }} as tombstones
    on hashed.contact_point_hash = tombstones.contact_point_hash
where
    tombstones.erased_at is not null
    and (hashed.granted_at is null or hashed.granted_at <= tombstones.denied_at)
