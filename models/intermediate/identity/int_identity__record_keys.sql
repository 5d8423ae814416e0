-- The keys of each record, without those that identify nobody. A key that more records
-- share than max_records_per_key is still a contact point, but ties nobody.
with usable_keys as (

    select
        record_id,
        key_type,
        key_value
    from {{ ref('int_identity__named_keys') }}
    where not is_junk

),

shared_keys as (

    select
        key_type,
        key_value,
        min(record_id) as first_record_id,
        count(*) as record_count
    from usable_keys
    group by key_type, key_value
    having count(*) > 1

)

select
    usable_keys.record_id,
    usable_keys.key_type,
    usable_keys.key_value,
    coalesce(shared_keys.first_record_id, usable_keys.record_id) as first_record_id,
    cast(coalesce(shared_keys.record_count, 1) as bigint) as record_count,
    coalesce(shared_keys.record_count, 1)
    <= {{ dbt_consent.setting('max_records_per_key') }} as is_tying
from usable_keys
left join shared_keys
    on
        usable_keys.key_type = shared_keys.key_type
        and usable_keys.key_value = shared_keys.key_value
