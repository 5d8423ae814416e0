-- Every member of every segment. Each segment is evaluated here, once per refresh;
-- history, exports, explain and the report read this table.
{{ dbt_consent.require_listed_segments() }}

{% for segment in dbt_consent.setting('segments') %}
select
    {{ dbt_consent.text_literal(segment) }} as segment_name,
    profile_id,
    key_type,
    key_value,
    {{ dbt_consent.as_of() }} as as_of
from {{ ref(segment) }}
{% if not loop.last %}union all{% endif %}
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as segment_name,
    cast(null as {{ dbt.type_string() }}) as profile_id,
    cast(null as {{ dbt.type_string() }}) as key_type,
    cast(null as {{ dbt.type_string() }}) as key_value,
    {{ dbt_consent.as_of() }} as as_of
where false
{% endfor %}
