select
    'erp' as source_name,
    contact_no as source_record_id,
    {{ dbt_consent.clean_email('mail') }} as email,
    nullif(trim(contract), '') as contract_number,
    display_name as full_name,
    upper(land) as country,
    cast(changed as timestamp) as updated_at
from {{ ref('erp_contacts') }}
