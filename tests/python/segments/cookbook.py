"""Who the members of the cookbook's rules are, said by hand in DuckDB's SQL.

Over `p`, the profiles; `o` and `e`, orders and e-mail events up to the moment of the build; and
`d`, its day. None: everyone whom the guard lets in.
"""

from __future__ import annotations

CONDITIONS: dict[int, str | None] = {
    1: None,
    2: (
        "p.profile_id in (select profile_id from contact_point_permissions where "
        "purpose='newsletter' and status='granted')"
    ),
    3: "p.country = 'BE'",
    4: "p.country in ('NL','BE','LU')",
    5: "(p.country is null or p.country <> 'NL')",
    6: "p.country <> 'NL'",
    7: "lower(p.last_name) like '%jans%'",
    8: "p.last_name in ('O''Brien','van ''t Hof')",
    9: "regexp_full_match(p.postal_code, '35[0-9]{2} ?[A-Z]{2}')",
    10: "p.loyalty_points between 100 and 500",
    11: (
        "date_diff('year', p.birth_date, d) - (case when strftime(p.birth_date,'%m%d') > "
        "strftime(d,'%m%d') then 1 else 0 end) >= 18"
    ),
    12: (
        "(p.birth_date is null or date_diff('year', p.birth_date, d) - (case when "
        "strftime(p.birth_date,'%m%d') > strftime(d,'%m%d') then 1 else 0 end) between 30 and"
        " 39)"
    ),
    13: "cast(p.customer_since as date) < date '2020-01-01'",
    14: "cast(p.customer_since as date) between d - 90 and d",
    15: (
        "exists (select 1 from range(8) as ahead(n) where strftime(d + cast(n as integer), "
        "'%m%d') = strftime(p.birth_date, '%m%d'))"
    ),
    16: "month(p.birth_date) in (3,4,5)",
    17: "p.profile_id in (select profile_id from profile_matches where source_name='loyalty')",
    18: (
        "p.profile_id in (select profile_id from profile_matches where source_name='webshop')"
        " and p.profile_id not in (select profile_id from profile_matches where "
        "source_name='loyalty')"
    ),
    19: "exists (select 1 from o where o.profile_id = p.profile_id)",
    20: "not exists (select 1 from o where o.profile_id = p.profile_id)",
    21: (
        "(select count(*) from o where o.profile_id=p.profile_id and o.total > 50 and "
        "cast(o.occurred_at as date) >= cast(d - interval 1 year as date)) >= 2"
    ),
    22: (
        "(select sum(total) from o where o.profile_id=p.profile_id and category in "
        "('books','garden')) >= 300"
    ),
    23: "(select count(distinct category) from o where o.profile_id=p.profile_id) >= 3",
    24: (
        "(select cast(max(occurred_at) as date) from o where o.profile_id=p.profile_id) < "
        "cast(d - interval 1 year as date)"
    ),
    25: "not exists (select 1 from o where o.profile_id=p.profile_id and is_returned)",
    26: (
        "exists (select 1 from e where e.profile_id=p.profile_id and cast(e.occurred_at as "
        "date) >= d - 30) and not exists (select 1 from e where e.profile_id=p.profile_id and"
        " cast(e.occurred_at as date) >= d - 30 and e.event='opened')"
    ),
    27: "coalesce(p.is_employee, false) = false",
    28: (
        "cast('0x' || left(md5('autumn_mailing:' || p.profile_id), 8) as bigint) * 100 < 50 *"
        " 4294967296"
    ),
    29: (
        "cast('0x' || left(md5('autumn_mailing:' || p.profile_id), 8) as bigint) * 100 >= 50 "
        "* 4294967296 and not cast('0x' || left(md5('campaigns:' || p.profile_id), 8) as "
        "bigint) * 100 >= 90 * 4294967296"
    ),
    30: (
        "p.consent_profiling and (p.lifetime_value >= 500 or (p.loyalty_points > 1000 and "
        "exists (select 1 from o where o.profile_id=p.profile_id and cast(o.occurred_at as "
        "date) >= cast(d - interval 6 month as date)))) and "
        "coalesce(p.is_employee,false)=false and p.email is not null"
    ),
    31: (
        "exists (select 1 from contact_point_permissions as c where c.profile_id = p.profile_id "
        "and c.purpose = 'sms_offers' and c.is_permitted and c.expires_at >= d "
        "and c.expires_at < d + 181)"
    ),
    32: (
        "exists (select 1 from contact_point_permissions as c where c.profile_id = p.profile_id "
        "and c.purpose = 'newsletter' and c.is_permitted and c.source_name = 'preference_center' "
        "and cast(c.recorded_at as date) between cast(d - interval 1 year as date) and d)"
    ),
    33: (
        "exists (select 1 from e join o on o.profile_id = e.profile_id and o.occurred_at "
        "between e.occurred_at and e.occurred_at + interval 720 hour "
        "where e.profile_id = p.profile_id and e.event = 'clicked')"
    ),
    34: (
        "exists (select 1 from e where e.profile_id = p.profile_id and e.event = 'clicked' and "
        "cast(e.occurred_at as date) >= d - 180 and e.occurred_at <= m - interval 168 hour and "
        "(select count(*) from o where o.profile_id = e.profile_id and o.occurred_at between "
        "e.occurred_at and e.occurred_at + interval 168 hour) = 0)"
    ),
    35: (
        "(select count(*) from e as sent left join (select distinct sent.event_id from e as sent "
        "join e as seen on seen.campaign = sent.campaign and seen.email = sent.email and "
        "seen.event = 'opened' and seen.occurred_at > sent.occurred_at and "
        "seen.occurred_at <= sent.occurred_at + interval 336 hour) as opened "
        "on opened.event_id = sent.event_id "
        "where sent.profile_id = p.profile_id and sent.event = 'delivered' and "
        "opened.event_id is null and sent.occurred_at <= m - interval 336 hour) >= 3"
    ),
    36: (
        "(select sum(total) from o where o.profile_id = p.profile_id and "
        "cast(occurred_at as date) >= d - 365) > 1.5 * coalesce((select sum(total) from o where "
        "o.profile_id = p.profile_id and cast(occurred_at as date) between d - 731 and d - 366), 0)"
    ),
    37: (
        "(select max(cast(total as double)) >= 2 * sum(cast(total as double)) / count(total) "
        "from o where o.profile_id = p.profile_id)"
    ),
    38: (
        "(select min(occurred_at) from o where o.profile_id = p.profile_id) "
        "<= p.customer_since + interval 720 hour"
    ),
    39: (
        "(select count(distinct category) filter (category in ('garden', 'toys')) > 0 and "
        "count(distinct category) filter (category = 'electronics') = 0 and "
        "count(distinct category) >= 2 from o where o.profile_id = p.profile_id)"
    ),
    40: (
        "p.profile_id in (select profile_id from segment_members "
        "where segment_name = 'lapsed_customers')"
    ),
    41: (
        "p.profile_id not in (select c.profile_id from profile_contact_points as c join "
        "delivered_members as l using (key_type, key_value) where l.export_name = 'newsletter')"
    ),
    42: "left(p.postal_code, 1) = '1' and p.postal_code not in ('1', '10', '100')",
    43: "left(p.postal_code, 2) in ('10', '35', '90')",
    44: (
        "p.profile_id in (select q.profile_id from profiles as q where q.consent_newsletter "
        "order by q.lifetime_value desc nulls last, md5('recipe_44:' || q.profile_id)[:8], "
        "q.profile_id limit 50)"
    ),
    45: (
        "p.profile_id in (select q.profile_id from profiles as q where q.consent_newsletter "
        "and q.country in ('NL', 'BE') order by md5('recipe_45:' || q.profile_id)[:8], "
        "q.profile_id limit 100)"
    ),
}
