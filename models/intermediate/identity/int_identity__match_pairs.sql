-- The pairs of records that people have decided on, as far as both records exist, each
-- once with the smaller record first.
{{ config(post_hook="{{ dbt_consent.stop_on_contradicting_pairs(this) }}") }}
{% set text = dbt.type_string() %}

with pairs as (

    {% for seed, kind in [('always_match', 'always'), ('never_match', 'never')] %}
    select
        '{{ kind }}' as kind,
        cast(source_name as {{ text }}) as source_name,
        cast(source_record_id as {{ text }}) as source_record_id,
        cast(other_source_name as {{ text }}) as other_source_name,
        cast(other_source_record_id as {{ text }}) as other_source_record_id
    from {{ ref(seed) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    pairs.kind,
    least(records.record_id, other_records.record_id) as record_id,
    greatest(records.record_id, other_records.record_id) as other_record_id
from pairs
inner join {{ ref('int_identity__records') }} as records
    on
        pairs.source_name = records.source_name
        and pairs.source_record_id = records.source_record_id
inner join {{ ref('int_identity__records') }} as other_records
    on
        pairs.other_source_name = other_records.source_name
        and pairs.other_source_record_id = other_records.source_record_id
group by
    pairs.kind,
    least(records.record_id, other_records.record_id),
    greatest(records.record_id, other_records.record_id)
