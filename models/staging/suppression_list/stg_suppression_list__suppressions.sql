with source as (

    select * from {{ source('suppression_list', 'suppressions') }}

),

renamed as (

    select
        -- the contact point
        {{ dbt_consent.ascii_lower(dbt_consent.clean_text('kind')) }} as key_type,
        {{ dbt_consent.clean_contact_point(
            dbt_consent.ascii_lower(dbt_consent.clean_text('kind')), 'contact'
        ) }} as key_value,
        {{ dbt_consent.raw_text('contact') }} as raw_key_value,

        -- why
        case {{ dbt_consent.ascii_lower(dbt_consent.clean_text('reason')) }}
            when 'hard bounce' then 'bounced'
            when 'spam complaint' then 'complained'
            when 'erasure request' then 'erased'
            else {{ dbt_consent.ascii_lower(dbt_consent.clean_text('reason')) }}
        end as reason,

        -- times
        {{ dbt_consent.to_utc('since') }} as suppressed_at

    from source

)

select * from renamed
