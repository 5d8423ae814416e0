with source as (

    select * from {{ $relation }}

),

renamed as (

    select
        -- identity
        'shop' as source_name,
        cast(id as {{ dbt.type_string() }}) as source_record_id,
        {{ dbt_consent.clean_email('email') }} as email,
        {{ dbt_consent.clean_phone('phone', country='country') }} as phone,

        -- attributes
        {{ dbt_consent.clean_text('first_name') }} as first_name,
        {{ dbt_consent.clean_text('last_name') }} as last_name,
        {{ dbt_consent.ascii_upper(dbt_consent.clean_text('country')) }} as country,

        -- consent in columns, for stg_shop__consents
        email as raw_email,
        newsletter,
        newsletter_at as raw_newsletter_at,
        {{ dbt_consent.to_utc('newsletter_at') }} as newsletter_at,

        -- times
        {{ dbt_consent.to_utc('updated_at') }} as updated_at

    from source

)

select * from renamed
