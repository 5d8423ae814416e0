-- What the suppression lists have said, as known at known_at and for as_of: one row per
-- contact point, reason and time. Times follow the rule of denials: undated, from when
-- it was first seen; never later than that. A lifting is the exception: it counts from
-- its own date. An unknown reason counts as manual.
{% set as_of = dbt_consent.as_of() %}
{% set known_at = dbt_consent.known_at() %}
{% set reasons = ['bounced', 'manual', 'complained', 'erased', 'lifted'] %}

with known as (

    select
        events.*,
        -- one that was loaded late counts as if it had been there from the start
        (events.present_from <= {{ as_of }} or events.first_seen_at > {{ as_of }})
        and (
            events.last_seen_at is null
            or events.last_seen_at > {{ known_at }}
            or events.last_seen_at > {{ as_of }}
        ) as is_there,
        coalesce(
            events.key_value,
            {{ dbt_consent.clean_contact_point(
                'events.key_type', 'events.raw_key_value'
            ) }}
        ) as contact_value
    from {{ ref('suppression_events') }} as events
    left join {{ ref('int_consent__standing_retractions') }} as retractions
        on
            (
                events.suppression_id = retractions.suppression_id
                or (
                    events.suppression_model = retractions.consent_model
                    and events.first_seen_at = retractions.first_seen_at
                )
            )
            and retractions.denials_too
            and events.first_seen_at <= retractions.retracted_at
    where
        events.first_seen_at <= {{ known_at }}
        and events.present_from <= {{ known_at }}
        and retractions.retracted_at is null

),

timed as (

    select
        suppression_id,
        suppression_model,
        key_type,
        contact_value as key_value,
        case
            when reason in ({{ dbt_consent.text_list(reasons) }}) then reason
            else 'manual'
        end as effect,
        coalesce(reason, 'unknown') as reason,
        suppressed_at,
        case
            when suppressed_at is null then first_seen_at
            when reason = 'lifted' then suppressed_at
            else least(suppressed_at, first_seen_at)
        end as event_at,
        first_seen_at,
        is_there
    from known
    where
        contact_value is not null
        and key_type is not null

)

select
    suppression_id,
    suppression_model,
    key_type,
    key_value,
    effect,
    reason,
    suppressed_at,
    event_at,
    min(first_seen_at) as first_seen_at,
    max(case when is_there then 1 else 0 end) = 1 as is_there
from timed
where event_at <= {{ as_of }}
group by
    suppression_id,
    suppression_model,
    key_type,
    key_value,
    effect,
    reason,
    suppressed_at,
    event_at
