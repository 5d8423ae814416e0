-- What each event has said on each contact point, as known at known_at and for as_of:
-- versions that say the same with the same times are one statement. An undated denial
-- that was shown again after its event had said something else is a statement of its
-- own.
{% set as_of = dbt_consent.as_of() %}
{% set known_at = dbt_consent.known_at() %}

with stretches as (

    select
        events.event_key,
        events.event_id,
        events.consent_model,
        events.source_name,
        events.consent_id,
        events.key_type,
        events.key_value,
        events.purpose,
        events.status,
        events.is_mapped,
        events.raw_status,
        events.recorded_at,
        events.confirmed_at,
        events.expires_at,
        events.version_id,
        events.first_seen_at,
        events.present_from,
        coalesce(events.recorded_at, events.confirmed_at) as stated_at,
        retracted.version_id is not null
        and (retracted.denials_too or events.status <> 'denied') as is_retracted,
        case when events.last_seen_at <= {{ known_at }} then events.last_seen_at end
            as ended_at,
        case
            when events.last_seen_at <= {{ known_at }} then events.last_shown_at
            else {{ known_at }}
        end as last_shown_at
    from {{ ref('int_consent__interpreted') }} as events
    left join {{ dbt_consent.retracted_versions(
        ref('consent_events'), ref('int_consent__standing_retractions')
    ) }} as retracted
        on events.version_id = retracted.version_id
    where events.present_from <= {{ known_at }}

),

otherwise_said as (

    select
        event_key,
        present_from
    from stretches
    where
        is_mapped
        and not is_retracted
        and status <> 'denied'
    group by event_key, present_from

),

episodes as (

    select
        stretches.version_id,
        stretches.present_from,
        max(otherwise_said.present_from) as broken_at
    from stretches
    inner join otherwise_said
        on
            stretches.event_key = otherwise_said.event_key
            and stretches.present_from > otherwise_said.present_from
    where
        stretches.status = 'denied'
        and stretches.stated_at is null
    group by stretches.version_id, stretches.present_from

)

select
    stretches.event_key,
    min(stretches.event_id) as event_id,
    stretches.consent_model,
    stretches.source_name,
    stretches.consent_id,
    stretches.key_type,
    stretches.key_value,
    stretches.purpose,
    stretches.status,
    stretches.is_mapped,
    {{ dbt_consent.min_by_code_point('stretches.raw_status') }} as raw_status,
    stretches.recorded_at,
    stretches.confirmed_at,
    stretches.expires_at,
    stretches.stated_at,
    stretches.is_retracted,
    min(stretches.first_seen_at) as first_seen_at,
    min(stretches.present_from) as first_present_from,
    max(stretches.present_from) as last_present_from,
    case
        when count(*) = count(stretches.ended_at) then max(stretches.ended_at)
    end as ended_at,
    max(stretches.last_shown_at) as last_shown_at,
    -- what was loaded late counts as if it had been there from the start
    min(stretches.first_seen_at) > {{ as_of }}
    or max(
        case
            when
                stretches.present_from <= {{ as_of }}
                and (stretches.ended_at is null or stretches.ended_at > {{ as_of }})
                then 1
            else 0
        end
    ) = 1 as is_there
from stretches
left join episodes
    on
        stretches.version_id = episodes.version_id
        and stretches.present_from = episodes.present_from
group by
    stretches.event_key,
    stretches.consent_model,
    stretches.source_name,
    stretches.consent_id,
    stretches.key_type,
    stretches.key_value,
    stretches.purpose,
    stretches.status,
    stretches.is_mapped,
    stretches.recorded_at,
    stretches.confirmed_at,
    stretches.expires_at,
    stretches.stated_at,
    stretches.is_retracted,
    episodes.broken_at
