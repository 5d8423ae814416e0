-- Every key of every record, one row each: the one in its own column and those of
-- contact point models, each with the value as it came, whether it identifies nobody,
-- and what else two records with this key must agree on.
{{ config(materialized='view') }}
{% set text = dbt.type_string() %}
{% set conditions = dbt_consent.key_conditions() %}

with own_keys as (

    {% for key in dbt_consent.alternate_keys() %}
    select
        record_id,
        cast('{{ key }}' as {{ text }}) as key_type,
        {{ key }} as key_value,
        raw_{{ key }} as raw_key_value,
        true as is_own,
        customer_model as model_name,
        {{ dbt_consent.key_agreement(conditions.get(key, [])) }} as agreement
    from {{ ref('int_identity__records') }}
    where
        {{ key }} is not null
        or {{ dbt_consent.clean_text('raw_' ~ key) }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

{% if dbt_consent.setting('contact_point_models') %}
further_keys as (

    select
        further.record_id,
        further.key_type,
        further.key_value,
        further.raw_key_value,
        false as is_own,
        further.model_name,
        {% if conditions %}
        case further.key_type
            {% for key, attributes in conditions.items() %}
            when '{{ key }}'
                then {{ dbt_consent.key_agreement(attributes, 'records') }}
            {% endfor %}
            else ''
        end as agreement
        {% else %}
        '' as agreement
        {% endif %}
    from {{ ref('int_identity__further_keys') }} as further
    inner join {{ ref('int_identity__records') }} as records
        on further.record_id = records.record_id
    where
        further.key_value is null
        or further.key_value <> coalesce(case further.key_type
            {% for key in dbt_consent.alternate_keys() %}
            when '{{ key }}' then records.{{ key }}
            {% endfor %}
        end, '')

),

{% endif %}
named_keys as (

    select * from own_keys
    {% if dbt_consent.setting('contact_point_models') %}
    union all
    select * from further_keys
    {% endif %}

)

select
    record_id,
    key_type,
    key_value,
    raw_key_value,
    is_own,
    model_name,
    agreement,
    {{ dbt_consent.is_junk_key('key_type', 'key_value', 'raw_key_value') }} as is_junk
from named_keys
