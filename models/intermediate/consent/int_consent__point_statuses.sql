-- Contact point × purpose: the latest event of each effect, by the contact point's own
-- events alone, and whether it is itself denied. A grant that was given for another
-- contact point is no grant here; it is kept as the reason why there is none. Ties of
-- one instant are settled by source and id, never by the order of rows.

with ranked as (

    select
        *,
        row_number() over (
            partition by key_type, key_value, purpose, effect
            order by
                event_at desc,
                {{ dbt_consent.by_code_point('source_name') }},
                {{ dbt_consent.by_code_point('consent_id') }},
                event_id
        ) as recency
    from {{ ref('int_consent__evidence') }}

),

latest as (

    select
        key_type,
        key_value,
        purpose,
        {% for effect in ['granted', 'denied', 'expired', 'pending', 'elsewhere'] %}
        max(case when effect = '{{ effect }}' then event_at end) as {{ effect }}_at,
        max(case when effect = '{{ effect }}' then source_name end)
            as {{ effect }}_source,
        max(case when effect = '{{ effect }}' then consent_id end)
            as {{ effect }}_id,
        max(case when effect = '{{ effect }}' then recorded_at end)
            as {{ effect }}_recorded_at,
        {% endfor %}
        max(case when effect = 'elsewhere' then given_for end) as given_for,
        max(case when effect = 'granted' then expires_at end) as granted_expires_at,
        max(case when effect = 'expired' then expires_at end) as expired_expires_at
    from ranked
    where recency = 1
    group by key_type, key_value, purpose

)

select
    *,
    denied_at is not null
    and (granted_at is null or granted_at <= denied_at) as is_denied
from latest
