-- What members said at the counter, by card: one row per card and topic, as it is now.
with said as (

    select
        person,
        case
            when draw(person, 'loyalty card spelling') < 0.1
                then card_number[1:4] || ' ' || card_number[5:8] || ' ' || card_number[9:]
            else card_number
        end as card_number,
        pick(['SMS aanbiedingen', 'SMS aanbiedingen', 'SMS offers'], person, 'loyalty topic')
            as topic,
        case
            when draw(person, 'loyalty choice') < 0.62 then 'Ja'
            when draw(person, 'loyalty choice') < 0.66 then 'ja '
            when draw(person, 'loyalty choice') < 0.9 then 'Nee'
        end as choice,
        case
            when draw(person, 'loyalty undated') > 0.08
                then cast(moment(since, until(), person, 'loyalty said') as date)
        end as changed_on
    from persons
    where in_loyalty and draw(person, 'loyalty asked') < 0.8

),

statements as (

    select * replace ('Puntenoverzicht' as topic, 'Ja' as choice)
    from said
    where draw(person, 'points statement') < 0.3

)

select card_number, topic, choice, changed_on
from (
    select * from cast_loyalty_consents
    union all by name
    select * exclude (person) from said
    union all by name
    select * exclude (person) from statements
    union all by name
    -- a card that was never handed out
    select '2620999999999' as card_number, 'SMS offers' as topic, 'Nee' as choice,
        date '2025-05-05' as changed_on
)
order by replace(card_number, ' ', ''), topic
