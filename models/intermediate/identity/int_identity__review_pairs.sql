-- The pairs of records in which a doubtful merge would show: each record with the one
-- that it is tied to, and of each profile the first records with each of its names and
-- of its birth dates, paired with the very first. Pairs that people have decided on are
-- not among them.
{% set text = dbt.type_string() %}
{% set birth_date = dbt_consent.birth_date_attribute() %}
{% set aspects = [dbt_consent.name_attributes(), [birth_date] if birth_date else []] %}

with pairs as (

    select
        least(record_id, matched_record_id) as record_id,
        greatest(record_id, matched_record_id) as other_record_id,
        tie_type,
        tie_id
    from {{ ref('int_identity__paths') }}
    where matched_record_id is not null

    {% for attributes in aspects if attributes %}
    union all

    select
        first_record_id as record_id,
        record_id as other_record_id,
        cast(null as {{ text }}) as tie_type,
        cast(null as bigint) as tie_id
    from (
        select
            min(records.record_id) as record_id,
            min(min(records.record_id)) over (
                partition by record_profiles.profile_id
            ) as first_record_id
        from {{ ref('int_identity__records') }} as records
        inner join {{ ref('int_identity__record_profiles') }} as record_profiles
            on records.record_id = record_profiles.record_id
        where records.{{ attributes | join(' is not null or records.') }} is not null
        group by
            record_profiles.profile_id,
            records.{{ attributes | join(', records.') }}
    ) as first_records
    where record_id <> first_record_id

    {% endfor %}
)

select
    pairs.record_id,
    pairs.other_record_id,
    max(pairs.tie_type) as tie_type,
    max(pairs.tie_id) as tie_id
from pairs
left join {{ ref('int_identity__match_pairs') }} as decided
    on
        pairs.record_id = decided.record_id
        and pairs.other_record_id = decided.other_record_id
where decided.record_id is null
group by pairs.record_id, pairs.other_record_id
