-- The CRM: typed by staff, so blanks, stray spaces, an employee's desk phone, a second
-- record for the same person, and consent in columns with dates.
with records as (

    select *, person as number, false as is_second
    from persons
    where in_crm
    union all by name
    select *, person + 5000000 as number, true as is_second
    from persons
    where in_crm and draw(person, 'second crm record') < 0.03

),

typed as (

    select
        *,
        moment(since, until(), number, 'crm modified') as modified,
        case
            when draw(number, 'crm email') < 0.10 then ''
            when draw(number, 'crm email') < 0.107 then 'noreply@example.com'
            when draw(number, 'crm email') < 0.112 then 'unknown'
            when draw(number, 'crm email') < 0.116 then mailbox_typo(email)
            when draw(number, 'crm email') < 0.16 then ' ' || email || ' '
            when draw(number, 'crm email') < 0.20 then upper(email[1:1]) || email[2:]
            when is_second and draw(number, 'crm email') < 0.6 then other_email
            else email
        end as email_typed,
        case
            when draw(number, 'crm phone') < 0.16 then ''
            when draw(number, 'crm phone') < 0.168 then '0000000000'
            when draw(number, 'crm phone') < 0.174 then '06-12345678'
            when draw(number, 'crm phone') < 0.179 then '06-1234567'
            when draw(number, 'crm phone') < 0.183 then 'geen'
            else spelled(
                country, calling_code, trunk, national_number,
                draw(number, 'crm spelling')
            )
        end as phone_typed
    from records

),

asked as (

    select
        *,
        case
            when draw(number, 'crm newsletter') < 0.44 then 'yes'
            when draw(number, 'crm newsletter') < 0.56 then 'no'
            else ''
        end as newsletter_opt_in,
        moment(since, modified, number, 'crm newsletter date') as newsletter_at,
        case
            when draw(number, 'crm product updates') < 0.35 then 'true'
            when draw(number, 'crm product updates') < 0.9 then 'false'
            else ''
        end as product_updates_opt_in,
        moment(since, modified, number, 'crm product updates date') as product_updates_at,
        draw(number, 'crm do not contact') < 0.012 as refuses_contact
    from typed

),

exported as (

    select
        'C' || lpad(cast(number as varchar), 7, '0') as customer_id,
        case when is_second then first_name[1:1] || '.' else first_name end as first_name,
        case
            when draw(number, 'crm name') < 0.02 then upper(last_name)
            else last_name
        end as last_name,
        case when draw(number, 'crm gender') < 0.85 then gender else '' end as gender,
        case
            when draw(number, 'crm birth date') < 0.6 then cast(birth_date as varchar)
            else ''
        end as birth_date,
        email_typed as email,
        phone_typed as phone,
        case
            when in_loyalty and draw(number, 'crm card') < 0.2 then card_number
            when in_loyalty and draw(number, 'crm card') < 0.3
                then card_number[1:4] || ' ' || card_number[5:8] || ' ' || card_number[9:]
            else ''
        end as loyalty_card,
        language,
        street,
        postal_code,
        city,
        case
            when draw(number, 'crm country') < 0.04 then lower(country)
            else country
        end as country,
        case when is_employee then 'true' else 'false' end as is_employee,
        newsletter_opt_in,
        case
            when newsletter_opt_in <> '' and draw(number, 'crm undated') > 0.04
                then iso_date(newsletter_at)
            else ''
        end as newsletter_opt_in_at,
        product_updates_opt_in,
        case
            when product_updates_opt_in = 'true' and draw(number, 'crm undated') > 0.04
                then iso_date(product_updates_at)
            else ''
        end as product_updates_opt_in_at,
        case when refuses_contact then 'true' else 'false' end as do_not_contact,
        case when refuses_contact then iso_date(modified) else '' end as do_not_contact_at,
        iso_date(since) as created_at,
        iso_date(modified) as modified_at
    from asked

)

select * from cast_crm_customers
union all by name
select * from exported
-- the export tool writes some rows twice
union all by name
select * from exported
where draw(customer_id, 'crm written twice') < 0.004
order by customer_id
