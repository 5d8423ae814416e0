-- Purpose × country: the enforcement that holds there instead of the purpose's own.
{% set ns = namespace(first=true) %}
{% for name, purpose in dbt_consent.purposes().items() %}
{% for country, enforcement in purpose.enforcement_by_country.items() %}
{% if not ns.first %}union all{% endif %}
{% set ns.first = false %}
select
    '{{ name }}' as purpose,
    '{{ country }}' as country,
    '{{ enforcement }}' as enforcement
{% endfor %}
{% endfor %}
{% if ns.first %}
select
    cast(null as {{ dbt.type_string() }}) as purpose,
    cast(null as {{ dbt.type_string() }}) as country,
    cast(null as {{ dbt.type_string() }}) as enforcement
where false
{% endif %}
