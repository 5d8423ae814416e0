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

labelled as (

    select
        *,
        {{ dbt_consent.map_purpose('preference_center', 'option') }} as purpose,
        {{ dbt_consent.map_status('preference_center', 'value') }} as status
    from source

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
        purpose,
        status,

        -- times
        {{ dbt_consent.to_utc(
            'changed_at', time_zone='Europe/Amsterdam', of_pair='status'
        ) }} as recorded_at,
        cast(null as {{ dbt.type_timestamp() }}) as confirmed_at,
        {{ dbt_consent.to_utc('expires_at', time_zone='Europe/Amsterdam') }}
            as expires_at,

        -- proof
        {{ dbt_consent.evidence({
            'form': 'form', 'option': 'option', 'value': 'value',
        }) }} as evidence,

        -- as it was said
        e_mail as raw_key_value,
        {{ dbt_consent.raw_text('option') }} as raw_purpose,
        {{ dbt_consent.raw_text('value') }} as raw_status,
        {{ dbt_consent.raw_text('changed_at') }} as raw_recorded_at,
        cast(null as {{ dbt.type_string() }}) as raw_confirmed_at,
        {{ dbt_consent.raw_text('expires_at') }} as raw_expires_at

    from labelled

)

select * from renamed
