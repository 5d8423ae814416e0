{# Fails for each contact point that a parting of this run has permitted. #}
{% test parted_in_this_run(model) %}

select
    key_type,
    contact_point_hash
from {{ model }}
where parted_at = {{ dbt_consent.observed_at() }}
group by key_type, contact_point_hash

{% endtest %}
