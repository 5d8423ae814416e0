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
            this, 'consent_model', 'event_id', dbt_consent.hashes_of_consents()
        ) }}",
        "{{ dbt_consent.adopt_migrated_events(this, ref('int_consent__observed')) }}",
    ],
) }}
-- depends_on: {{ ref('int_consent__guard') }}
{% set ledgers = dbt_consent.consent_models()
    | selectattr('kind', 'equalto', 'ledger')
    | map(attribute='model') | list %}
{% set said = [
    'source_name', 'consent_id', 'key_type', 'key_value', 'purpose', 'status',
    'recorded_at', 'confirmed_at', 'expires_at', 'evidence', 'raw_purpose', 'raw_status',
    'raw_key_value', 'raw_recorded_at', 'raw_confirmed_at', 'raw_expires_at', 'event_id',
    'version_id', 'consent_model',
] %}

with observed as (

    select observed.*
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

{# A table of what holds now has lost the row, or its model is no longer read; a row of
a ledger is over only when its event came without it. #}
{{ dbt_consent.stretches(
    this,
    said,
    departing={'last_shown_at': dbt_consent.last_load_at(this)},
    joins='left join (select event_id from observed group by event_id) as events
        on stored.event_id = events.event_id',
    is_over='stored.consent_model not in (' ~ dbt_consent.text_list(ledgers or ['']) ~ ')'
        ~ ' or events.event_id is not null',
) }}
