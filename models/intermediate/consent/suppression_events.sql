-- State: every suppression that a list has ever had, with each stretch in which it was
-- there. What ends with its row (bounced) and what does not is decided from it.
{{ config(
    materialized='incremental',
    unique_key=['version_id', 'present_from'],
    incremental_strategy='delete+insert',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
    pre_hook="{{ dbt_consent.follow_renamed_models(
        this, 'suppression_model', 'suppression_id', dbt_consent.hashes_of_suppressions()
    ) }}",
) }}
-- depends_on: {{ ref('int_consent__guard') }}
{% set said = [
    'suppression_id', 'version_id', 'suppression_model', 'key_type', 'key_value',
    'raw_key_value', 'reason', 'suppressed_at',
] %}

with observed as (

    select rows_now.*
    from {{ ref('int_consent__suppression_rows') }} as rows_now
    left join {{ ref('int_consent__erased_contact_points') }} as erased
        on
            rows_now.key_type = erased.key_type
            and rows_now.key_value = erased.key_value
    where
        rows_now.copy_number = 1
        and erased.key_value is null

),

{{ dbt_consent.stretches(this, said) }}
