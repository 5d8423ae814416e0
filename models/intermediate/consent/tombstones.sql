-- State: a salted hash of every contact point whose person said no to the storage of
-- the data, so that the no outlives the row that said it. `consent erase` adds to it,
-- and sets erased_at when the plain values are gone.
{{ config(
    materialized='incremental',
    unique_key='contact_point_hash',
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

with denials as (

    select
        key_type,
        key_value,
        max(coalesce(recorded_at, confirmed_at)) as dated_at,
        max(case when coalesce(recorded_at, confirmed_at) is null then 1 else 0 end) = 1
            as is_undated
    from {{ ref('int_consent__observed') }}
    where
        purpose = 'storage'
        and status = 'denied'
        and key_rejection is null
    group by key_type, key_value

),

hashed as (

    select
        {{ dbt_consent.contact_point_hash('key_type', 'key_value') }}
            as contact_point_hash,
        least(dated_at, {{ dbt_consent.observed_at() }}) as dated_at,
        is_undated
    from denials

)

{% if is_incremental() %}
select
    hashed.contact_point_hash,
    case
        when hashed.is_undated and stored.contact_point_hash is null
            then {{ dbt_consent.observed_at() }}
        else hashed.dated_at
    end as denied_at,
    coalesce(stored.first_seen_at, {{ dbt_consent.observed_at() }}) as first_seen_at,
    stored.erased_at
from hashed
left join {{ this }} as stored
    on hashed.contact_point_hash = stored.contact_point_hash
where
    (stored.contact_point_hash is null or hashed.dated_at > stored.denied_at)
    and {{ 'false' if dbt_consent.is_as_of_run() else 'true' }}
{% else %}
select
    contact_point_hash,
    case
        when is_undated then {{ dbt_consent.observed_at() }}
        else dated_at
    end as denied_at,
    {{ dbt_consent.observed_at() }} as first_seen_at,
    cast(null as {{ dbt.type_timestamp() }}) as erased_at
from hashed
{% endif %}
