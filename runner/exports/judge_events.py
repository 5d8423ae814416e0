"""The judge's reading of events: what was said, from when it counts, which grants are in force.

Each function gives the SQL of one table of the judge's DuckDB, from those named before it; the
tables are described in judge_facts.py. Written from docs/consent.md alone.
"""

from __future__ import annotations

_NEVER = "timestamp '0001-01-01'"


def versions(moment: str) -> str:
    """Each version in each stretch once, however many profiles it concerns; is_void: taken back."""
    return f"""
        with distinct_events as (
            select
                concat_ws(chr(31), consent_model, source_name, consent_id, purpose) as event,
                version_id, event_id, consent_model, purpose, key_type, key_value,
                case when status in ('granted', 'pending', 'nothing') then status else 'denied'
                    end as status,
                coalesce(is_mapped, 'true') = 'true' as is_meant,
                coalesce(is_carried, 'false') = 'true' as is_carried,
                coalesce(is_ledger, 'false') = 'true' as is_ledger,
                raw_status, recorded_at, confirmed_at, expires_at,
                coalesce(recorded_at, confirmed_at) as own_time,
                coalesce(first_seen_at, {moment}) as first_seen_at,
                coalesce(present_from, first_seen_at, {moment}) as shown_from,
                last_shown_at, last_seen_at
            from events
            where coalesce(present_from, first_seen_at, {moment}) <= {moment}
            group by all
        ),
        taken_back as (
            select
                later.version_id,
                bool_or(retractions.denials_too = 'true') as denials_too
            from (
                select * from retractions
                where retracted_at <= {moment} and (undone_at is null or undone_at > {moment})
            ) as retractions
            inner join distinct_events as named
                on named.first_seen_at <= retractions.retracted_at
                and (
                    named.event_id = retractions.event_id
                    or (
                        named.consent_model = retractions.consent_model
                        and named.first_seen_at = retractions.first_seen_at
                    )
                )
            inner join distinct_events as later
                on later.event_id = named.event_id
                and (
                    later.version_id = named.version_id
                    or (
                        later.first_seen_at > retractions.retracted_at
                        and later.raw_status = named.raw_status
                        and later.own_time is not distinct from named.own_time
                    )
                )
            group by later.version_id
        )
        select
            distinct_events.*,
            coalesce(taken_back.denials_too or status <> 'denied', false)
            and taken_back.version_id is not null as is_void
        from distinct_events
        left join taken_back on distinct_events.version_id = taken_back.version_id
    """


def said(moment: str) -> str:
    """What an event said on a contact point, whatever the wording, and when it was shown."""
    return f"""
        select
            event, consent_model, purpose, key_type, key_value, status, is_meant, is_void,
            recorded_at, confirmed_at, expires_at, own_time,
            bool_or(is_carried) as is_carried,
            bool_or(is_ledger) as is_ledger,
            min(first_seen_at) as first_seen,
            list_sort(list_distinct(list(shown_from))) as starts,
            bool_or(last_seen_at is null or last_seen_at > {moment}) as is_there,
            max(last_seen_at) as gone_at,
            max(
                case when last_seen_at <= {moment}
                    then coalesce(last_shown_at, last_seen_at) else {moment} end
            ) as last_shown
        from versions
        group by all
    """


def counting(moment: str) -> str:
    """What may count, each with its time; of one event on one contact point the latest.

    An undated denial counts from when it was first shown, anew after its event had said something
    else that somebody mapped. One that nobody mapped counts until its event says something that is.
    """
    return f"""
        with turns as (
            select event, unnest(starts) as turned_at
            from said where is_meant and not is_void and status <> 'denied'
        ),
        last_turn as (
            select
                said.event, said.key_type, said.key_value, said.is_meant, said.expires_at,
                max(turns.turned_at) as turned_at
            from said
            inner join turns
                on said.event = turns.event and turns.turned_at < list_max(said.starts)
            where said.status = 'denied' and said.own_time is null and not said.is_void
            group by all
        ),
        meaning as (
            select
                event,
                max(list_max(starts)) filter (
                    is_meant and coalesce(own_time <= {moment}, true)
                ) as meant_from,
                max(own_time) filter (
                    is_meant and is_there and own_time <= {moment}
                ) as meant_at,
                max(gone_at) filter (not is_meant) as unclear_until,
                bool_or(not is_meant and (is_there or gone_at is null)) as is_unclear
            from said where not is_void group by event
        ),
        timed as (
            select
                said.*,
                case
                    when said.status in ('granted', 'pending')
                        then coalesce(said.own_time, {_NEVER})
                    when said.own_time is not null and said.status = 'denied'
                        then least(said.own_time, said.first_seen)
                    when said.own_time is not null then said.own_time
                    else coalesce(
                        list_min(
                            list_filter(said.starts, lambda s: s > last_turn.turned_at)
                        ),
                        list_min(said.starts)
                    )
                end as t
            from said
            left join last_turn
                on said.status = 'denied' and said.own_time is null
                and said.event = last_turn.event
                and said.key_type = last_turn.key_type
                and said.key_value = last_turn.key_value
                and said.is_meant = last_turn.is_meant
                and said.expires_at is not distinct from last_turn.expires_at
            inner join meaning on said.event = meaning.event
            where
                not said.is_void
                and (
                    said.is_meant
                    or not (
                        coalesce(
                            not meaning.is_unclear
                            and meaning.meant_from >= meaning.unclear_until,
                            false
                        )
                        or coalesce(meaning.meant_at > said.own_time, false)
                    )
                )
        ),
        kept as (
            select
                timed.*,
                not timed.is_there and timed.status <> 'denied' as is_moved,
                timed.gone_at as moved_at
            from timed
            where
                timed.t <= {moment}
                and (
                    timed.is_there
                    or timed.status = 'denied'
                    or exists (
                        select 1 from timed as moved
                        where
                            moved.event = timed.event
                            and moved.key_type = timed.key_type
                            and moved.key_value <> timed.key_value
                            and moved.status = timed.status
                            and moved.own_time is not distinct from timed.own_time
                            and moved.is_there
                            and not timed.is_ledger
                            and timed.gone_at <= list_max(moved.starts)
                    )
                )
                and not (
                    timed.own_time is null
                    and exists (
                        select 1 from timed as dated
                        where
                            dated.event = timed.event
                            and dated.key_type = timed.key_type
                            and dated.key_value = timed.key_value
                            and dated.status = timed.status
                            and dated.is_meant = timed.is_meant
                            and dated.expires_at is not distinct from timed.expires_at
                            and dated.own_time <= {moment}
                            and list_min(dated.starts) > list_min(timed.starts)
                    )
                )
        )
        select *, max(t) over (partition by event, key_type, key_value) as last_at
        from kept
        qualify status = 'denied' or t = last_at
    """


def grants(moment: str) -> str:
    """Grants in force, with the time that counts; is_here: not given for another contact point.

    Under double opt-in a confirmation counts with the time, and on the contact point, of its
    request. A grant that its event showed on another contact point first was given for that one.
    """
    return f"""
        with confirmed as (
            select counting.*, rules.valid_for_months, rules.double_opt_in
            from counting inner join rules on counting.purpose = rules.purpose
            where
                counting.status = 'granted'
                and (not rules.double_opt_in or coalesce(counting.confirmed_at <= {moment}, false))
        ),
        asked as (
            select
                confirmed.event, confirmed.key_type, confirmed.key_value, confirmed.t,
                max(coalesce(said.own_time, {_NEVER})) as asked_at,
                max(coalesce(said.own_time, {_NEVER}))
                    filter (said.key_value = confirmed.key_value) as asked_here_at
            from confirmed
            inner join said
                on said.event = confirmed.event
                and not said.is_void
                and (
                    said.status = 'pending'
                    or (
                        said.status = 'granted'
                        and coalesce(said.confirmed_at > {moment}, true)
                    )
                )
                and coalesce(said.own_time, {_NEVER}) <= confirmed.t
            where confirmed.double_opt_in
            group by all
        ),
        first_shown as (
            select
                event, key_type, key_value, coalesce(own_time, {_NEVER}) as t,
                min(list_min(starts)) as shown_at
            from said group by all
        ),
        earlier as (
            select
                first_shown.event, first_shown.key_type, first_shown.key_value, first_shown.t,
                max(coalesce(said.own_time, said.last_shown)) as last_at
            from first_shown
            inner join said
                on said.event = first_shown.event
                and said.key_type = first_shown.key_type
                and said.key_value <> first_shown.key_value
                and list_min(said.starts) < first_shown.shown_at
            group by all
        ),
        given as (
            select
                confirmed.*,
                coalesce(asked.asked_at, confirmed.t) as given_at,
                coalesce(asked.asked_here_at = asked.asked_at, asked.event is null)
                and (
                    confirmed.is_carried
                    or earlier.event is null
                    or coalesce(confirmed.own_time > earlier.last_at, false)
                ) as is_here
            from confirmed
            left join asked
                on confirmed.event = asked.event
                and confirmed.key_type = asked.key_type
                and confirmed.key_value = asked.key_value
                and confirmed.t = asked.t
            left join earlier
                on confirmed.event = earlier.event
                and confirmed.key_type = earlier.key_type
                and confirmed.key_value = earlier.key_value
                and confirmed.t = earlier.t
        ),
        -- a contact point that another person, who is still there, had left before its owner came
        tenure as (
            select
                owner_id, key_type, key_value,
                min(first_seen_at) filter (is_present = 'true') as came_at,
                case when bool_and(left_at is not null) then max(left_at) end as left_at
            from stretches group by all
        ),
        passed_on as (
            select owners.key_type, owners.key_value, max(leavers.left_at) as left_at
            from tenure as owners
            inner join tenure as leavers
                on owners.key_type = leavers.key_type
                and owners.key_value = leavers.key_value
                and owners.owner_id <> leavers.owner_id
                and leavers.left_at <= owners.came_at
            where owners.left_at is null
            group by all
        ),
        held as (
            select key_type, key_value, max(came_at) as held_since
            from (
                select owner_id, key_type, key_value, min(first_seen_at) as came_at
                from stretches where is_present = 'true' and left_at is null group by all
            ) as present
            group by all
        )
        select
            given.key_type, given.key_value, given.purpose, given.given_at as t,
            bool_and(given.is_moved) as is_moved
        from given
        left join passed_on
            on given.key_type = passed_on.key_type and given.key_value = passed_on.key_value
        left join held
            on given.key_type = held.key_type and given.key_value = held.key_value
        where
            given.is_here
            and (not given.is_moved or held.held_since < given.moved_at)
            and (passed_on.left_at is null or given.given_at > passed_on.left_at)
            and (given.expires_at is null or {moment} < given.expires_at)
            and (
                given.valid_for_months is null
                or (
                    given.given_at > {_NEVER}
                    and {moment} < given.given_at + to_months(given.valid_for_months)
                )
            )
        group by given.key_type, given.key_value, given.purpose, given.given_at
    """


def lists(moment: str) -> str:
    """The suppression lists: what they say of a contact point, from when, and whether still."""
    return f"""
        select
            suppressions.key_type, suppressions.key_value,
            case
                when reason in ('bounced', 'complained', 'erased', 'lifted') then reason
                else 'manual'
            end as reason,
            case
                when reason = 'lifted' then coalesce(suppressed_at, first_seen_at)
                else least(suppressed_at, coalesce(first_seen_at, {moment}))
            end as t,
            bool_or(last_seen_at is null or last_seen_at > {moment}) as is_there
        from suppressions
        left join (
            select suppression_id, consent_model, first_seen_at as loaded_at, retracted_at
            from retractions
            where
                denials_too = 'true' and retracted_at <= {moment}
                and (undone_at is null or undone_at > {moment})
        ) as taken_back
            on coalesce(suppressions.first_seen_at, {_NEVER}) <= taken_back.retracted_at
            and (
                suppressions.suppression_id = taken_back.suppression_id
                or (
                    suppressions.consent_model = taken_back.consent_model
                    and suppressions.first_seen_at = taken_back.loaded_at
                )
            )
        where
            taken_back.retracted_at is null
            and coalesce(suppressions.first_seen_at, {_NEVER}) <= {moment}
            and coalesce(suppressions.present_from, {_NEVER}) <= {moment}
        group by all
        having t <= {moment}
    """


def effects(moment: str) -> str:
    """Grants in force and denials, of consent events and suppression lists."""
    return """
        select
            key_type, key_value, purpose, true as is_grant, t, false as is_erasure, is_moved
        from grants
        union
        select key_type, key_value, purpose, false, t, false, false
        from counting where status = 'denied'
        union
        select
            key_type, key_value, case reason when 'complained' then 'use' else 'storage' end,
            false, t, reason = 'erased', false
        from lists where reason in ('complained', 'erased')
    """
