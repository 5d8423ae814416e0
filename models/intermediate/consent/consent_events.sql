-- State: what every source has ever said about consent, as it was said: each distinct
-- version of each event, with the time when it was seen first and each stretch in which
-- it was there. What it means today is worked out anew in every run and stands in
-- int_consent__interpreted; purpose, status and key_value are those of the first load.
{{ config(
    materialized='incremental',
    unique_key=['version_id', 'present_from'],
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
    pre_hook=[
        "{{ dbt_consent.follow_renamed_models(
            this, 'consent_model', dbt_consent.hashes_of_consents()
        ) }}",
        "{{ dbt_consent.adopt_migrated_events(this, ref('int_consent__observed')) }}",
    ],
) }}
-- depends_on: {{ ref('int_consent__guard') }}
{% set now = dbt_consent.observed_at() %}
{% set timestamp = dbt.type_timestamp() %}
{% set said = [
    'source_name', 'consent_id', 'key_type', 'key_value', 'purpose', 'status',
    'recorded_at', 'confirmed_at', 'expires_at', 'evidence', 'raw_purpose', 'raw_status',
    'raw_key_value', 'raw_recorded_at', 'raw_confirmed_at', 'raw_expires_at', 'event_id',
    'version_id', 'consent_model',
] %}

with observed as (

    select
        {% for column in said %}
        observed.{{ column }},
        {% endfor %}
        observed.source_kind
    from {{ ref('int_consent__observed') }} as observed
    left join {{ ref('int_consent__erased_contact_points') }} as erased
        on
            observed.key_type = erased.key_type
            and observed.key_value = erased.key_value
    where
        observed.copy_number = 1
        and observed.consent_id is not null
        and observed.raw_purpose is not null
        and erased.key_value is null

),

{% if is_incremental() %}
stored as (

    select * from {{ this }}

),

versions as (

    select
        version_id,
        min(first_seen_at) as first_seen_at,
        max(case when last_seen_at is null then 1 else 0 end) as is_open
    from stored
    group by version_id

),

arrived as (

    select
        {% for column in said %}
        observed.{{ column }},
        {% endfor %}
        coalesce(versions.first_seen_at, {{ now }}) as first_seen_at,
        {{ now }} as present_from,
        cast(null as {{ timestamp }}) as last_shown_at,
        cast(null as {{ timestamp }}) as last_seen_at
    from observed
    left join versions on observed.version_id = versions.version_id
    where coalesce(versions.is_open, 0) = 0

),

events as (

    select event_id
    from observed
    group by event_id

),

ledgers as (

    {% for entry in dbt_consent.consent_models() if entry.kind == 'ledger' %}
    select '{{ entry.model }}' as consent_model
    union all
    {% endfor %}
    select cast(null as {{ dbt.type_string() }}) as consent_model where 1 = 0

),

-- A table of what holds now has lost the row, or its model is no longer read; a row of a
-- ledger is over only when its event came without it.
departed as (

    select
        {% for column in said %}
        stored.{{ column }},
        {% endfor %}
        stored.first_seen_at,
        stored.present_from,
        {{ dbt_consent.last_load_at(this) }} as last_shown_at,
        {{ now }} as last_seen_at
    from stored
    left join observed on stored.version_id = observed.version_id
    left join events on stored.event_id = events.event_id
    left join ledgers on stored.consent_model = ledgers.consent_model
    where
        stored.last_seen_at is null
        and observed.version_id is null
        and (ledgers.consent_model is null or events.event_id is not null)

),

changes as (

    select * from arrived
    union all
    select * from departed

)
{% else %}
changes as (

    select
        {% for column in said %}
        {{ column }},
        {% endfor %}
        {{ now }} as first_seen_at,
        {{ now }} as present_from,
        cast(null as {{ timestamp }}) as last_shown_at,
        cast(null as {{ timestamp }}) as last_seen_at
    from observed

)
{% endif %}

select * from changes
{% if dbt_consent.is_as_of_run() %}where 1 = 0{% endif %}
