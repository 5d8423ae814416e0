-- Keys that did not do what keys do, each with a record that has it: values that cannot
-- be read, that identify nobody, that too many records share or that people said are
-- shared, keys whose condition a record cannot meet, keys that a guard has cut, and
-- contact points of records that nobody has.
{% set text = dbt.type_string() %}

with junk as (

    select
        cast('junk' as {{ text }}) as reason,
        key_type,
        coalesce(key_value, raw_key_value) as key_value,
        cast(null as {{ text }}) as other_value,
        cast(null as {{ text }}) as model_name,
        min(record_id) as record_id,
        cast(count(*) as bigint) as record_count
    from {{ ref('int_identity__named_keys') }}
    where is_junk
    group by key_type, coalesce(key_value, raw_key_value)

),

not_tying as (

    select
        not_tying_reason as reason,
        key_type,
        key_value,
        cast(null as {{ text }}) as other_value,
        cast(null as {{ text }}) as model_name,
        first_record_id as record_id,
        record_count
    from {{ ref('int_identity__record_keys') }}
    where
        not_tying_reason in ('shared', 'shared_by_too_many')
        and record_count > 1
        and record_id = first_record_id

),

cut as (

    select
        cast('cut' as {{ text }}) as reason,
        record_keys.key_type,
        record_keys.key_value,
        cast(null as {{ text }}) as other_value,
        cast(null as {{ text }}) as model_name,
        min(record_keys.record_id) as record_id,
        cast(count(*) as bigint) as record_count
    from {{ ref('int_identity__record_keys') }} as record_keys
    inner join {{ ref('int_identity__record_profiles') }} as record_profiles
        on record_keys.record_id = record_profiles.record_id
    where
        record_keys.is_tying
        and record_keys.record_count > 1
    group by record_keys.key_type, record_keys.key_value, record_keys.tie_id
    having min(record_profiles.profile_id) <> max(record_profiles.profile_id)

),

-- Per source: a source that lacks an attribute ties nothing by a key that needs it.
lacking as (

    select
        cast('lacks_attribute' as {{ text }}) as reason,
        record_keys.key_type,
        min(record_keys.key_value) as key_value,
        cast(null as {{ text }}) as other_value,
        cast(null as {{ text }}) as model_name,
        min(record_keys.record_id) as record_id,
        cast(count(*) as bigint) as record_count
    from {{ ref('int_identity__record_keys') }} as record_keys
    inner join {{ ref('int_identity__records') }} as records
        on record_keys.record_id = records.record_id
    where record_keys.not_tying_reason = 'lacks_attribute'
    group by record_keys.key_type, records.customer_model, records.source_name

),

unreadable as (

    select
        cast('not_valid' as {{ text }}) as reason,
        key_type,
        raw_value as key_value,
        case when other_raw_value <> raw_value then other_raw_value end as other_value,
        model_name,
        record_id,
        unreadable_count as record_count
    from {{ ref('int_identity__unreadable_keys') }}
    where unreadable_count > 0

),

orphans as (

    select
        cast('no_record' as {{ text }}) as reason,
        key_type,
        min(coalesce(key_value, raw_key_value)) as key_value,
        cast(null as {{ text }}) as other_value,
        model_name,
        cast(null as bigint) as record_id,
        cast(count(distinct source_record_id) as bigint) as record_count,
        source_name,
        min(source_record_id) as source_record_id
    from {{ ref('int_identity__further_keys') }}
    where record_id is null
    group by key_type, model_name, source_name

),

of_records as (

    select * from junk
    union all
    select * from not_tying
    union all
    select * from cut
    union all
    select * from lacking
    union all
    select * from unreadable

)

select
    of_records.reason,
    of_records.key_type,
    of_records.key_value,
    of_records.other_value,
    coalesce(of_records.model_name, records.customer_model) as model_name,
    of_records.record_id,
    of_records.record_count,
    records.source_name,
    records.source_record_id
from of_records
inner join {{ ref('int_identity__records') }} as records
    on of_records.record_id = records.record_id

union all

select * from orphans
