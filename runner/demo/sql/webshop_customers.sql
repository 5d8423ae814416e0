-- The web shop: people type their own address, in any case, and a national phone number.
-- A changed account is appended to the export as a new line.
with accounts as (

    select *, draw(id, 'shop country') < 0.97 as says_country
    from (
        select *, 500000 + person as id, false as is_second
        from persons
        where in_shop
        union all by name
        select *, 9000000 + person as id, true as is_second
        from persons
        where in_shop and draw(person, 'second shop account') < 0.03
    )

),

typed as (

    select
        *,
        moment(since, until(), id, 'shop registered') as registered,
        case
            when draw(id, 'shop email') < 0.004 then mailbox_typo(email)
            when draw(id, 'shop email') < 0.008 then 'test@example.com'
            when is_second or draw(id, 'shop email') < 0.14 then other_email
            else email
        end as address,
        case
            when draw(id, 'shop phone') < 0.30 then null
            when draw(id, 'shop phone') < 0.305 then '12345'
            when draw(id, 'shop phone') < 0.31 then '0000000000'
            -- nobody can read a national number without its country
            when not says_country and country <> 'NL'
                then spelled_abroad(
                    calling_code, national_number, draw(id, 'shop spelling')
                )
            else spelled(
                country, calling_code, trunk, national_number,
                0.34 + 0.66 * draw(id, 'shop spelling')
            )
        end as mobile
    from accounts

),

exported as (

    select
        id,
        case
            when draw(id, 'shop case') < 0.08 then upper(address)
            when draw(id, 'shop case') < 0.30 then upper(address[1:1]) || address[2:]
            else address
        end as mail_address,
        mobile,
        first_name as given_name,
        last_name as family_name,
        street as ship_street,
        postal_code as ship_postcode,
        city as ship_city,
        case when says_country then country end as ship_country,
        language || '_' || country as locale,
        registered,
        moment(registered, until(), id, 'shop changed') as changed
    from typed

),

versions as (

    select * from exported
    union all by name
    -- the line before the account was changed: no phone yet, another house
    select * replace (
        null as mobile,
        'Hoofdstraat ' || (1 + id % 90) as ship_street,
        registered as changed
    )
    from exported
    where draw(id, 'shop changed before') < 0.05

),

spent as (

    select
        customer_id,
        sum(case when is_returned then 0 else total end) as total_spent
    from webshop_orders_all
    group by customer_id

),

listed as (

    select
        * exclude (registered, changed),
        iso_utc(registered) as registered_at,
        iso_utc(changed) as changed_at
    from versions
    union all by name
    select * from cast_webshop_customers

)

select
    listed.id,
    listed.mail_address,
    listed.mobile,
    listed.given_name,
    listed.family_name,
    listed.ship_street,
    listed.ship_postcode,
    listed.ship_city,
    listed.ship_country,
    listed.locale,
    coalesce(spent.total_spent, 0) as total_spent,
    listed.registered_at,
    listed.changed_at
from listed
left join spent on listed.id = spent.customer_id
order by listed.id, listed.changed_at, listed.mobile nulls first
