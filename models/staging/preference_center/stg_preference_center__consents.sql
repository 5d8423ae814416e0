with source as (

    select
        {{ adapter.quote('Consent id') }} as consent_id,
        {{ adapter.quote('E-mail') }} as e_mail,
        {{ adapter.quote('Option') }} as option,
        {{ adapter.quote('Value') }} as value,
        {{ adapter.quote('Changed at') }} as changed_at,
        {{ adapter.quote('Expires at') }} as expires_at,
        {{ adapter.quote('Form') }} as form
    from {{ source('preference_center', 'consents') }}

),

renamed as (

    select
        'preference_center' as source_name,
        -- rows of an old import have no id: what they say is their id
        coalesce(
            {{ dbt_consent.clean_text('consent_id') }},
            {{ dbt_consent.content_hash([
                'e_mail', 'option', 'value', 'changed_at', 'expires_at', 'form',
            ]) }}
        ) as consent_id,

        -- who, for what
        'email' as key_type,
        {{ dbt_consent.clean_email('e_mail') }} as key_value,
        {{ dbt_consent.map_purpose('preference_center', 'option') }} as purpose,
        {{ dbt_consent.map_status('preference_center', 'value') }} as status,

        -- times
        {{ dbt_consent.to_utc('changed_at', time_zone='Europe/Amsterdam') }}
            as recorded_at,
        cast(null as {{ dbt.type_timestamp() }}) as confirmed_at,
        -- an end that cannot be read has come
        {{ dbt_consent.to_utc(
            'expires_at',
            time_zone='Europe/Amsterdam',
            invalid=dbt_consent.timestamp_literal('1970-01-01 00:00:00'),
        ) }} as expires_at,

        -- proof
        {{ dbt_consent.evidence({
            'form': 'form', 'option': 'option', 'value': 'value',
        }) }} as evidence,
        e_mail as raw_key_value

    from source

)

select * from renamed
