-- Every key of every record, one row each, and whether it identifies nobody.
{{ config(materialized='view') }}
{% set text = dbt.type_string() %}

with named_keys as (

    {% for key in dbt_consent.setting('alternate_keys') %}
    select
        record_id,
        cast('{{ key }}' as {{ text }}) as key_type,
        {{ key }} as key_value,
        {{ key }} as raw_key_value
    from {{ ref('int_identity__records') }}
    where {{ key }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    record_id,
    key_type,
    key_value,
    raw_key_value,
    {{ dbt_consent.is_junk_key('key_type', 'key_value') }} as is_junk
from named_keys
