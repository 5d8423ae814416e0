-- State: a salted hash of every contact point whose person said no to the storage of the
-- data, so that the no outlives the row that said it. `consent erase` adds to it too.
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
        max(case
            when recorded_at is null and confirmed_at is null then first_seen_at
            else least(coalesce(recorded_at, confirmed_at), {{ dbt_consent.observed_at() }})
        end) as denied_at
    from {{ ref('consent_events') }}
    where
        purpose = 'storage'
        and status = 'denied'
    group by key_type, key_value

),

hashed as (

    select
        {{ dbt_consent.contact_point_hash('key_type', 'key_value') }} as contact_point_hash,
        denied_at
    from denials

)

select
    hashed.contact_point_hash,
    hashed.denied_at,
    {% if is_incremental() %}
    coalesce(stored.first_seen_at, {{ dbt_consent.observed_at() }}) as first_seen_at
    {% else %}
    {{ dbt_consent.observed_at() }} as first_seen_at
    {% endif %}
from hashed
{% if is_incremental() %}
left join {{ this }} as stored
    on hashed.contact_point_hash = stored.contact_point_hash
where
    (stored.contact_point_hash is null or hashed.denied_at > stored.denied_at)
    and {{ 'false' if dbt_consent.is_as_of_run() else 'true' }}
{% endif %}
