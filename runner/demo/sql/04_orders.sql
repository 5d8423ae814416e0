-- Orders come before the customers' export, which carries what each has spent.
create or replace temp table webshop_orders_all as
with placed as (

    select
        person,
        unnest(range(
            1,
            2 + cast(floor(least(-ln(1 - draw(person, 'orders')) * 2.2, 24)) as integer)
        )) as nth,
        country,
        since
    from persons
    where in_shop and draw(person, 'orders') > 0.18

),

numbered as (

    select
        *,
        1000000 + person * 25 + nth as order_id
    from placed

)

select
    cast(order_id as bigint) as order_id,
    cast(500000 + person as bigint) as customer_id,
    iso_utc(moment(since, until(), order_id, 'ordered at')) as ordered_at,
    cast(
        round(4 + 60 * -ln(1 - draw(order_id, 'total')), 2) as decimal(18, 2)
    ) as total,
    case country when 'GB' then 'GBP' when 'US' then 'USD' else 'EUR' end as currency,
    pick(
        ['books', 'books', 'garden', 'electronics', 'clothing', 'toys'], order_id, 'category'
    ) as category,
    pick(['web', 'web', 'app', 'store'], order_id, 'channel') as channel,
    draw(order_id, 'returned') < 0.07 as is_returned
from numbered
union all by name
select * replace (
    cast(order_id as bigint) as order_id,
    cast(customer_id as bigint) as customer_id,
    cast(total as decimal(18, 2)) as total
)
from cast_webshop_orders;
