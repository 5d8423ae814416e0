-- The preference centre: a ledger in two languages, with dates as the site's own clock
-- shows them. Everybody who answers may change their mind, and some do it twice.
with answers as (

    select
        *,
        unnest(
            range(1, 2 + cast(floor(draw(person, 'answers') * 3 * {answers}) as integer))
        ) as nth
    from persons
    where (in_crm or in_shop) and draw(person, 'preference centre') < 0.34

),

asked as (

    select
        *,
        case
            when draw(answer, 'option') < 0.45 then 1
            when draw(answer, 'option') < 0.75 then 2
            when draw(answer, 'option') < 0.88 then 3
            when draw(answer, 'option') < 0.96 then 4
            else 5
        end as topic,
        language = 'nl' as in_dutch,
        draw(answer, 'yes') < 0.68 as says_yes,
        moment(since, until(), answer, 'answered') as answered,
        case when draw(person, 'preference address') < 0.12 then other_email else email end
            as address
    from (select *, person * 10 * {answers} + nth as answer from answers)

),

changes as (

    select *, 0 as step from asked
    union all by name
    -- a change of mind
    select * replace (
        not says_yes as says_yes,
        moment(answered, until(), answer, 'changed') as answered
    ), 1 as step
    from asked
    where draw(answer, 'changes') < 0.24
    union all by name
    -- and back
    select * replace (
        moment(
            moment(answered, until(), answer, 'changed'), until(), answer, 'changed back'
        ) as answered
    ), 2 as step
    from asked
    where draw(answer, 'changes') < 0.07

),

exported as (

    select
        case
            when draw(answer * 3 + step, 'preference id') < 0.03 then ''
            else cast(10000 + answer * 3 + step as varchar)
        end as "Consent id",
        case
            when draw(answer, 'preference contact') < 0.004 then mailbox_typo(address)
            when draw(answer, 'preference contact') < 0.007 then 'noreply@example.com'
            when draw(answer, 'preference contact') < 0.1 then upper(address)
            else address
        end as "E-mail",
        case
            when in_dutch then ([
                'Nieuwsbrief', 'Productnieuws', 'Partneraanbiedingen', 'Verjaardagskaart',
                'Alle communicatie'
            ])[topic]
            else ([
                'Newsletter', 'Product updates', 'Partner offers', 'Birthday card',
                'All communication'
            ])[topic]
        end as "Option",
        case
            when draw(answer * 3 + step, 'empty value') < 0.02 then ''
            when says_yes and in_dutch
                then pick(['Ja', 'ja', 'Aangemeld'], answer * 3 + step, 'value')
            when says_yes then pick(['True', 'Yes', 'Subscribed'], answer * 3 + step, 'value')
            when in_dutch then pick(['Nee', 'nee', 'Afgemeld'], answer * 3 + step, 'value')
            else pick(['False', 'No', 'Unsubscribed'], answer * 3 + step, 'value')
        end as "Value",
        case
            when draw(answer * 3 + step, 'preference date') < 0.02 then ''
            when draw(answer * 3 + step, 'preference date') < 0.2 then iso_utc(answered)
            else iso_local(answered)
        end as "Changed at",
        case
            when says_yes and draw(answer, 'preference ends') < 0.04
                then iso_date(answered + interval 18 month)
            else ''
        end as "Expires at",
        case
            when step > 0 and not says_yes then if(in_dutch, 'afmeldlink', 'unsubscribe link')
            else if(in_dutch, 'voorkeuren', 'preferences')
        end as "Form",
        answer * 3 + step as row_number
    from changes

),

listed as (

    select *, rowid as row_number from cast_preference_center_consents
    union all by name
    select * replace (1000 + row_number as row_number) from exported
    -- some rows were imported twice
    union all by name
    select * replace (1000 + row_number as row_number) from exported
    where draw(row_number, 'preference written twice') < 0.01

)

select "Consent id", "E-mail", "Option", "Value", "Changed at", "Expires at", "Form"
from listed
order by row_number
