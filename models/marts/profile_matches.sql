-- Why each source record belongs to its profile: the record that it is tied to, and by
-- what. Going from record to matched record ends at the first record of the profile.
{% set conditions = dbt_consent.key_conditions() %}

select
    records.source_name,
    records.source_record_id,
    records.profile_id,
    case
        when paths.tie_type = 'always_match' then paths.tie_type
        {% for key, attributes in conditions.items() %}
        when paths.tie_type = '{{ key }}'
            then
                '{{ key }} ' || {{ dbt_consent.mask('keys.key_value') }}
                || ', with {{ attributes | join(', ') }}'
        {% endfor %}
        else paths.tie_type || ' ' || {{ dbt_consent.mask('keys.key_value') }}
    end as matched_by,
    {{ dbt_consent.record_key_text(
        'matched.source_name', 'matched.source_record_id'
    ) }} as matched_to,
    case
        when paths.record_id is not null then paths.steps
        when records.record_id = records.first_record_id then cast(0 as bigint)
    end as steps
from (
    select
        *,
        min(record_id) over (partition by profile_id) as first_record_id
    from {{ ref('int_identity__record_profiles') }}
) as records
left join {{ ref('int_consent__withheld_profiles') }} as withheld
    on records.profile_id = withheld.profile_id
left join {{ ref('int_identity__paths') }} as paths
    on records.record_id = paths.record_id
left join {{ ref('int_identity__record_profiles') }} as matched
    on paths.matched_record_id = matched.record_id
left join {{ ref('int_identity__record_keys') }} as keys
    on
        paths.record_id = keys.record_id
        and paths.tie_type = keys.key_type
        and paths.tie_id = keys.tie_id
        and keys.record_count > 1
where withheld.profile_id is null
