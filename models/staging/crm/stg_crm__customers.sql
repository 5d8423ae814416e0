with changes as (

    select * from {{ ref('base_crm__customers') }}
    where is_last_change

),

renamed as (

    select
        -- identity
        'crm' as source_name,
        source_record_id,
        email,
        phone,
        loyalty_id,
        raw_email,
        raw_phone,
        raw_loyalty_id,

        -- attributes
        first_name,
        last_name,
        birth_date,
        gender,
        language,
        street,
        postal_code,
        city,
        country,
        is_employee,

        -- times
        customer_since,
        updated_at

    from changes

)

select * from renamed
