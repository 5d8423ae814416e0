-- The rows of all suppression lists, in one shape.
{{ config(materialized='view') }}
{% for model in dbt_consent.setting('suppression_models') %}
{% set relation = ref(model) %}
{% do dbt_consent.require_columns(relation, dbt_consent.suppression_columns()) %}
select
    '{{ model }}' as model_name,
    key_type,
    key_value,
    reason,
    suppressed_at
from {{ relation }}
{% if not loop.last %}union all{% endif %}
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as model_name,
    cast(null as {{ dbt.type_string() }}) as key_type,
    cast(null as {{ dbt.type_string() }}) as key_value,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as {{ dbt.type_timestamp() }}) as suppressed_at
where false
{% endfor %}
