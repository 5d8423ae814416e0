-- What each record says about the columns of which a person has only one value
-- (vars.unique_keys), as text.
{% set text = dbt.type_string() %}
{% set keys = dbt_consent.alternate_keys() %}

{% for column, handling in dbt_consent.setting('unique_keys').items() %}
select
    record_id,
    cast('{{ column }}' as {{ text }}) as column_name,
    cast('{{ handling }}' as {{ text }}) as handling,
    {% if column in keys %}
    key_value as value
from {{ ref('int_identity__record_keys') }}
where
    key_type = '{{ column }}'
    and is_own
    {% else %}
    cast({{ column }} as {{ text }}) as value
from {{ ref('int_identity__records') }}
where {{ column }} is not null
    {% endif %}
{% if not loop.last %}union all{% endif %}
{% else %}
select
    cast(null as bigint) as record_id,
    cast(null as {{ text }}) as column_name,
    cast(null as {{ text }}) as handling,
    cast(null as {{ text }}) as value
where 1 = 0
{% endfor %}
-- depends_on: {{ ref('int_identity__records') }}
-- depends_on: {{ ref('int_identity__record_keys') }}
