-- State: a salted hash of every contact point whose person said no to the storage of
-- the data, with the time of that no. Those that the evidence makes follow it, and are
-- gone with it when it is taken back; those of `consent erase` stand by themselves.
{{ config(
    materialized='incremental',
    unique_key='contact_point_hash',
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
    post_hook="{{ dbt_consent.drop_unfounded_tombstones(this) }}",
) }}

with denials as (

    select
        key_type,
        key_value,
        max(event_at) as denied_at
    from (
        select
            key_type,
            key_value,
            purpose,
            event_at
        from {{ ref('int_consent__timed_events') }}
        where status = 'denied'

        union all

        select
            key_type,
            key_value,
            purpose,
            event_at
        from {{ ref('int_consent__suppression_denials') }}
    ) as said
    where purpose = 'storage'
    group by key_type, key_value

),

hashed as (

    select
        {{ dbt_consent.contact_point_hash('key_type', 'key_value') }}
            as contact_point_hash,
        denied_at
    from denials

)

select
    hashed.contact_point_hash,
    hashed.denied_at,
    {% if is_incremental() %}
    coalesce(stored.first_seen_at, {{ dbt_consent.observed_at() }}) as first_seen_at,
    stored.erased_at,
    case
        when stored.contact_point_hash is null then 'evidence'
        else stored.made_by
    end as made_by
    {% else %}
    {{ dbt_consent.observed_at() }} as first_seen_at,
    cast(null as {{ dbt.type_timestamp() }}) as erased_at,
    cast('evidence' as {{ dbt.type_string() }}) as made_by
    {% endif %}
from hashed
{% if is_incremental() %}
left join {{ this }} as stored
    on hashed.contact_point_hash = stored.contact_point_hash
where
    (
        stored.contact_point_hash is null
        or (stored.made_by = 'evidence' and hashed.denied_at <> stored.denied_at)
        or hashed.denied_at > stored.denied_at
    )
    and {{ 'false' if dbt_consent.is_as_of_run() else 'true' }}
{% elif dbt_consent.is_as_of_run() %}
where 1 = 0
{% endif %}
