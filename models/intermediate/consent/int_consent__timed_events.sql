-- The statements that may take part in a decision at as_of, each with the time from
-- which it counts (step 1 of docs/consent.md). Of several of one event on one contact
-- point, grants and requests count only with the latest time.
{% set as_of = dbt_consent.as_of() %}
{% set never = dbt_consent.timestamp_literal('0001-01-01 00:00:00') %}
{% set states = dbt_consent.consent_models()
    | selectattr('kind', 'equalto', 'state')
    | map(attribute='model') | list %}

with statements as (

    select
        *,
        case
            when status in ('granted', 'pending') then coalesce(stated_at, {{ never }})
            when stated_at is null then first_present_from
            -- a withdrawal is never waited for, and does not move from run to run
            when status = 'denied' then least(stated_at, first_seen_at)
            else stated_at
        end as event_at
    from {{ ref('int_consent__statements') }}
    where not is_retracted

),

events as (

    select
        event_key,
        max(case
            when
                is_mapped
                and last_present_from <= {{ as_of }}
                and coalesce(stated_at <= {{ as_of }}, true)
                then last_present_from
        end) as meant_from,
        max(case
            when is_mapped and is_there and stated_at <= {{ as_of }} then stated_at
        end) as meant_at,
        -- until when the event said something that nobody mapped, on any contact point
        max(case when not is_mapped then ended_at end) as unclear_until,
        max(case
            when not is_mapped and (is_there or ended_at is null) then 1 else 0
        end) = 1 as is_unclear
    from statements
    group by event_key

),

-- The same said later, with a date, replaces what was said without one.
dated as (

    select
        event_key,
        key_type,
        key_value,
        status,
        is_mapped,
        coalesce(expires_at, {{ never }}) as expires_at,
        max(first_present_from) as first_present_from
    from statements
    where stated_at <= {{ as_of }}
    group by
        event_key, key_type, key_value, status, is_mapped,
        coalesce(expires_at, {{ never }})

),

-- A row of a state table that has turned up on another contact point with the same time
-- is not gone.
moved as (

    select
        gone.event_key,
        gone.key_type,
        gone.key_value,
        gone.status,
        gone.event_at,
        min(gone.ended_at) as moved_at
    from statements as gone
    inner join statements as shown
        on
            gone.event_key = shown.event_key
            and gone.key_type = shown.key_type
            and gone.key_value <> shown.key_value
            and gone.status = shown.status
            and coalesce(gone.stated_at, {{ never }})
            = coalesce(shown.stated_at, {{ never }})
            and gone.ended_at <= shown.last_present_from
    where
        not gone.is_there
        and shown.is_there
        and gone.status <> 'denied'
        and gone.consent_model in ({{ dbt_consent.text_list(states or ['']) }})
    group by
        gone.event_key, gone.key_type, gone.key_value, gone.status, gone.event_at

),

candidates as (

    select
        statements.*,
        moved.event_key is not null as is_moved,
        moved.moved_at,
        max(statements.event_at) over (
            partition by
                statements.event_key, statements.key_type, statements.key_value
        ) as latest_event_at
    from statements
    inner join events on statements.event_key = events.event_key
    left join dated
        on
            statements.stated_at is null
            and statements.event_key = dated.event_key
            and statements.key_type = dated.key_type
            and statements.key_value = dated.key_value
            and statements.status = dated.status
            and statements.is_mapped = dated.is_mapped
            and coalesce(statements.expires_at, {{ never }}) = dated.expires_at
            and statements.first_present_from < dated.first_present_from
    left join moved
        on
            not statements.is_there
            and statements.event_key = moved.event_key
            and statements.key_type = moved.key_type
            and statements.key_value = moved.key_value
            and statements.status = moved.status
            and statements.event_at = moved.event_at
    where
        statements.event_at <= {{ as_of }}
        and dated.event_key is null
        and (
            statements.is_there
            or statements.status = 'denied'
            or moved.event_key is not null
        )
        -- what nobody mapped counts until its event says something that is mapped
        and not (
            not statements.is_mapped
            and (
                coalesce(
                    events.meant_from >= events.unclear_until and not events.is_unclear,
                    false
                )
                or coalesce(events.meant_at > statements.stated_at, false)
            )
        )

)

select
    event_key,
    event_id,
    consent_model,
    source_name,
    consent_id,
    key_type,
    key_value,
    purpose,
    status,
    is_mapped,
    is_moved,
    moved_at,
    raw_status,
    stated_at is not null as is_dated,
    stated_at,
    event_at,
    recorded_at,
    confirmed_at,
    expires_at
from candidates
where
    status = 'denied'
    or (status <> 'nothing' and event_at = latest_event_at)
