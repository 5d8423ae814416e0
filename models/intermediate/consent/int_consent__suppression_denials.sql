-- Who complained has said no to every use of the data, who was erased to its storage:
-- these suppressions are denials, and are kept and lifted as denials are.
{{ config(materialized='view') }}
select
    model_name,
    'ledger' as source_kind,
    model_name as source_name,
    'suppression-' || reason || '-' || key_type || '-'
    || {{ dbt_consent.md5_hex('key_value') }} as consent_id,
    key_type,
    key_value,
    case reason when 'complained' then 'use' else 'storage' end as purpose,
    'denied' as status,
    suppressed_at as recorded_at,
    cast(null as {{ dbt.type_timestamp() }}) as confirmed_at,
    cast(null as {{ dbt.type_timestamp() }}) as expires_at,
    '{"suppression": "' || reason || '"}' as evidence
from {{ ref('int_consent__suppression_rows') }}
where reason in ('complained', 'erased')
