-- What members said at the counter, as it is now. The programme knows them by card; the
-- contact points are those of the members who carry it.
with source as (

    select * from {{ source('loyalty', 'consents') }}

),

renamed as (

    select
        'loyalty' as source_name,
        -- one row per card and topic: that is its key
        {{ dbt_consent.clean_code('card_number') }}
        || ':' || {{ dbt_consent.ascii_lower(dbt_consent.clean_text('topic')) }}
            as consent_id,
        {{ dbt_consent.clean_code('card_number') }} as card_number,
        {{ dbt_consent.map_purpose('loyalty', 'topic') }} as purpose,
        {{ dbt_consent.map_status('loyalty', 'choice') }} as status,
        -- a date in the file, a text where a server has loaded it
        {{ dbt_consent.to_utc('cast(changed_on as ' ~ dbt.type_string() ~ ')') }}
            as recorded_at,
        cast(null as {{ dbt.type_timestamp() }}) as confirmed_at,
        cast(null as {{ dbt.type_timestamp() }}) as expires_at,
        {{ dbt_consent.evidence({
            'method': "'counter'", 'topic': 'topic', 'choice': 'choice',
        }) }} as evidence,

        -- as it was said
        {{ dbt_consent.raw_text('topic') }} as raw_purpose,
        {{ dbt_consent.raw_text('choice') }} as raw_status,
        cast(changed_on as {{ dbt.type_string() }}) as raw_recorded_at,
        cast(null as {{ dbt.type_string() }}) as raw_confirmed_at,
        cast(null as {{ dbt.type_string() }}) as raw_expires_at
    from source

),

expanded as (

    {{ dbt_consent.expand_consents(
        relation='renamed',
        number='card_number',
        customers=[ref('stg_loyalty__members')],
        customer_number='loyalty_id',
        key_types=['phone'],
        number_key_type='loyalty_id',
    ) }}

)

select * from expanded
