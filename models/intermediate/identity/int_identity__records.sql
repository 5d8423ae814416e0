-- Every customer record of every source in one shape: all alternate keys, all declared
-- attributes, keys as they came, typed nulls for what a source does not have. The order of record_id is
-- that of (source_name, source_record_id), so that "the smallest record" means the same
-- wherever ties are broken.
{{ config(post_hook="{{ dbt_consent.stop_on_unclear_records(this) }}") }}
-- depends_on: {{ ref('int_sources__guard') }}
{% set text = dbt.type_string() %}
{% set keys = dbt_consent.alternate_keys() %}
{% set attributes = dbt_consent.profile_attributes() %}

with records as (

    {% for model in dbt_consent.setting('customer_models') %}
    {% set relation = ref(model) %}
    {% set present = dbt_consent.customer_columns(relation) %}
    select
        cast(source_name as {{ text }}) as source_name,
        cast(source_record_id as {{ text }}) as source_record_id,
        {% for key in keys %}
        cast({{ key if key in present else 'null' }} as {{ text }}) as {{ key }},
        {% set raw = 'raw_' ~ key %}
        cast({{ raw if raw in present else 'null' }} as {{ text }}) as {{ raw }},
        {% endfor %}
        {% for name, attribute in attributes.items() %}
        cast({{ name if name in present else 'null' }} as {{ attribute.type }}) as {{ name }},
        {% endfor %}
        cast('{{ model }}' as {{ text }}) as customer_model,
        cast(updated_at as {{ dbt.type_timestamp() }}) as updated_at
    from {{ relation }}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        cast(null as {{ text }}) as source_name,
        cast(null as {{ text }}) as source_record_id,
        {% for key in keys %}
        cast(null as {{ text }}) as {{ key }},
        cast(null as {{ text }}) as raw_{{ key }},
        {% endfor %}
        {% for name, attribute in attributes.items() %}
        cast(null as {{ attribute.type }}) as {{ name }},
        {% endfor %}
        cast(null as {{ text }}) as customer_model,
        cast(null as {{ dbt.type_timestamp() }}) as updated_at
    where 1 = 0
    {% endfor %}

)

select
    cast(dense_rank() over (
        order by
            {{ dbt_consent.by_code_point('source_name') }},
            {{ dbt_consent.by_code_point('source_record_id') }}
    ) as bigint) as record_id,
    *
from records
