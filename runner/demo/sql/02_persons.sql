-- The people behind the records: invented names from short lists, addresses in domains
-- that belong to nobody, phone numbers from the mobile ranges of their country.

create or replace temp table countries as
select *
from (
    values
    ('NL', 0.00, 0.60, '31', '0', 'nl', ['nl', 'nl', 'nl', 'nl', 'en']),
    ('BE', 0.60, 0.74, '32', '0', 'be', ['nl', 'nl', 'fr']),
    ('DE', 0.74, 0.84, '49', '0', 'de', ['de', 'de', 'de', 'en']),
    ('FR', 0.84, 0.89, '33', '0', 'fr', ['fr']),
    ('LU', 0.89, 0.91, '352', '', 'be', ['fr', 'de']),
    ('GB', 0.91, 0.95, '44', '0', 'en', ['en']),
    ('US', 0.95, 1.01, '1', '', 'en', ['en', 'en', 'en', 'es'])
) as listed (country, from_share, to_share, calling_code, trunk, names, languages);

create or replace temp table names as
select *
from (
    values
    (
        'nl',
        ['Sanne', 'Lotte', 'Anouk', 'Fleur', 'Maaike', 'Noor', 'Iris', 'Femke', 'Yara'],
        ['Daan', 'Sem', 'Thijs', 'Joris', 'Bram', 'Ruben', 'Koen', 'Pim', 'Youssef'],
        [
            'de Wit', 'van Dam', 'Visser', 'Smit', 'Bakker', 'van der Meer', 'Hoekstra',
            'Kuipers', 'Öztürk', 'Prins', 'Vos', 'Dijkstra', 'van ''t Hof', 'El Amrani'
        ]
    ),
    (
        'be',
        ['Élise', 'Camille', 'Margaux', 'Julie', 'Amélie', 'Lien', 'Hanne', 'Zoë'],
        ['Lucas', 'Wout', 'Arnaud', 'Loïc', 'Maxime', 'Stijn', 'Jef', 'Noé'],
        [
            'Peeters', 'Janssens', 'Maes', 'Dubois', 'Lambert', 'De Smet', 'Claes',
            'Wouters', 'Leclercq', 'D''Hondt', 'Schmit'
        ]
    ),
    (
        'de',
        ['Lena', 'Jana', 'Mia', 'Sophie', 'Käthe', 'Leyla', 'Franziska'],
        ['Jonas', 'Felix', 'Jürgen', 'Moritz', 'Emre', 'Björn', 'Paul'],
        [
            'Keller', 'Schäfer', 'Wagner', 'Krüger', 'Braun', 'Vogel', 'Yılmaz', 'Busch',
            'von Hagen', 'Lorenz', 'Meyer-Brandt'
        ]
    ),
    (
        'fr',
        ['Chloé', 'Manon', 'Inès', 'Aurélie', 'Nadia', 'Jeanne'],
        ['Hugo', 'Théo', 'Gaël', 'Antoine', 'Karim', 'François'],
        ['Martin', 'Moreau', 'Lefèvre', 'Girard', 'Benali', 'de La Tour', 'Roux', 'Faure']
    ),
    (
        'en',
        ['Grace', 'Olivia', 'Ruby', 'Hannah', 'Chloe', 'Aisha', 'Megan'],
        ['Tom', 'Jack', 'Oliver', 'Sam', 'Noah', 'Liam', 'Omar'],
        [
            'Baker', 'O''Brien', 'Taylor', 'Okafor', 'Hughes', 'Fletcher', 'Nguyen',
            'Carter', 'Smith-Jones', 'Reed'
        ]
    )
) as listed (names, women, men, families);

create or replace temp table places as
select *
from (
    values
    ('NL', ['Amsterdam', 'Rotterdam', 'Utrecht', 'Eindhoven', 'Groningen', 'Maastricht'],
        ['10', '30', '35', '56', '97', '62'], '## @@'),
    ('BE', ['Antwerpen', 'Gent', 'Brussel', 'Leuven', 'Liège'],
        ['20', '90', '10', '30', '40'], '#0'),
    ('DE', ['Köln', 'Aachen', 'Berlin', 'Hamburg'], ['50', '52', '10', '20'], '#67'),
    ('FR', ['Lille', 'Paris', 'Lyon'], ['59', '75', '69'], '00#'),
    ('LU', ['Luxembourg', 'Esch-sur-Alzette'], ['L-1', 'L-4'], '##1'),
    ('GB', ['London', 'Leeds', 'York'], ['SE', 'LS', 'YO'], '# #AB'),
    ('US', ['Austin', 'Boston', 'Denver', 'Portland'], ['787', '021', '802', '972'], '##')
) as listed (country, cities, postal_starts, postal_ends);

create or replace temp table persons as
with numbered as (

    -- numbers up to 100 belong to the people of the cast
    select 100 + range as person from range(1, {customers} + 1)

),

placed as (

    select
        numbered.person,
        countries.country,
        countries.calling_code,
        countries.trunk,
        pick(countries.languages, numbered.person, 'language') as language,
        names.women,
        names.men,
        names.families,
        places.cities,
        places.postal_starts,
        places.postal_ends,
        case
            when draw(numbered.person, 'gender') < 0.49 then 'F'
            when draw(numbered.person, 'gender') < 0.98 then 'M'
            else 'X'
        end as gender,
        -- one in fourteen lives with the person before, and gives the same phone
        draw(numbered.person, 'household') < 0.07 as shares_phone,
        1 + cast(
            floor(draw(numbered.person, 'city') * len(places.cities)) as integer
        ) as city_number
    from numbered
    inner join countries
        on
            draw(numbered.person, 'country') >= countries.from_share
            and draw(numbered.person, 'country') < countries.to_share
    inner join names on countries.names = names.names
    inner join places on countries.country = places.country

),

named as (

    select
        *,
        case gender
            when 'F' then pick(women, person, 'first name')
            when 'M' then pick(men, person, 'first name')
            else pick(women || men, person, 'first name')
        end as first_name,
        pick(families, person, 'last name') as last_name,
        lpad(cast((person * 7919 + 1234567) % 10000000 as varchar), 7, '0') as digits
    from placed

),

reachable as (

    select
        *,
        replace(
            regexp_replace(lower(strip_accents(first_name)), '[^a-z]', '', 'g')
            || '.'
            || regexp_replace(
                replace(lower(strip_accents(last_name)), 'ı', 'i'), '[^a-z]', '', 'g'
            ),
            '..', '.'
        ) as mailbox,
        case country
            when 'NL' then '6' || pick(['1', '2', '3', '4', '5'], person, 'range') || digits[1:7]
            when 'BE' then '4' || pick(['7', '9'], person, 'range') || digits[1:7]
            when 'DE' then pick(['170', '171', '175'], person, 'range') || digits[1:7]
            when 'FR' then '6' || pick(['1', '2', '6'], person, 'range') || digits[1:7]
            when 'LU' then pick(['621', '661', '691'], person, 'range') || digits[2:7]
            when 'GB' then pick(['7911', '7400', '7840'], person, 'range') || digits[2:7]
            when 'US'
                then pick(['201', '212', '303', '512', '617'], person, 'range')
                    || pick(['2', '3', '4', '7'], person, 'exchange') || digits[2:7]
        end as national_number
    from named

),

joined_up as (

    select
        person,
        country,
        language,
        gender,
        first_name,
        last_name,
        calling_code,
        trunk,
        case
            when
                shares_phone
                and lag(country) over (order by person) = country
                then lag(national_number) over (order by person)
            else national_number
        end as national_number,
        mailbox || person || '@' || pick(
            ['example.com', 'example.com', 'example.org', 'example.net'], person, 'domain'
        ) as email,
        mailbox || '.' || person || '@' || pick(
            ['example.org', 'example.net', 'example.com'], person, 'other domain'
        ) as other_email,
        date '1940-01-01'
        + cast(floor(draw(person, 'birth date') * 25000) as integer) as birth_date,
        pick(
            [
                'Lindenlaan', 'Marktplein', 'Stationsweg', 'Parkallee', 'Rue du Moulin',
                'Hoofdstraat', 'Kerkstraat', 'Mill Lane', 'Bergweg'
            ],
            person, 'street'
        ) || ' ' || (1 + cast(floor(draw(person, 'house') * 180) as integer)) as street,
        cities[city_number] as city,
        replace(
            replace(
                replace(
                    postal_starts[city_number] || postal_ends,
                    '##', lpad(cast(floor(draw(person, 'postal') * 90) + 10 as integer)::varchar, 2, '0')
                ),
                '#', cast(floor(draw(person, 'postal') * 9) + 1 as integer)::varchar
            ),
            '@@', pick(['AB', 'CD', 'EX', 'GH', 'KL'], person, 'letters')
        ) as postal_code,
        until() - to_days(cast(floor(power(draw(person, 'since'), 1.4) * 2900) as integer) + 3)
        as since,
        draw(person, 'in crm') < 0.66 as in_crm,
        draw(person, 'in shop') < 0.55 or draw(person, 'in crm') >= 0.9 as in_shop,
        draw(person, 'in loyalty') < 0.33
        or (
            draw(person, 'in crm') between 0.66 and 0.9
            and draw(person, 'in shop') >= 0.55
        ) as in_loyalty,
        '2620' || lpad(cast(person as varchar), 9, '0') as card_number,
        draw(person, 'employee') < 0.012 as is_employee
    from reachable

)

select * from joined_up
order by person;

-- A phone number as people and systems write it. Spellings without the country code are
-- used only where the record itself says the country.
create or replace temp macro spelled(country, calling_code, trunk, number, style) as (
    case
        when style < 0.18 then '+' || calling_code || number
        when style < 0.34 then '+' || calling_code || ' ' || number[1:3] || ' ' || number[4:]
        when style < 0.42 and country <> 'US' then '00' || calling_code || number
        when style < 0.42 then '+1-' || number[1:3] || '-' || number[4:6] || '-' || number[7:]
        when country = 'US' and style < 0.7
            then '(' || number[1:3] || ') ' || number[4:6] || '-' || number[7:]
        when country = 'US' then number[1:3] || '-' || number[4:6] || '-' || number[7:]
        when country = 'NL' and style < 0.66 then '0' || number[1:1] || '-' || number[2:]
        when country = 'NL' and style < 0.8
            then '0' || number[1:1] || ' ' || number[2:3] || ' ' || number[4:5] || ' '
                || number[6:7] || ' ' || number[8:]
        when style < 0.8 then trunk || number[1:3] || ' ' || number[4:6] || ' ' || number[7:]
        else trunk || number
    end
);

create or replace temp macro spelled_abroad(calling_code, number, style) as (
    case
        when style < 0.5 then '+' || calling_code || number
        else '+' || calling_code || ' ' || number[1:2] || ' ' || number[3:5] || ' ' || number[6:]
    end
);

-- An address that cannot be one.
create or replace temp macro mailbox_typo(email) as (
    case length(email) % 3
        when 0 then replace(email, '@', '(at)')
        when 1 then replace(email, '.com', ',com') || '@'
        else split_part(email, '@', 1) || '@'
    end
);
