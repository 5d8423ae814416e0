-- Consent that stands in columns of the customer, as rows: from every row that a
-- customer has. A `no` under newsletter is an answer; a box that is not ticked is none.
with customers as (

    select * from {{ ref('base_crm__customers') }}

),

unpivoted as (

    {{ dbt_consent.unpivot_consents(
        relation='customers',
        source_name='crm',
        record_id='source_record_id',
        keys={'email': 'email', 'phone': 'phone', 'loyalty_id': 'loyalty_id'},
        raw_keys={
            'email': 'raw_email',
            'phone': 'raw_phone',
            'loyalty_id': 'raw_loyalty_id',
        },
        record_keys={
            'email': 'record_email',
            'phone': 'record_phone',
            'loyalty_id': 'record_loyalty_id',
        },
        consents=[
            {
                'column': 'newsletter_opt_in',
                'purpose': 'newsletter',
                'keys': ['email'],
                'granted': ['yes'],
                'denied': ['no'],
                'recorded_at': 'newsletter_opt_in_at',
                'raw_recorded_at': 'raw_newsletter_opt_in_at',
            },
            {
                'column': 'product_updates_opt_in',
                'purpose': 'product_updates',
                'keys': ['email'],
                'granted': ['true'],
                'nothing': ['false'],
                'recorded_at': 'product_updates_opt_in_at',
                'raw_recorded_at': 'raw_product_updates_opt_in_at',
            },
            {
                'column': 'do_not_contact',
                'purpose': 'use',
                'keys': ['email', 'phone'],
                'denied': ['true'],
                'nothing': ['false'],
                'recorded_at': 'do_not_contact_at',
                'raw_recorded_at': 'raw_do_not_contact_at',
            },
        ],
    ) }}

)

select * from unpivoted
