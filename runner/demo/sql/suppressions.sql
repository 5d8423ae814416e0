-- The mail tool's suppression list, in its own words.
with listed as (

    select
        person,
        'email' as kind,
        case when draw(person, 'suppressed address') < 0.15 then upper(email) else email end
            as contact,
        case
            when draw(person, 'suppression') < 0.018 then 'hard bounce'
            when draw(person, 'suppression') < 0.024 then 'spam complaint'
            when draw(person, 'suppression') < 0.029 then 'manual'
            else 'erasure request'
        end as reason,
        iso_utc(moment(since, until(), person, 'suppressed at')) as since
    from persons
    where (in_crm or in_shop) and draw(person, 'suppression') < 0.0305

),

phones as (

    select
        person,
        'phone' as kind,
        spelled_abroad(calling_code, national_number, draw(person, 'suppressed spelling'))
            as contact,
        'manual' as reason,
        case
            when draw(person, 'suppressed undated') > 0.3
                then iso_utc(moment(since, until(), person, 'phone suppressed at'))
            else ''
        end as since
    from persons
    where draw(person, 'phone suppression') < 0.004

)

select kind, contact, reason, since
from (
    select * from cast_suppressions
    union all by name
    select * exclude (person) from listed
    union all by name
    select * exclude (person) from phones
)
order by since, kind, contact
