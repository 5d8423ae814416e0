-- Purpose × ancestor × step: the way from each purpose up to each of its ancestors. The
-- steps are the purposes whose grant lifts a denial of the ancestor: the purpose itself
-- and all that lie between. Distance 1 is the parent.
{% set ns = namespace(first=true) %}
{% for name, purpose in dbt_consent.purposes().items() %}
{% set ancestors = purpose.ancestors %}
{% for ancestor in ancestors %}
{% set distance = loop.index %}
{% for step in ([name] + ancestors)[:distance] %}
{% if not ns.first %}union all{% endif %}
{% set ns.first = false %}
select
    '{{ name }}' as purpose,
    '{{ ancestor }}' as ancestor,
    {{ distance }} as distance,
    '{{ step }}' as step
{% endfor %}
{% endfor %}
{% endfor %}
{% if ns.first %}
select
    cast(null as {{ dbt.type_string() }}) as purpose,
    cast(null as {{ dbt.type_string() }}) as ancestor,
    cast(null as {{ dbt.type_int() }}) as distance,
    cast(null as {{ dbt.type_string() }}) as step
where false
{% endif %}
