-- People with a story, by hand: each shows one rule. data/demo/README.md tells who they
-- are. Their numbers are 1 to 99; everybody else's begin at 101.

create or replace temp table cast_crm_customers as
select *
from (
    values
    ('C0000001', 'Holly', 'Hart', 'F', '1988-04-12', 'holly@contoso.com',
        '+31 6 20000001', '', 'en', 'Parkallee 1', '3511 AB', 'Utrecht', 'NL', 'false',
        '', '', '', '', 'false', '', '2021-03-04', '2026-08-01'),
    ('C0000002', 'Frank', 'Field', 'M', '1979-11-30', 'frank@contoso.com',
        '+31 6 20000002', '2620000000002', 'nl', 'Marktplein 7', '1011 CD', 'Amsterdam',
        'NL', 'false', '', '', '', '', 'false', '', '2020-01-15', '2026-08-02'),
    ('C0000003', 'Anna', 'Visser', 'F', '1991-06-21', 'anna.visser@example.com',
        '06-20000034', '2620000000003', 'nl', 'Kerkstraat 12', '9711 EX', 'Groningen',
        'NL', 'false', 'no', '2026-03-10', 'false', '', 'false', '', '2019-05-05',
        '2026-03-10'),
    ('C0000004', 'Bram', 'Visser', 'M', '1989-02-02', 'bram.visser@example.com',
        '0031620000034', '', 'nl', 'Kerkstraat 12', '9711 EX', 'Groningen', 'NL', 'false',
        'yes', '2025-10-01', 'true', '2025-10-01', 'false', '', '2019-05-05', '2025-10-01'),
    ('C0000005', 'Lotte', 'Peeters', 'F', '1995-09-09', 'lotte.peeters@example.com',
        '0470 00 00 05', '', 'nl', 'Hoofdstraat 3', '9000', 'Gent', 'BE', 'false',
        'yes', '2024-02-14', 'false', '', 'false', '', '2024-02-14', '2024-02-14'),
    ('C0000008', 'Grace', 'Okafor', 'F', '1984-07-04', 'grace.okafor@example.com',
        '(212) 555-0108', '', 'en', 'Mill Lane 8', '02118', 'Boston', 'US', 'false',
        '', '', '', '', 'false', '', '2022-02-02', '2025-12-12'),
    ('C0000009', 'Tom', 'Baker', 'M', '1970-01-20', 'tom.baker@example.com',
        '07911 100009', '', 'en', 'Mill Lane 9', 'LS1 4AB', 'Leeds', 'GB', 'false',
        'yes', '2025-05-05', 'true', '2025-05-05', 'false', '', '2021-01-01', '2025-05-05'),
    ('C0000010', 'Noor', 'Dijk', 'F', '1999-12-31', 'noor.dijk@example.com',
        '+31 6 20000010', '', 'nl', 'Bergweg 10', '6211 GH', 'Maastricht', 'NL', 'false',
        'yes', '2025-01-10', '', '', 'false', '', '2025-01-10', '2025-01-10'),
    ('C0000011', 'Hugo', 'Martin', 'M', '1968-03-03', 'hugo.martin@example.com',
        '06 12 00 00 11', '', 'fr', 'Rue du Moulin 11', '59001', 'Lille', 'FR', 'false',
        'yes', '2023-06-01', 'true', '2023-06-01', 'false', '', '2020-06-01', '2023-06-01'),
    ('C0000012', 'Inès', 'Duarte', 'F', '1993-05-17', 'ines.duarte@example.com',
        '+352 621 000 012', '', 'fr', 'Rue du Moulin 12', 'L-1231', 'Luxembourg', 'LU',
        'false', 'yes', '2025-09-20', '', '', 'false', '', '2022-04-04', '2025-09-20'),
    ('C0000013', 'Eva', 'de Boer', 'F', '1990-10-10', 'eva.deboer@contoso.com',
        '+31 6 20000013', '', 'nl', 'Stationsweg 13', '3511 KL', 'Utrecht', 'NL', 'true',
        'no', '2025-11-11', '', '', 'false', '', '2018-09-01', '2025-11-11'),
    ('C0000014', 'Willem', 'Smit', 'M', '1955-08-08', 'w.smit@example.org', '', '', 'nl',
        'Lindenlaan 14', '5611 AB', 'Eindhoven', 'NL', 'false', 'yes', '2025-02-02',
        '', '', 'false', '', '2017-07-07', '2025-02-02'),
    ('C0000015', 'Mila', 'Jansen', 'F', '2001-01-15', 'mila.jansen@example.com',
        '06 20 00 00 15', '', 'nl', 'Bergweg 15', '3011 CD', 'Rotterdam', 'NL', 'false',
        'yes', '2026-01-15', 'true', '2026-01-15', 'false', '', '2026-01-15', '2026-01-15'),
    ('C0000017', 'Fatima', 'Aydin', 'F', '1986-06-06', 'fatima.aydin@example.com',
        '0620000017', '2620000000017', 'nl', 'Marktplein 17', '3011 EX', 'Rotterdam', 'NL',
        'false', '', '', '', '', 'false', '', '2023-03-03', '2025-03-03')
) as listed (
    customer_id, first_name, last_name, gender, birth_date, email, phone, loyalty_card,
    language, street, postal_code, city, country, is_employee,
    newsletter_opt_in, newsletter_opt_in_at,
    product_updates_opt_in, product_updates_opt_in_at,
    do_not_contact, do_not_contact_at, created_at, modified_at
);

create or replace temp table cast_webshop_customers as
select *
from (
    values
    (500001, 'HOLLY@contoso.com', null, 'Holly', 'Hart', 'Parkallee 1', '3511 AB', 'Utrecht', 'NL', 'en_NL', '2022-02-01T09:30:00Z', '2026-07-01T18:00:00Z'),
    (500002, 'Frank@Contoso.com', '06-20000002', 'Frank', 'Field', 'Marktplein 7', '1011 CD', 'Amsterdam', 'NL', 'nl_NL', '2021-06-11T20:15:00Z', '2026-09-14T07:45:00Z'),
    (500003, 'Anna.V@example.org', '06 20 00 00 03', 'Anna', 'Visser', 'Kerkstraat 12', '9711 EX', 'Groningen', 'NL', 'nl_NL', '2023-04-04T12:00:00Z', '2025-09-01T12:00:00Z'),
    (500006, 'emile.weber@example.com', '621 000 006', 'Émile', 'Weber', 'Rue du Moulin 6', 'L-4111', 'Esch-sur-Alzette', 'LU', 'fr_LU', '2026-05-02T08:00:00Z', '2026-05-02T08:00:00Z'),
    (500007, 'Jonas.Keller@example.com', '0170 0000007', 'Jonas', 'Keller', 'Parkallee 7', '50667', 'Köln', 'DE', 'de_DE', '2023-04-01T10:00:00Z', '2024-01-01T10:00:00Z'),
    (500010, 'noor.dijk@example.com', '0620000010', 'Noor', 'Dijk', 'Bergweg 10', '6211 GH', 'Maastricht', 'NL', 'nl_NL', '2025-02-10T10:00:00Z', '2026-06-01T10:00:00Z'),
    (500014, 'willem.smit14@example.net', '06-20000014', 'Wim', 'Smit', 'Lindenlaan 14', '5611 AB', 'Eindhoven', 'NL', 'nl_NL', '2024-11-11T11:11:11Z', '2025-03-03T10:00:00Z'),
    (500016, 'sam.taylor@example.com', '(512) 555-0116', 'Sam', 'Taylor', 'Mill Lane 16', '78701', 'Austin', 'US', 'en_US', '2024-08-01T15:00:00Z', '2025-08-01T15:00:00Z'),
    (500018, 'pieter.bos@example.com', '06-20000018', 'Pieter', 'Bos', 'Hoofdstraat 18', '1012 AB', 'Amsterdam', 'NL', 'nl_NL', '2026-01-01T09:00:00Z', '2026-01-05T09:00:00Z')
) as listed (
    id, mail_address, mobile, given_name, family_name, ship_street, ship_postcode,
    ship_city, ship_country, locale, registered_at, changed_at
);

create or replace temp table cast_webshop_orders as
select *
from (
    values
    (900001, 500001, '2026-08-20T19:12:00Z', 89.95, 'EUR', 'books', 'web', false),
    (900002, 500001, '2026-10-02T08:40:00Z', 240.00, 'EUR', 'garden', 'app', false),
    (900003, 500002, '2026-09-14T07:45:00Z', 310.50, 'EUR', 'electronics', 'web', false),
    (900004, 500002, '2026-11-01T16:05:00Z', 45.00, 'EUR', 'books', 'app', false),
    (900005, 500002, '2026-11-09T10:30:00Z', 129.00, 'EUR', 'clothing', 'web', true),
    (900006, 500003, '2025-12-05T10:00:00Z', 75.25, 'EUR', 'toys', 'web', false),
    (900007, 500010, '2026-06-01T10:00:00Z', 19.99, 'EUR', 'books', 'web', false),
    (900008, 500016, '2026-07-04T15:00:00Z', 199.00, 'USD', 'electronics', 'web', false)
) as listed (
    order_id, customer_id, ordered_at, total, currency, category, channel, is_returned
);

-- A double opt-in is two rows of one consent: the request, then its confirmation.
create or replace temp table cast_webshop_consents as
select *
from (
    values
    ('W-000006', 'email', 'emile.weber@example.com', 'Partner offers', 'requested', '2026-05-02T08:01:00Z', null, null, 'account page', '2025-01'),
    ('W-000007', 'email', 'jonas.keller@example.com', 'Partner offers', 'requested', '2023-04-01T10:05:00Z', null, null, 'checkout', '2023-02'),
    ('W-000007', 'email', 'jonas.keller@example.com', 'Partner offers', 'opt-in', '2023-04-01T10:05:00Z', '2023-04-01T10:09:30Z', null, 'checkout', '2023-02'),
    ('W-000011', 'email', 'hugo.martin@example.com', 'Keep my data', 'objected', '2026-04-11T17:00:00Z', null, null, 'privacy page', '2025-01'),
    ('W-000012', 'email', 'ines.duarte@example.com', 'Keep my data', 'objected', '2025-03-01T09:00:00Z', null, null, 'privacy page', '2025-01'),
    ('W-000112', 'email', 'ines.duarte@example.com', 'Keep my data', 'opt-in', '2025-09-20T09:00:00Z', null, null, 'privacy page', '2025-01'),
    ('W-000016', 'email', 'sam.taylor@example.com', 'Sell my data', 'objected', '2025-08-01T15:00:00Z', null, null, 'privacy page', '2025-01'),
    ('W-000116', 'email', 'sam.taylor@example.com', 'Partner offers', 'requested', '2026-02-01T15:00:00Z', null, null, 'checkout', '2025-01'),
    ('W-000116', 'email', 'sam.taylor@example.com', 'Partner offers', 'opt-in', '2026-02-01T15:00:00Z', '2026-02-01T15:04:00Z', null, 'checkout', '2025-01'),
    ('W-000018', 'email', 'pieter.bos@example.com', 'Partner offers', 'requested', '2026-01-01T09:00:00Z', null, null, 'checkout', '2025-01'),
    ('W-000118', 'email', 'pieter.bos@example.com', 'Partner offers', 'opt-out', '2026-01-02T09:00:00Z', null, null, 'footer link', '2025-01'),
    ('W-000018', 'email', 'pieter.bos@example.com', 'Partner offers', 'opt-in', '2026-01-01T09:00:00Z', '2026-01-05T03:12:00Z', null, 'checkout', '2025-01')
) as listed (
    consent_id, contact_kind, contact, topic, state, requested_at, confirmed_at,
    expires_at, form, policy_version
);

create or replace temp table cast_loyalty_members as
select *
from (
    values
    ('L0000002', '2620000000002', '+31 6 20000002', 'Frank', 'Field', 'M', date '1979-11-30', 'NL', 1840, timestamp '2021-06-30 10:00:00', timestamp '2026-09-14 08:00:00'),
    ('L0000003', '2620000000003', '+31620000003', 'Anna', 'Visser', 'F', date '1991-06-21', 'NL', 420, timestamp '2022-02-02 10:00:00', timestamp '2025-02-02 10:00:00'),
    ('L0000017', '2620000000017', '+31620000117', 'Fatima', 'Aydin', 'F', date '1986-06-06', 'NL', 960, timestamp '2023-03-03 10:00:00', timestamp '2025-03-03 10:00:00')
) as listed (
    member_no, card_number, phone, first_name, last_name, gender, birth_date,
    home_country, points, joined_at, updated_at
);

create or replace temp table cast_loyalty_consents as
select *
from (
    values
    ('2620000000002', 'SMS aanbiedingen', 'Ja', date '2026-01-20'),
    ('2620 0000 00017', 'SMS aanbiedingen', 'Ja', date '2026-02-20')
) as listed (card_number, topic, choice, changed_on);

-- The first four rows are the example that everything starts from, as they stand.
create or replace temp table cast_preference_center_consents as
select *
from (
    values
    ('0', 'holly@contoso.com', 'Newsletter', 'False', '', '', ''),
    ('2', 'holly@contoso.com', 'Product updates', 'True', '', '', ''),
    ('5', 'frank@contoso.com', 'Newsletter', 'True', '', '', ''),
    ('4', 'frank@contoso.com', 'Product updates', 'False', '', '', ''),
    ('11', 'anna.v@example.org', 'Nieuwsbrief', 'Ja', '2025-09-01T14:00:00+02:00', '', 'voorkeuren'),
    ('12', 'lotte.peeters@example.com', 'Nieuwsbrief', 'Nee', '2025-05-05T09:00:00+02:00', '', 'afmeldlink'),
    ('13', 'lotte.peeters@example.com', 'Nieuwsbrief', 'Ja', '2026-01-31T20:30:00+01:00', '', 'voorkeuren'),
    ('14', 'noor.dijk@example.com', 'Product updates', 'True', '2026-06-01T12:00:00+02:00', '', 'preferences'),
    ('15', 'mila.jansen@example.com', 'Product updates', 'False', '2099-01-01T00:00:00+01:00', '', 'unsubscribe link'),
    ('16', 'willem.smit14@example.net', 'Productnieuws', 'Ja', '2025-03-03T11:00:00+01:00', '', 'voorkeuren'),
    ('17', 'fatima.aydin@example.com', 'SMS aanbiedingen', 'Nee', '2025-06-15T11:00:00+02:00', '', 'afmeldlink')
) as listed (
    "Consent id", "E-mail", "Option", "Value", "Changed at", "Expires at", "Form"
);

create or replace temp table cast_suppressions as
select *
from (
    values
    ('email', 'tom.baker@example.com', 'hard bounce', '2025-12-01T06:00:00Z'),
    ('email', 'Noor.Dijk@example.com', 'spam complaint', '2026-02-01T06:30:00Z')
) as listed (kind, contact, reason, since);
