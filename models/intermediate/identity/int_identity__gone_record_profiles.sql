-- The profiles that a record which is gone still belongs to: each that has a record of
-- its last profile, whatever became of the id since, and each that has a contact point
-- which the record had last and which ties people.
{% set known_at = dbt_consent.known_at() %}

with gone as (

    select
        history.source_name,
        history.source_record_id,
        history.key_type,
        history.key_value,
        history.last_seen_at,
        max(coalesce(history.last_seen_at, {{ known_at }})) over (
            partition by history.source_name, history.source_record_id
        ) as gone_at
    from {{ ref('contact_point_history') }} as history
    left join {{ ref('int_identity__records') }} as records
        on
            history.source_name = records.source_name
            and history.source_record_id = records.source_record_id
    where
        records.record_id is null
        and history.first_seen_at <= {{ known_at }}

),

gone_records as (

    select
        source_name,
        source_record_id,
        max(gone_at) as gone_at
    from gone
    group by source_name, source_record_id

),

living as (

    select profile_id
    from {{ ref('int_identity__record_profiles') }}
    group by profile_id

),

-- the profile itself as long as it lives, and what it was merged with or split to since
-- the record is gone: who parted from it before is no record of its last profile
by_profile as (

    select
        gone_records.source_name,
        gone_records.source_record_id,
        living.profile_id
    from gone_records
    inner join {{ ref('profile_ids') }} as profile_ids
        on
            gone_records.source_name = profile_ids.source_name
            and gone_records.source_record_id = profile_ids.source_record_id
    inner join living on profile_ids.profile_id = living.profile_id

    union

    select
        gone_records.source_name,
        gone_records.source_record_id,
        living.profile_id
    from gone_records
    inner join {{ ref('profile_ids') }} as profile_ids
        on
            gone_records.source_name = profile_ids.source_name
            and gone_records.source_record_id = profile_ids.source_record_id
    inner join {{ ref('profile_id_changes') }} as changes
        on
            profile_ids.profile_id = changes.old_profile_id
            and gone_records.gone_at <= changes.changed_at
    inner join {{ ref('int_identity__successors') }} as successors
        on changes.new_profile_id = successors.profile_id
    inner join living on successors.successor_id = living.profile_id

),

by_contact_point as (

    select
        gone.source_name,
        gone.source_record_id,
        record_profiles.profile_id
    from gone
    inner join {{ ref('int_identity__record_keys') }} as keys
        on
            gone.key_type = keys.key_type
            and gone.key_value = keys.key_value
            and keys.is_tying
    inner join {{ ref('int_identity__record_profiles') }} as record_profiles
        on keys.record_id = record_profiles.record_id
    where coalesce(gone.last_seen_at, {{ known_at }}) = gone.gone_at

)

select
    source_name,
    source_record_id,
    profile_id
from by_profile

union

select
    source_name,
    source_record_id,
    profile_id
from by_contact_point
