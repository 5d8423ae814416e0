-- State: each request not to be kept, from its first moment on: the contact points,
-- profiles and records that it reaches. The `consent` command writes it; dbt only makes
-- the table. Plain values are kept until nothing else holds them, so that a request
-- that was interrupted can be finished, whichever of them it is repeated with.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail',
    tags=['state'],
) }}

select
    cast(null as {{ dbt.type_string() }}) as erasure_id,
    cast(null as {{ dbt.type_string() }}) as item,
    cast(null as {{ dbt.type_string() }}) as key_type,
    cast(null as {{ dbt.type_string() }}) as key_value,
    cast(null as {{ dbt.type_timestamp() }}) as requested_at,
    cast(null as {{ dbt.type_timestamp() }}) as completed_at
where false
