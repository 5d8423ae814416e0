with source as (

    select * from {{ source('webshop', 'orders') }}

),

renamed as (

    select
        -- identity
        'webshop' as source_name,
        customer_id as source_record_id,
        order_id,

        -- what was bought
        cast(total as numeric(18, 2)) as total,
        {{ dbt_consent.ascii_upper(dbt_consent.clean_text('currency')) }} as currency,
        {{ dbt_consent.clean_text('category') }} as category,
        {{ dbt_consent.clean_text('channel') }} as channel,
        {{ dbt_consent.clean_boolean('is_returned') }} as is_returned,

        -- times
        {{ dbt_consent.to_utc('ordered_at') }} as occurred_at

    from source

)

select * from renamed
