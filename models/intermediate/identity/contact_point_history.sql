-- State: which contact points each source record has had, and from which load to which.
-- A person who changes an address is the same person: what was said on the old one is
-- not forgotten.
{{ config(
    materialized='incremental',
    unique_key=[
        'source_name', 'source_record_id', 'key_type', 'key_value', 'first_seen_at',
    ],
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}
-- depends_on: {{ ref('int_consent__guard') }}
{% set now = dbt_consent.observed_at() %}
{% set text = dbt.type_string() %}
{% set timestamp = dbt.type_timestamp() %}
{% set knows_country = 'country' in dbt_consent.setting('profile_attributes') %}

with observed as (

    select
        records.source_name,
        records.source_record_id,
        keys.key_type,
        keys.key_value,
        {{ dbt_consent.min_by_code_point('keys.raw_key_value') }} as raw_key_value,
        {{ dbt_consent.min_by_code_point('records.country') if knows_country
            else 'cast(null as ' ~ text ~ ')' }} as country
    from {{ ref('int_identity__named_keys') }} as keys
    inner join {{ ref('int_identity__records') }} as records
        on keys.record_id = records.record_id
    left join {{ ref('int_consent__erased_contact_points') }} as erased
        on
            keys.key_type = erased.key_type
            and keys.key_value = erased.key_value
    where
        keys.key_value is not null
        and erased.key_value is null
    group by
        records.source_name,
        records.source_record_id,
        keys.key_type,
        keys.key_value

)

{% if is_incremental() %}
,

stored as (

    select * from {{ this }}
    where last_seen_at is null

),

-- new ones, and those whose record now has another country or spelling
arrived as (

    select
        observed.source_name,
        observed.source_record_id,
        observed.key_type,
        observed.key_value,
        observed.raw_key_value,
        observed.country,
        coalesce(stored.first_seen_at, {{ now }}) as first_seen_at,
        cast(null as {{ timestamp }}) as last_seen_at
    from observed
    left join stored
        on
            observed.source_name = stored.source_name
            and observed.source_record_id = stored.source_record_id
            and observed.key_type = stored.key_type
            and observed.key_value = stored.key_value
    where
        stored.key_value is null
        or coalesce(observed.country, '') <> coalesce(stored.country, '')
        or coalesce(observed.raw_key_value, '') <> coalesce(stored.raw_key_value, '')

),

departed as (

    select
        stored.source_name,
        stored.source_record_id,
        stored.key_type,
        stored.key_value,
        stored.raw_key_value,
        stored.country,
        stored.first_seen_at,
        {{ now }} as last_seen_at
    from stored
    left join observed
        on
            stored.source_name = observed.source_name
            and stored.source_record_id = observed.source_record_id
            and stored.key_type = observed.key_type
            and stored.key_value = observed.key_value
    where observed.key_value is null

),

changes as (

    select * from arrived
    union all
    select * from departed

)

select * from changes
{% else %}
select
    source_name,
    source_record_id,
    key_type,
    key_value,
    raw_key_value,
    country,
    {{ now }} as first_seen_at,
    cast(null as {{ timestamp }}) as last_seen_at
from observed
{% endif %}
{% if dbt_consent.is_as_of_run() %}where 1 = 0{% endif %}
