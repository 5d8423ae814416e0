with source as (

    select * from {{ source('loyalty', 'members') }}

),

renamed as (

    select
        -- identity
        'loyalty' as source_name,
        member_no as source_record_id,
        {{ dbt_consent.clean_phone('phone', country='home_country') }} as phone,
        {{ dbt_consent.clean_code('card_number') }} as loyalty_id,
        phone as raw_phone,
        card_number as raw_loyalty_id,

        -- attributes
        {{ dbt_consent.clean_text('first_name') }} as first_name,
        {{ dbt_consent.clean_text('last_name') }} as last_name,
        cast(birth_date as date) as birth_date,
        {{ dbt_consent.ascii_upper(dbt_consent.clean_text('gender')) }} as gender,
        {{ dbt_consent.ascii_upper(dbt_consent.clean_text('home_country')) }}
            as country,
        cast(points as bigint) as loyalty_points,

        -- times
        cast(joined_at as {{ dbt.type_timestamp() }}) as customer_since,
        cast(updated_at as {{ dbt.type_timestamp() }}) as updated_at

    from source

)

select * from renamed
