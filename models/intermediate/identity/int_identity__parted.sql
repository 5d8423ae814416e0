-- The profiles that fell apart in this run although their parts still share a key: it
-- ties them no more, because too many records share it, it is on the list of shared
-- keys, or its condition is not met. What spread between the parts has ended.
{{ config(post_hook="{{ dbt_consent.warn_of_partings(this) }}") }}
{% set text = dbt.type_string() %}

with splits as (

    select
        old_profile_id,
        new_profile_id
    from {{ ref('profile_id_changes') }}
    where
        reason = 'split'
        and changed_at = {{ dbt_consent.observed_at() }}

),

parts as (

    select
        old_profile_id,
        new_profile_id as profile_id
    from splits

    union

    select
        old_profile_id,
        old_profile_id as profile_id
    from splits

),

part_keys as (

    select
        parts.old_profile_id,
        parts.profile_id,
        keys.key_type,
        keys.key_value,
        keys.tie_id,
        keys.is_tying,
        keys.record_count,
        keys.not_tying_reason
    from parts
    inner join {{ ref('int_identity__record_profiles') }} as record_profiles
        on parts.profile_id = record_profiles.profile_id
    inner join {{ ref('int_identity__record_keys') }} as keys
        on record_profiles.record_id = keys.record_id

)

select
    one.old_profile_id,
    one.profile_id,
    one.key_type,
    one.key_value,
    coalesce(min(one.not_tying_reason), cast('only_with' as {{ text }})) as reason,
    max(one.record_count) as record_count
from part_keys as one
inner join part_keys as other
    on
        one.old_profile_id = other.old_profile_id
        and one.key_type = other.key_type
        and one.key_value = other.key_value
        and one.profile_id <> other.profile_id
where
    not one.is_tying
    or not other.is_tying
    or one.tie_id <> other.tie_id
group by
    one.old_profile_id,
    one.profile_id,
    one.key_type,
    one.key_value
