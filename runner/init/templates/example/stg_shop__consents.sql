-- What the customers answered, as rows: an empty answer says nothing.
with customers as (

    select * from {{ ref('stg_shop__customers') }}

),

unpivoted as (

    {{ dbt_consent.unpivot_consents(
        relation='customers',
        source_name='shop',
        record_id='source_record_id',
        keys={'email': 'email'},
        raw_keys={'email': 'raw_email'},
        consents=[{
            'column': 'newsletter',
            'purpose': '$purpose',
            'granted': ['yes'],
            'denied': ['no'],
            'recorded_at': 'newsletter_at',
            'raw_recorded_at': 'raw_newsletter_at',
        }],
    ) }}

)

select * from unpivoted
