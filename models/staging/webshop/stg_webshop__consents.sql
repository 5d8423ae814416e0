-- The ledger of the shop. The two rows of a double opt-in share their consent_id and
-- the time of the request, so that an old link cannot lift a later withdrawal.
with source as (

    select * from {{ source('webshop', 'consents') }}

),

renamed as (

    select
        'webshop' as source_name,
        {{ dbt_consent.clean_text('consent_id') }} as consent_id,

        -- who, for what
        {{ dbt_consent.ascii_lower(dbt_consent.clean_text('contact_kind')) }}
            as key_type,
        {{ dbt_consent.clean_contact_point(
            dbt_consent.ascii_lower(dbt_consent.clean_text('contact_kind')), 'contact'
        ) }} as key_value,
        {{ dbt_consent.map_purpose('webshop', 'topic') }} as purpose,
        {{ dbt_consent.map_status('webshop', 'state') }} as status,

        -- times
        {{ dbt_consent.to_utc('requested_at') }} as recorded_at,
        {{ dbt_consent.to_utc('confirmed_at') }} as confirmed_at,
        {{ dbt_consent.to_utc('expires_at') }} as expires_at,

        -- proof
        {{ dbt_consent.evidence({
            'form': 'form', 'policy_version': 'policy_version', 'topic': 'topic',
            'state': 'state',
        }) }} as evidence,

        -- as it was said
        contact as raw_key_value,
        {{ dbt_consent.raw_text('topic') }} as raw_purpose,
        {{ dbt_consent.raw_text('state') }} as raw_status,
        {{ dbt_consent.raw_text('requested_at') }} as raw_recorded_at,
        {{ dbt_consent.raw_text('confirmed_at') }} as raw_confirmed_at,
        {{ dbt_consent.raw_text('expires_at') }} as raw_expires_at

    from source

)

select * from renamed
