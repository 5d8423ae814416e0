-- This system knows no names and no countries: those columns are simply not here.
select
    'helpdesk' as source_name,
    ticket_user as source_record_id,
    {{ dbt_consent.clean_email('address') }} as email,
    nullif(trim(contract), '') as contract_number,
    cast(seen as timestamp) as updated_at
from {{ ref('helpdesk_people') }}
