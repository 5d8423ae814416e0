-- State: which records were withheld for which erasure, so that one that parts from the
-- erased person later, without ever having had the contact point, stays withheld.
{{ config(
    materialized='incremental',
    unique_key=['source_name', 'source_record_id', 'contact_point_hash'],
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

with erased as (

    select
        points.profile_id,
        points.key_type,
        points.key_value
    from {{ ref('int_identity__contact_points') }} as points

    union

    select
        profile_id,
        key_type,
        key_value
    from {{ ref('int_consent__former_denials') }}
    where
        purpose = 'storage'
        and is_erasure

    union

    select
        profile_id,
        key_type,
        key_value
    from {{ ref('int_consent__erasure_marks') }}

),

withheld as (

    select
        records.source_name,
        records.source_record_id,
        erasures.contact_point_hash
    from erased
    inner join {{ ref('int_consent__erasures') }} as erasures
        on
            erased.key_type = erasures.key_type
            and erased.key_value = erasures.key_value
            and erasures.is_standing
    inner join {{ ref('int_identity__record_profiles') }} as records
        on erased.profile_id = records.profile_id
    group by
        records.source_name,
        records.source_record_id,
        erasures.contact_point_hash

)

select
    withheld.source_name,
    withheld.source_record_id,
    withheld.contact_point_hash,
    {{ dbt_consent.observed_at() }} as first_seen_at
from withheld
{% if is_incremental() %}
left join {{ this }} as stored
    on
        withheld.source_name = stored.source_name
        and withheld.source_record_id = stored.source_record_id
        and withheld.contact_point_hash = stored.contact_point_hash
where
    stored.contact_point_hash is null
    and {{ 'false' if dbt_consent.is_as_of_run() else 'true' }}
{% elif dbt_consent.is_as_of_run() %}
where 1 = 0
{% endif %}
