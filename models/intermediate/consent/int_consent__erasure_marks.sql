-- Profile × erased contact point: a record of the profile, there or gone, was once
-- withheld with it, and is so until the erasure is lifted, whatever became of the
-- profile since; or until never_match parts it from a record that had it.
{% set text = dbt.type_string() %}
{% set stored = dbt_consent.model_relation('withheld_records') %}
{% set has_marks = execute and load_relation(stored) is not none %}

with marks as (

    {% if has_marks %}
    select
        source_name,
        source_record_id,
        contact_point_hash
    from {{ stored }}
    where first_seen_at <= {{ dbt_consent.known_at() }}
    group by source_name, source_record_id, contact_point_hash
    {% else %}
    select
        cast(null as {{ text }}) as source_name,
        cast(null as {{ text }}) as source_record_id,
        cast(null as {{ text }}) as contact_point_hash
    where 1 = 0
    {% endif %}

),

erased as (

    select
        marks.source_name,
        marks.source_record_id,
        erasures.key_type,
        erasures.key_value,
        erasures.is_standing
    from marks
    inner join {{ ref('int_consent__erasures') }} as erasures
        on marks.contact_point_hash = erasures.contact_point_hash

),

record_profiles as (

    select
        source_name,
        source_record_id,
        profile_id
    from {{ ref('int_identity__record_profiles') }}

    union all

    select
        source_name,
        source_record_id,
        profile_id
    from {{ ref('int_identity__gone_record_profiles') }}

),

-- the records that people have parted from another one, either way round
pairs as (

    select
        cast(source_name as {{ text }}) as source_name,
        cast(source_record_id as {{ text }}) as source_record_id,
        cast(other_source_name as {{ text }}) as other_source_name,
        cast(other_source_record_id as {{ text }}) as other_source_record_id
    from {{ ref('never_match') }}

    union

    select
        cast(other_source_name as {{ text }}) as source_name,
        cast(other_source_record_id as {{ text }}) as source_record_id,
        cast(source_name as {{ text }}) as other_source_name,
        cast(source_record_id as {{ text }}) as other_source_record_id
    from {{ ref('never_match') }}

),

parted as (

    select
        pairs.source_name,
        pairs.source_record_id,
        history.key_type,
        history.key_value
    from pairs
    inner join {{ ref('contact_point_history') }} as history
        on
            pairs.other_source_name = history.source_name
            and pairs.other_source_record_id = history.source_record_id
    group by
        pairs.source_name,
        pairs.source_record_id,
        history.key_type,
        history.key_value

)

select
    record_profiles.profile_id,
    erased.key_type,
    erased.key_value,
    erased.is_standing
from erased
inner join record_profiles
    on
        erased.source_name = record_profiles.source_name
        and erased.source_record_id = record_profiles.source_record_id
left join parted
    on
        erased.source_name = parted.source_name
        and erased.source_record_id = parted.source_record_id
        and erased.key_type = parted.key_type
        and erased.key_value = parted.key_value
where parted.key_value is null
group by
    record_profiles.profile_id,
    erased.key_type,
    erased.key_value,
    erased.is_standing
