{#
    Fails for each record of profile_matches that is tied to no record of its own profile
    one step nearer to the first one, and for each profile that has not one first record.
#}
{% test match_leads_one_step_nearer(model) %}

select
    matches.profile_id,
    matches.source_record_id
from {{ model }} as matches
left join {{ model }} as nearer
    on
        matches.matched_to = {{ dbt_consent.record_key_text(
            'nearer.source_name', 'nearer.source_record_id'
        ) }}
        and matches.profile_id = nearer.profile_id
        and matches.steps = nearer.steps + 1
where
    matches.steps > 0
    and (nearer.profile_id is null or matches.matched_by is null)

union all

select
    profile_id,
    min(source_record_id) as source_record_id
from {{ model }}
group by profile_id
having sum(case when steps = 0 then 1 else 0 end) <> 1

{% endtest %}
