-- Who complained has said no to every use of the data, who was erased to its storage:
-- these suppressions are denials, and are lifted as denials are.
{{ config(materialized='view') }}
select
    key_type,
    key_value,
    case effect when 'complained' then 'use' else 'storage' end as purpose,
    event_at,
    suppression_model as source_name,
    'suppression-' || effect || '-' || key_type || '-'
    || {{ dbt_consent.md5_hex('key_value') }} as consent_id,
    suppression_id as event_id,
    suppressed_at as recorded_at,
    first_seen_at
from {{ ref('int_consent__suppression_statements') }}
where effect in ('complained', 'erased')
