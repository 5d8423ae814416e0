select
    'helpdesk' as source_name,
    cast(nr as {{ dbt.type_string() }}) as consent_id,
    'email' as key_type,
    {{ dbt_consent.clean_email('address') }} as key_value,
    {{ dbt_consent.map_purpose('helpdesk', 'topic') }} as purpose,
    {{ dbt_consent.map_status('helpdesk', 'answer') }} as status,
    cast(answered as timestamp) as recorded_at,
    cast(null as timestamp) as confirmed_at,
    cast(null as timestamp) as expires_at,
    cast(null as {{ dbt.type_string() }}) as evidence,
    topic as raw_purpose,
    answer as raw_status
from {{ ref('helpdesk_opt_ins') }}
