{# Fails for each segment and profile with more than one stay that has not ended. #}
{% test has_one_open_stay(model) %}

select
    segment_name,
    profile_id,
    count(*) as open_stays
from {{ model }}
where left_at is null
group by segment_name, profile_id
having count(*) > 1

{% endtest %}
