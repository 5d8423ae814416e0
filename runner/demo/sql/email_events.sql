-- What happened to the mail: keyed by the address it was sent to, and by nothing else.
with readers as (

    select
        *,
        draw(person, 'reads') as interest
    from persons
    where (in_crm or in_shop) and draw(person, 'gets mail') < 0.72

),

sendings as (

    select
        *,
        unnest(range(1, 9)) as nth
    from readers

),

mails as (

    select
        *,
        person * 10 + nth as mail,
        case when draw(person, 'mail address') < 0.1 then other_email else email end as address,
        until() - to_days(nth * 28 - cast(floor(draw(nth, 'day of sending') * 9) as integer))
        + to_seconds(cast(floor(draw(person * 10 + nth, 'second') * 5400) as bigint))
            as sent,
        nth % 2 = 0 as is_newsletter
    from sendings

),

known as (

    select * from mails
    where sent > since

),

events as (

    select mail, address, 'delivered' as event, sent as occurred_at, nth, is_newsletter
    from known
    union all by name
    select
        mail, address, 'opened' as event, nth, is_newsletter,
        moment(sent, sent + interval 3 day, mail, 'opened at') as occurred_at
    from known
    where draw(mail, 'opens') < interest * 0.8
    union all by name
    select
        mail, address, 'clicked' as event, nth, is_newsletter,
        moment(sent, sent + interval 3 day, mail, 'opened at') + interval 40 second
            as occurred_at
    from known
    where draw(mail, 'opens') < interest * 0.8 and draw(mail, 'clicks') < 0.22

)

select
    'M' || mail || '-' || event[1:1] as event_id,
    case when draw(mail, 'event address') < 0.1 then upper(address[1:1]) || address[2:] else address end
        as email,
    event,
    case when is_newsletter then 'newsletter ' else 'product news ' end
    || strftime(until() - to_days(nth * 28), '%Y-%m') as campaign,
    case when is_newsletter then 'newsletter' else 'product_updates' end as mail_kind,
    occurred_at
from (
    select * from events
    union all by name
    select
        p * 10 + nth as mail, address, event, nth, nth % 2 = 0 as is_newsletter, occurred_at
    from (
        values
        (1, 'holly@contoso.com', 'opened', 1, timestamp '2026-10-26 09:00:00'),
        (2, 'frank@contoso.com', 'delivered', 2, timestamp '2026-09-29 09:00:00'),
        (2, 'frank@contoso.com', 'opened', 2, timestamp '2026-09-29 12:30:00'),
        (2, 'frank@contoso.com', 'clicked', 2, timestamp '2026-09-29 12:31:00')
    ) as listed (p, address, event, nth, occurred_at)
)
where occurred_at <= until()
order by occurred_at, event_id
