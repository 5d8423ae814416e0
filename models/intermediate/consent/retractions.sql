-- State: mistakes in the evidence that were taken back, and why. The `consent` command
-- writes it; dbt only makes the table.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

select
    cast(null as {{ dbt.type_string() }}) as event_id,
    cast(null as {{ dbt.type_string() }}) as consent_model,
    cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
    cast(null as {{ dbt.type_string() }}) as suppression_id,
    cast(null as {{ dbt.type_boolean() }}) as denials_too,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as {{ dbt.type_timestamp() }}) as retracted_at,
    cast(null as {{ dbt.type_string() }}) as retracted_by,
    cast(null as {{ dbt.type_timestamp() }}) as undone_at
where 1 = 0
