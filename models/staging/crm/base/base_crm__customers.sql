-- Every row of the CRM's customers. The export writes some customers twice: attributes
-- are those of the last change, consent is that of every row.
with source as (

    select * from {{ source('crm', 'customers') }}

),

renamed as (

    select
        -- identity
        customer_id as source_record_id,
        {{ dbt_consent.clean_email('email') }} as email,
        {{ dbt_consent.clean_phone('phone', country='country') }} as phone,
        {{ dbt_consent.clean_code('loyalty_card') }} as loyalty_id,
        email as raw_email,
        phone as raw_phone,
        loyalty_card as raw_loyalty_id,

        -- attributes
        {{ dbt_consent.clean_text('first_name') }} as first_name,
        {{ dbt_consent.clean_text('last_name') }} as last_name,
        {{ dbt_consent.clean_date('birth_date') }} as birth_date,
        {{ dbt_consent.ascii_upper(dbt_consent.clean_text('gender')) }} as gender,
        {{ dbt_consent.ascii_lower(dbt_consent.clean_text('language')) }} as language,
        {{ dbt_consent.clean_text('street') }} as street,
        {{ dbt_consent.clean_text('postal_code') }} as postal_code,
        {{ dbt_consent.clean_text('city') }} as city,
        {{ dbt_consent.ascii_upper(dbt_consent.clean_text('country')) }} as country,
        {{ dbt_consent.clean_boolean('is_employee') }} as is_employee,

        -- consent in columns
        newsletter_opt_in,
        {{ dbt_consent.to_utc('newsletter_opt_in_at') }} as newsletter_opt_in_at,
        {{ dbt_consent.raw_text('newsletter_opt_in_at') }} as raw_newsletter_opt_in_at,
        product_updates_opt_in,
        {{ dbt_consent.to_utc('product_updates_opt_in_at') }}
            as product_updates_opt_in_at,
        {{ dbt_consent.raw_text('product_updates_opt_in_at') }}
            as raw_product_updates_opt_in_at,
        do_not_contact,
        {{ dbt_consent.to_utc('do_not_contact_at') }} as do_not_contact_at,
        {{ dbt_consent.raw_text('do_not_contact_at') }} as raw_do_not_contact_at,

        -- times
        {{ dbt_consent.to_utc('created_at') }} as customer_since,
        {{ dbt_consent.to_utc('modified_at') }} as updated_at,

        -- settles which of two rows is the last where both have the same time
        {{ dbt_consent.content_hash([
            'email', 'phone', 'loyalty_card', 'first_name', 'last_name', 'birth_date',
            'gender', 'language', 'street', 'postal_code', 'city', 'country',
            'is_employee', 'created_at',
        ]) }} as row_hash

    from source

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_record_id
            order by updated_at desc nulls last, row_hash
        ) = 1 as is_last_change
    from renamed

)

select
    *,
    max(case when is_last_change then email end) over (
        partition by source_record_id
    ) as record_email,
    max(case when is_last_change then phone end) over (
        partition by source_record_id
    ) as record_phone,
    max(case when is_last_change then loyalty_id end) over (
        partition by source_record_id
    ) as record_loyalty_id
from ranked
