-- Contact points that somebody was erased on: by a suppression, or by `consent erase`.
-- An erasure stands until a later grant of storage on the contact point itself.

select
    key_type,
    key_value,
    {{ dbt_consent.kept_hash('key_type', 'key_value') }} as contact_point_hash,
    coalesce(granted_at <= erased_at, true) as is_standing
from (
    select
        key_type,
        key_value,
        max(case when is_erasure then event_at end) as erased_at,
        -- a row that has only moved lifts nothing
        max(case
            when effect = 'granted' and not is_moved then event_at
        end) as granted_at
    from {{ ref('int_consent__evidence') }}
    where purpose = 'storage'
    group by key_type, key_value
) as said
where erased_at is not null
