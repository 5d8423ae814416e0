-- Of the values that sources give for keys as they came (raw_<key>, raw_key_value), how
-- many cannot be read, per model, source and kind of key, with two examples. Blank ones
-- are no values, and those of the junk list can be read.
with values_given as (

    select
        keys.model_name,
        records.source_name,
        keys.key_type,
        case when keys.key_value is null then keys.record_id end
            as unreadable_record_id,
        case when keys.key_value is null then keys.raw_key_value end as unreadable_value
    from (
        select
            record_id,
            model_name,
            key_type,
            coalesce(key_value, case when is_junk then raw_key_value end) as key_value,
            raw_key_value
        from {{ ref('int_identity__named_keys') }}
        where raw_key_value is not null
    ) as keys
    inner join {{ ref('int_identity__records') }} as records
        on keys.record_id = records.record_id

),

counted as (

    select
        model_name,
        source_name,
        key_type,
        cast(count(*) as bigint) as filled_count,
        cast(count(unreadable_record_id) as bigint) as unreadable_count,
        min(unreadable_record_id) as record_id,
        max(unreadable_record_id) as other_record_id
    from values_given
    group by model_name, source_name, key_type

)

select
    counted.model_name,
    counted.source_name,
    counted.key_type,
    counted.filled_count,
    counted.unreadable_count,
    counted.record_id,
    min(case
        when examples.unreadable_record_id = counted.record_id
            then examples.unreadable_value
    end) as raw_value,
    min(case
        when examples.unreadable_record_id = counted.other_record_id
            then examples.unreadable_value
    end) as other_raw_value
from counted
left join values_given as examples
    on
        counted.model_name = examples.model_name
        and counted.source_name = examples.source_name
        and counted.key_type = examples.key_type
        and (
            counted.record_id = examples.unreadable_record_id
            or counted.other_record_id = examples.unreadable_record_id
        )
group by
    counted.model_name,
    counted.source_name,
    counted.key_type,
    counted.filled_count,
    counted.unreadable_count,
    counted.record_id
