-- Every contact point of every profile. Primary is, for each kind, the one most
-- recently seen: that of the record updated last. One in a record's own column comes
-- before those that contact point models add.
-- depends_on: {{ ref('int_identity__permitted_before') }}
with points as (

    select
        record_profiles.profile_id,
        keys.key_type,
        keys.key_value,
        max(case when keys.is_own then 1 else 0 end) as own_rank,
        max(records.updated_at) as last_seen_at
    from {{ ref('int_identity__record_keys') }} as keys
    inner join {{ ref('int_identity__record_profiles') }} as record_profiles
        on keys.record_id = record_profiles.record_id
    inner join {{ ref('int_identity__records') }} as records
        on keys.record_id = records.record_id
    group by
        record_profiles.profile_id,
        keys.key_type,
        keys.key_value

)

select
    profile_id,
    key_type,
    key_value,
    row_number() over (
        partition by profile_id, key_type
        order by
            own_rank desc,
            last_seen_at desc nulls last,
            {{ dbt_consent.by_code_point('key_value') }}
    ) = 1 as is_primary,
    last_seen_at
from points
