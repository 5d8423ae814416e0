with contacts as (

    select
        contact_no,
        mail,
        wants_invitations,
        {{ dbt_consent.clean_email('mail') }} as email,
        nullif(trim(contract), '') as contract_number
    from {{ ref('erp_contacts') }}

),

consents as (

    {{ dbt_consent.unpivot_consents(
        relation='contacts',
        source_name='erp',
        record_id='contact_no',
        keys={'email': 'email', 'contract_number': 'contract_number'},
        raw_keys={'email': 'mail'},
        consents=[{
            'column': 'wants_invitations',
            'purpose': 'invitations',
            'keys': ['email'],
            'granted': ['yes'],
            'denied': ['no'],
        }],
    ) }}

)

select * from consents
