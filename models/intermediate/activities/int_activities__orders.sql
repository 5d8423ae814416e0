-- Orders of the web shop, each with the person whose account placed it.
select
    record_profiles.profile_id,
    orders.occurred_at,
    orders.order_id,
    orders.total,
    orders.currency,
    orders.category,
    orders.channel,
    orders.is_returned
from {{ ref('stg_webshop__orders') }} as orders
{{ dbt_consent.join_profiles_by_record('orders') }}
