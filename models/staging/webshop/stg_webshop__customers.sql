with source as (

    select * from {{ source('webshop', 'customers') }}

),

-- a changed account is exported again as a new line: the last one counts
ranked as (

    select
        *,
        row_number() over (
            partition by id
            order by
                {{ dbt_consent.to_utc('changed_at') }} desc nulls last,
                {{ dbt_consent.content_hash([
                    'mail_address', 'mobile', 'given_name', 'family_name', 'locale',
                    'ship_street', 'ship_postcode', 'ship_city', 'ship_country',
                    'total_spent', 'registered_at',
                ]) }}
        ) as version_rank
    from source

),

renamed as (

    select
        -- identity
        'webshop' as source_name,
        id as source_record_id,
        {{ dbt_consent.clean_email('mail_address') }} as email,
        {{ dbt_consent.clean_phone('mobile', country='ship_country') }} as phone,
        mail_address as raw_email,
        mobile as raw_phone,

        -- attributes
        {{ dbt_consent.clean_text('given_name') }} as first_name,
        {{ dbt_consent.clean_text('family_name') }} as last_name,
        {{ dbt_consent.ascii_lower('substring(locale from 1 for 2)') }} as language,
        {{ dbt_consent.clean_text('ship_street') }} as street,
        {{ dbt_consent.clean_text('ship_postcode') }} as postal_code,
        {{ dbt_consent.clean_text('ship_city') }} as city,
        {{ dbt_consent.ascii_upper(dbt_consent.clean_text('ship_country')) }}
            as country,
        cast(total_spent as numeric(18, 2)) as lifetime_value,

        -- times
        {{ dbt_consent.to_utc('registered_at') }} as customer_since,
        {{ dbt_consent.to_utc('changed_at') }} as updated_at

    from ranked
    where version_rank = 1

)

select * from renamed
