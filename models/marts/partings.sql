-- State: the contact points that a parting of records has permitted: a no that spread
-- between the records of one profile ends when a key ties them no more. Up to
-- accepted_partings of them are settled at once; from there on they wait, and full
-- deliveries with them, for a run that accepts more.
{{ config(
    materialized='incremental',
    unique_key=[
        'old_profile_id', 'profile_id', 'key_type', 'contact_point_hash', 'purpose', 'parted_at',
    ],
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}
{% set now = dbt_consent.observed_at() %}
{% set timestamp = dbt.type_timestamp() %}

with permitted as (

    select
        profile_id,
        key_type,
        key_value,
        purpose
    from {{ ref('contact_point_permissions') }}
    where is_permitted

),

arrived as (

    select
        parted.old_profile_id,
        permitted.profile_id,
        permitted.key_type,
        {{ dbt_consent.contact_point_hash(
            'permitted.key_type', 'permitted.key_value'
        ) }} as contact_point_hash,
        permitted.purpose,
        {{ now }} as parted_at,
        true as is_permitted
    from permitted
    inner join (
        select
            old_profile_id,
            profile_id
        from {{ ref('int_identity__parted') }}
        group by old_profile_id, profile_id
    ) as parted
        on permitted.profile_id = parted.profile_id
    left join {{ ref('int_identity__permitted_before') }} as permitted_before
        on
            parted.old_profile_id = permitted_before.profile_id
            and permitted.key_type = permitted_before.key_type
            and permitted.key_value = permitted_before.key_value
            and permitted.purpose = permitted_before.purpose
    where permitted_before.profile_id is null

),

{% if is_incremental() %}
permitted_of_waiting as (

    select
        permitted.profile_id,
        permitted.key_type,
        {{ dbt_consent.contact_point_hash(
            'permitted.key_type', 'permitted.key_value'
        ) }} as contact_point_hash,
        permitted.purpose
    from permitted
    inner join (
        select profile_id
        from {{ this }}
        where settled_at is null
        group by profile_id
    ) as known
        on permitted.profile_id = known.profile_id

),

waiting as (

    select
        known.old_profile_id,
        known.profile_id,
        known.key_type,
        known.contact_point_hash,
        known.purpose,
        known.parted_at,
        permitted.profile_id is not null as is_permitted
    from {{ this }} as known
    left join permitted_of_waiting as permitted
        on
            known.profile_id = permitted.profile_id
            and known.key_type = permitted.key_type
            and known.contact_point_hash = permitted.contact_point_hash
            and known.purpose = permitted.purpose
    where known.settled_at is null

),

{% endif %}
open_partings as (

    select * from arrived
    {% if is_incremental() %}
    union all
    select * from waiting
    {% endif %}

),

counted as (

    select cast(count(*) as bigint) as open_count
    from (
        select
            key_type,
            contact_point_hash
        from open_partings
        where is_permitted
        group by key_type, contact_point_hash
    ) as contact_points

)

select
    open_partings.old_profile_id,
    open_partings.profile_id,
    open_partings.key_type,
    open_partings.contact_point_hash,
    open_partings.purpose,
    open_partings.parted_at,
    case
        when
            not open_partings.is_permitted
            or counted.open_count < {{ dbt_consent.setting('accepted_partings') }}
            then {{ now }}
        else cast(null as {{ timestamp }})
    end as settled_at
from open_partings
cross join counted
{% if dbt_consent.is_as_of_run() %}where 1 = 0{% endif %}
