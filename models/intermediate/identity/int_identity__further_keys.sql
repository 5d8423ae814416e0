-- The contact points that a record has beside those in its own columns
-- (vars.contact_point_models), each once. Those of a record that no customer model has
-- are here without a record.
{{ config(post_hook="{{ dbt_consent.stop_on_unknown_key_types(this) }}") }}
-- depends_on: {{ ref('int_sources__guard') }}
{% set text = dbt.type_string() %}

with further_keys as (

    {% for model in dbt_consent.setting('contact_point_models') %}
    {% set relation = ref(model) %}
    {% set present = dbt_consent.contact_point_columns(relation) %}
    select
        cast('{{ model }}' as {{ text }}) as model_name,
        cast(source_name as {{ text }}) as source_name,
        cast(source_record_id as {{ text }}) as source_record_id,
        cast(key_type as {{ text }}) as key_type,
        cast(key_value as {{ text }}) as key_value,
        cast(
            {{ 'raw_key_value' if 'raw_key_value' in present else 'null' }} as {{ text }}
        ) as raw_key_value
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        cast(null as {{ text }}) as model_name,
        cast(null as {{ text }}) as source_name,
        cast(null as {{ text }}) as source_record_id,
        cast(null as {{ text }}) as key_type,
        cast(null as {{ text }}) as key_value,
        cast(null as {{ text }}) as raw_key_value
    where 1 = 0
    {% endfor %}

)

select
    records.record_id,
    further_keys.source_name,
    further_keys.source_record_id,
    further_keys.key_type,
    further_keys.key_value,
    min(further_keys.model_name) as model_name,
    min(further_keys.raw_key_value) as raw_key_value
from further_keys
left join {{ ref('int_identity__records') }} as records
    on
        further_keys.source_name = records.source_name
        and further_keys.source_record_id = records.source_record_id
where
    further_keys.key_value is not null
    or {{ dbt_consent.clean_text('further_keys.raw_key_value') }} is not null
group by
    records.record_id,
    further_keys.source_name,
    further_keys.source_record_id,
    further_keys.key_type,
    further_keys.key_value,
    case when further_keys.key_value is null then further_keys.raw_key_value end
