{#
    Warns, where a customer model has a contact point or a whole row for its key, when in one
    load more than a tenth of its keys went and as many came: edited addresses make new
    persons, with no consent but what their own rows say.
#}
{% test keys_stay(model) %}

select
    came_count,
    gone_count,
    present_count
from (
    select
        count(case when first_seen_at = {{ dbt_consent.observed_at() }} then 1 end)
            as came_count,
        count(case when last_seen_at = {{ dbt_consent.observed_at() }} then 1 end)
            as gone_count,
        count(case when last_seen_at is null then 1 end) as present_count
    from {{ ref('profile_ids') }}
    where source_name in (select source_name from {{ model }})
) as counted
where came_count * 10 > present_count and gone_count * 10 > present_count

{% endtest %}
