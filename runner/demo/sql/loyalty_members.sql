-- The loyalty programme: a card and a phone, no e-mail. Some cards were handed out at the
-- counter with the phone of the store, which therefore ties nobody.
with cards as (

    select
        *,
        moment(since, until(), person, 'loyalty joined') as joined
    from persons
    where in_loyalty

),

exported as (

    select
        'L' || lpad(cast(person as varchar), 7, '0') as member_no,
        card_number,
        case
            when draw(person, 'counter') < 0.1
                then '+3120' || (7000000 + person // 2500)
            when draw(person, 'counter') < 0.13 then null
            when draw(person, 'counter') < 0.14 then '0612345678'
            else spelled(
                country, calling_code, trunk, national_number, draw(person, 'loyalty spelling')
            )
        end as phone,
        first_name,
        last_name,
        case when gender = 'X' then null else gender end as gender,
        case when draw(person, 'loyalty birth date') < 0.9 then birth_date end as birth_date,
        country as home_country,
        cast(floor(power(draw(person, 'points'), 3) * 5000) as bigint) as points,
        joined as joined_at,
        moment(joined, until(), person, 'loyalty updated') as updated_at
    from cards

)

select
    member_no, card_number, phone, first_name, last_name, gender, birth_date, home_country,
    cast(points as bigint) as points, joined_at, updated_at
from (
    select * from cast_loyalty_members
    union all by name
    select * from exported
)
order by member_no
