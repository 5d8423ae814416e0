-- Keys that did not do what keys do, each with the records that have it: values that
-- identify nobody, values that too many records share, and keys that a guard has cut.
{% set text = dbt.type_string() %}

select
    key_type,
    key_value,
    cast('junk' as {{ text }}) as reason,
    min(record_id) as record_id,
    cast(count(*) as bigint) as record_count
from {{ ref('int_identity__named_keys') }}
where is_junk
group by key_type, key_value

union all

select
    key_type,
    key_value,
    cast('shared_by_too_many' as {{ text }}) as reason,
    first_record_id as record_id,
    record_count
from {{ ref('int_identity__record_keys') }}
where
    not is_tying
    and record_id = first_record_id

union all

select
    record_keys.key_type,
    record_keys.key_value,
    cast('cut' as {{ text }}) as reason,
    min(record_keys.record_id) as record_id,
    cast(count(*) as bigint) as record_count
from {{ ref('int_identity__record_keys') }} as record_keys
inner join {{ ref('int_identity__record_profiles') }} as record_profiles
    on record_keys.record_id = record_profiles.record_id
where
    record_keys.is_tying
    and record_keys.record_count > 1
group by record_keys.key_type, record_keys.key_value
having min(record_profiles.profile_id) <> max(record_profiles.profile_id)
