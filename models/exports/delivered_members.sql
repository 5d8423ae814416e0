-- State: every contact point that was ever delivered, per export and destination, and
-- whether it is still out there. Removals are computed against this table and never
-- against yesterday's segment, so that nobody who was delivered once is forgotten: not
-- when the person vanishes from the sources, not when profiles merge, not when a
-- segment is renamed. The `consent` command writes it; dbt only makes the table.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

select
    cast(null as {{ dbt.type_string() }}) as export_name,
    cast(null as {{ dbt.type_string() }}) as destination,
    cast(null as {{ dbt.type_string() }}) as key_type,
    cast(null as {{ dbt.type_string() }}) as key_value,
    cast(null as {{ dbt.type_string() }}) as profile_id,
    cast(null as {{ dbt.type_timestamp() }}) as delivered_at,
    cast(null as {{ dbt.type_timestamp() }}) as removed_at
where false
