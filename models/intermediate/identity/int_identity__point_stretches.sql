-- The contact points that the records of each profile have or had, as known at known_at
-- with today's identities: those of records that are gone belong to the profiles that
-- they left behind. `left_at` is the first load that missed the contact point; null
-- where the record has it.
{% set known_at = dbt_consent.known_at() %}

with record_profiles as (

    select
        source_name,
        source_record_id,
        profile_id,
        true as is_present
    from {{ ref('int_identity__record_profiles') }}

    union all

    select
        source_name,
        source_record_id,
        profile_id,
        false as is_present
    from {{ ref('int_identity__gone_record_profiles') }}

)

select
    record_profiles.profile_id,
    record_profiles.source_name,
    record_profiles.source_record_id,
    record_profiles.is_present as is_record_present,
    history.key_type,
    history.key_value,
    history.country,
    history.first_seen_at,
    case when history.last_seen_at <= {{ known_at }} then history.last_seen_at end
        as left_at
from {{ ref('contact_point_history') }} as history
inner join record_profiles
    on
        history.source_name = record_profiles.source_name
        and history.source_record_id = record_profiles.source_record_id
where
    history.first_seen_at <= {{ known_at }}
    and history.key_type in (
        {{ dbt_consent.text_list(dbt_consent.alternate_keys()) }}
    )
    and not {{ dbt_consent.is_junk_key(
        'history.key_type', 'history.key_value', 'history.raw_key_value'
    ) }}
