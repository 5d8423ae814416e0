-- The records that the seeds of pairs name and no source has.
with named as (

    {% for seed in ['always_match', 'never_match'] %}
    {% for side in ['', 'other_'] %}
    select
        '{{ seed }}' as seed,
        cast({{ side }}source_name as {{ dbt.type_string() }}) as source_name,
        cast({{ side }}source_record_id as {{ dbt.type_string() }}) as source_record_id
    from {{ ref(seed) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    named.seed,
    named.source_name,
    named.source_record_id
from named
left join {{ ref('int_identity__records') }} as records
    on
        named.source_name = records.source_name
        and named.source_record_id = records.source_record_id
where records.record_id is null
group by named.seed, named.source_name, named.source_record_id
