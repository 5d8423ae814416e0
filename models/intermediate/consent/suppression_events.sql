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
        this, 'suppression_model', dbt_consent.hashes_of_suppressions()
    ) }}",
) }}
-- depends_on: {{ ref('int_consent__guard') }}
{% set now = dbt_consent.observed_at() %}
{% set timestamp = dbt.type_timestamp() %}
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

)

{% if is_incremental() %}
,

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
        cast(null as {{ timestamp }}) as last_seen_at
    from observed
    left join versions on observed.version_id = versions.version_id
    where coalesce(versions.is_open, 0) = 0

),

departed as (

    select
        {% for column in said %}
        stored.{{ column }},
        {% endfor %}
        stored.first_seen_at,
        stored.present_from,
        {{ now }} as last_seen_at
    from stored
    left join observed on stored.version_id = observed.version_id
    where
        stored.last_seen_at is null
        and observed.version_id is null

),

changes as (

    select * from arrived
    union all
    select * from departed

)

select * from changes
{% else %}
select
    {% for column in said %}
    {{ column }},
    {% endfor %}
    {{ now }} as first_seen_at,
    {{ now }} as present_from,
    cast(null as {{ timestamp }}) as last_seen_at
from observed
{% endif %}
{% if dbt_consent.is_as_of_run() %}where 1 = 0{% endif %}
