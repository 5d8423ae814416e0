-- Orders: a few people buy often, most rarely; some send things back.
select * from webshop_orders_all
order by order_id
