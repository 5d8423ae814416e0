-- Profiles with two values of a column of which a person has only one
-- (vars.unique_keys): those that are only reported, and those that always_match holds
-- together in spite of it.
select
    record_profiles.profile_id,
    unique_values.column_name,
    min(unique_values.value) as value,
    max(unique_values.value) as other_value,
    min(unique_values.record_id) as record_id,
    cast(count(*) as bigint) as record_count
from {{ ref('int_identity__unique_values') }} as unique_values
inner join {{ ref('int_identity__record_profiles') }} as record_profiles
    on unique_values.record_id = record_profiles.record_id
group by record_profiles.profile_id, unique_values.column_name
having min(unique_values.value) <> max(unique_values.value)
