with source as (

    select * from {{ source('mailing', 'email_events') }}

),

renamed as (

    select
        event_id,

        -- the contact point
        {{ dbt_consent.clean_email('email') }} as email,

        -- what happened
        {{ dbt_consent.ascii_lower(dbt_consent.clean_text('event')) }} as event,
        {{ dbt_consent.clean_text('campaign') }} as campaign,
        {{ dbt_consent.clean_text('mail_kind') }} as mail_kind,

        -- times
        cast(occurred_at as {{ dbt.type_timestamp() }}) as occurred_at

    from source

)

select * from renamed
