-- What came in and could not be taken as it stood: the source, what was wrong, and the
-- raw value. A status that nobody mapped counts as denied until it is mapped; a contact
-- point that is none counts for nobody.

select
    source_name,
    consent_id,
    purpose,
    'key_value' as column_name,
    key_rejection as reason,
    raw_key_value as raw_value
from {{ ref('int_consent__observed') }}
where key_rejection is not null

union all

select
    source_name,
    consent_id,
    purpose,
    'status' as column_name,
    status_rejection as reason,
    raw_status as raw_value
from {{ ref('int_consent__observed') }}
where status_rejection is not null

union all

select
    model_name as source_name,
    cast(null as {{ dbt.type_string() }}) as consent_id,
    cast(null as {{ dbt.type_string() }}) as purpose,
    case when key_value is null then 'key_value' else 'reason' end as column_name,
    case
        when key_value is null then 'contact_point_not_valid'
        else 'reason_unknown'
    end as reason,
    case when key_value is null then key_type else reason end as raw_value
from {{ ref('int_consent__suppression_rows') }}
where
    (key_value is null and reason in ('bounced', 'manual'))
    or reason is null
    or reason not in ('bounced', 'manual', 'complained', 'erased')
