-- State: every delivery, one row per kind. The `consent` command writes it, together
-- with delivered_members, in the transaction that ends a delivery; dbt only makes the
-- table.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

select
    cast(null as {{ dbt.type_string() }}) as delivery_id,
    cast(null as {{ dbt.type_string() }}) as export_name,
    cast(null as {{ dbt.type_string() }}) as destination,
    cast(null as {{ dbt.type_string() }}) as segment_name,
    cast(null as {{ dbt.type_string() }}) as kind,
    cast(null as {{ dbt.type_timestamp() }}) as delivered_at,
    cast(null as {{ dbt.type_timestamp() }}) as as_of,
    cast(null as {{ dbt.type_string() }}) as location,
    cast(null as {{ dbt.type_string() }}) as proof,
    cast(null as {{ dbt.type_bigint() }}) as row_count,
    cast(null as {{ dbt.type_string() }}) as sha256,
    cast(null as {{ dbt.type_string() }}) as status,
    cast(null as {{ dbt.type_string() }}) as certificate_sha256
where false
