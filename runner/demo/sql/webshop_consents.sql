-- The web shop's ledger: every row that was ever written. A double opt-in is two rows of
-- one consent; objections and withdrawals are consents of their own.
with people as (

    select
        *,
        500000 + person as account,
        case when draw(500000 + person, 'shop email') between 0.008 and 0.14
            then other_email else email
        end as contact,
        moment(since, until(), person, 'partner offers asked') as asked,
        draw(person, 'confirms') as confirms
    from persons
    where in_shop

),

requests as (

    select
        'W-' || (1000000 + person) as consent_id,
        'email' as contact_kind,
        contact,
        'Partner offers' as topic,
        'requested' as state,
        asked as requested,
        cast(null as timestamp) as confirmed,
        case when draw(person, 'ends') < 0.1 then asked + interval 1 year end as expires,
        pick(['checkout', 'account page'], person, 'form') as form,
        person,
        confirms
    from people
    where draw(person, 'partner offers') < 0.42

),

confirmations as (

    select * replace (
        'opt-in' as state,
        case
            -- a clock that was wrong
            when draw(person, 'clock') < 0.01 then requested - interval 3 minute
            -- a link that was found again weeks later
            when draw(person, 'clock') < 0.04 then requested + interval 40 day
            else requested + to_seconds(cast(60 + 7200 * confirms as bigint))
        end as confirmed
    )
    from requests
    where confirms < 0.75

),

withdrawals as (

    select * replace (
        'W-' || (3000000 + person) as consent_id,
        'opt-out' as state,
        moment(requested, until(), person, 'withdrawn') as requested,
        cast(null as timestamp) as expires,
        'footer link' as form
    )
    from requests
    where draw(person, 'withdraws') < 0.16

),

profiling as (

    select
        'W-' || (5000000 + person) as consent_id,
        'email' as contact_kind,
        contact,
        'Profiling' as topic,
        case when draw(person, 'profiling choice') < 0.72 then 'opt-in' else 'objected' end
            as state,
        moment(since, until(), person, 'profiling asked') as requested,
        cast(null as timestamp) as confirmed,
        cast(null as timestamp) as expires,
        'account page' as form,
        person,
        confirms
    from people
    where draw(person, 'profiling') < 0.38

),

rights as (

    select
        'W-' || (7000000 + person) as consent_id,
        'email' as contact_kind,
        contact,
        case
            when draw(person, 'right') < 0.006 then 'Keep my data'
            when draw(person, 'right') < 0.018 then 'Use my data'
            else 'Sell my data'
        end as topic,
        'objected' as state,
        moment(since, until(), person, 'objected at') as requested,
        cast(null as timestamp) as confirmed,
        cast(null as timestamp) as expires,
        'privacy page' as form,
        person,
        confirms
    from people
    where draw(person, 'right') < 0.055

),

texts as (

    select
        'W-' || (9000000 + person) as consent_id,
        'phone' as contact_kind,
        spelled(country, calling_code, trunk, national_number, 0.2 * draw(person, 'sms spelling'))
            as contact,
        'SMS offers' as topic,
        case when draw(person, 'sms choice') < 0.7 then 'opt-in' else 'opt-out' end as state,
        moment(since, until(), person, 'sms asked') as requested,
        cast(null as timestamp) as confirmed,
        cast(null as timestamp) as expires,
        'checkout' as form,
        person,
        confirms
    from people
    where draw(person, 'sms') < 0.14

),

written as (

    select * from requests
    union all by name
    select * from confirmations
    union all by name
    select * from withdrawals
    union all by name
    select * from profiling
    union all by name
    select * from rights
    union all by name
    select * from texts

),

dirty as (

    select * replace (
        case
            when draw(consent_id, 'shop consent contact') < 0.004 then mailbox_typo(contact)
            when draw(consent_id, 'shop consent contact') < 0.25 and contact_kind = 'email'
                then upper(contact[1:1]) || contact[2:]
            else contact
        end as contact,
        case
            -- a server whose clock ran ahead
            when draw(consent_id, 'shop consent clock') < 0.003
                then timestamp '2099-12-31 23:59:59'
            else requested
        end as requested
    )
    from written

),

exported as (

    select
        consent_id,
        contact_kind,
        contact,
        topic,
        state,
        iso_utc(requested) as requested_at,
        iso_utc(confirmed) as confirmed_at,
        iso_utc(expires) as expires_at,
        form,
        case when requested < timestamp '2025-01-01' then '2023-02' else '2025-01' end
            as policy_version
    from dirty

)

select * from cast_webshop_consents
union all by name
select * from exported
-- written twice by a job that was started twice
union all by name
select * from exported
where draw(consent_id, 'shop consent written twice') < 0.008
order by consent_id, requested_at, confirmed_at nulls first
