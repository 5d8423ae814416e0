"""What the evidence of a delivery says, as tables of the judge's DuckDB.

The second reading of docs/consent.md, in SQL of its own (see judge.py). From the views `events`,
`retractions`, `suppressions`, `stretches` and `contact_points` it makes

    own             key_type, key_value, purpose, g (latest grant in force that counts there),
                    d (latest denial made there)
    reaching        profile_id, purpose, d (latest denial that reaches all its contact points),
                    is_blocked (any_denial, and one stands that nothing has lifted)
    inherited       profile_id, key_type, key_value, purpose, d: under the policy contact_point, the
                    latest denial on the contact point whose place this one took
    suppressed      profile_id, key_type, key_value that must never be used
    storage_denied  profile_id of whom nothing may be kept
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

_NEVER = "timestamp '0001-01-01'"


@dataclass(frozen=True)
class Purpose:
    """A purpose as docs/consent.md defines it, with its defaults."""

    name: str
    enforcement: str
    by_country: Mapping[str, str]
    parent: str | None
    channel: str | None
    valid_for_months: int | None
    double_opt_in: bool
    conflict: str


def establish(
    connection: duckdb.DuckDBPyConnection, purposes: Sequence[Purpose], as_of: datetime
) -> None:
    """Makes the tables above for these purposes, as things stood at `as_of` (UTC)."""
    moment = f"timestamp '{as_of:%Y-%m-%d %H:%M:%S.%f}'"
    for table, sql in {
        "rules": _rules(purposes),
        "versions": _versions(moment),
        "said": _said(moment),
        "counting": _counting(moment),
        "grants": _grants(moment),
        "lists": _lists(moment),
        "effects": _effects(moment),
        "own": _OWN,
        "had": _had(moment),
        "former_no": _FORMER_NO,
        "released": _RELEASED,
        "reaching": _REACHING,
        "places_taken": _PLACES_TAKEN,
        "inherited": _INHERITED,
        "suppressed": _SUPPRESSED,
        "storage_denied": _STORAGE_DENIED,
    }.items():
        connection.execute(f"create or replace temporary table {table} as {sql}")


def _rules(purposes: Sequence[Purpose]) -> str:
    rows = ", ".join(
        f"({_literal(each.name)}, {_literal(each.channel)}, {each.valid_for_months or 'null'}, "
        f"{each.double_opt_in}, {_literal(each.conflict)})"
        for each in purposes
    )
    return f"""
        select * from (values {rows})
            as declared (purpose, channel, valid_for_months, double_opt_in, conflict)
    """


def _versions(moment: str) -> str:
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


def _said(moment: str) -> str:
    """What an event said on a contact point, whatever the wording, and when it was shown."""
    return f"""
        select
            event, consent_model, purpose, key_type, key_value, status, is_meant, is_void,
            recorded_at, confirmed_at, expires_at, own_time,
            bool_or(is_carried) as is_carried,
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


def _counting(moment: str) -> str:
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
                max(list_max(starts)) filter (is_meant) as meant_from,
                max(own_time) filter (is_meant and is_there) as meant_at
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
                        coalesce(not said.is_there and meaning.meant_from >= said.gone_at, false)
                        or coalesce(meaning.meant_at > said.own_time, false)
                    )
                )
        ),
        kept as (
            select timed.*
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
                            and moved.status in ('granted', 'pending')
                            and moved.t = timed.t
                            and moved.is_there
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
                            and dated.own_time is not null
                            and list_min(dated.starts) >= list_min(timed.starts)
                    )
                )
        )
        select *, max(t) over (partition by event, key_type, key_value) as last_at
        from kept
        qualify status = 'denied' or t = last_at
    """


def _grants(moment: str) -> str:
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
                and said.key_type = confirmed.key_type
                and not said.is_void
                and (
                    said.status = 'pending'
                    or (said.status = 'granted' and said.confirmed_at is null)
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
                owner_id, key_type, key_value, min(first_seen_at) as came_at,
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
        )
        select given.key_type, given.key_value, given.purpose, max(given.given_at) as t
        from given
        left join passed_on
            on given.key_type = passed_on.key_type and given.key_value = passed_on.key_value
        where
            given.is_here
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


def _lists(moment: str) -> str:
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


def _effects(moment: str) -> str:
    """Grants in force and denials, of consent events and suppression lists."""
    return """
        select key_type, key_value, purpose, true as is_grant, t, false as is_erasure from grants
        union
        select key_type, key_value, purpose, false, t, false from counting where status = 'denied'
        union
        select
            key_type, key_value, case reason when 'complained' then 'use' else 'storage' end,
            false, t, reason = 'erased'
        from lists where reason in ('complained', 'erased')
    """


_OWN = """
    select
        key_type, key_value, purpose,
        max(t) filter (is_grant) as g, max(t) filter (not is_grant) as d
    from effects group by key_type, key_value, purpose
"""


def _had(moment: str) -> str:
    """Former contact points: which record had it until when, and when another person got it."""
    return f"""
        with mine as (
            select profile_id, key_type, key_value, owner_record,
                max(coalesce(left_at, {moment})) as record_left_at
            from stretches where owner_id = profile_id group by all
        ),
        former as (
            select mine.profile_id, mine.key_type, mine.key_value,
                max(mine.record_left_at) as left_at
            from mine
            anti join contact_points
                on mine.profile_id = contact_points.profile_id
                and mine.key_type = contact_points.key_type
                and mine.key_value = contact_points.key_value
            group by all
        ),
        others as (
            select former.profile_id, former.key_type, former.key_value,
                min(stretches.first_seen_at) as came_at
            from former
            inner join stretches
                on former.profile_id = stretches.profile_id
                and former.key_type = stretches.key_type
                and former.key_value = stretches.key_value
                and stretches.owner_id <> former.profile_id
            where stretches.left_at is null or stretches.left_at > former.left_at
            group by all
        )
        select former.*, others.came_at, mine.owner_record, mine.record_left_at
        from former
        inner join mine using (profile_id, key_type, key_value)
        left join others using (profile_id, key_type, key_value)
    """


# The denials on former contact points that are this person's, and whether they were lifted there.
_FORMER_NO = """
    with points as (
        select distinct profile_id, key_type, key_value, left_at, came_at from had
    ),
    made as (
        select points.profile_id, points.key_type, points.key_value, points.left_at,
            effects.purpose, effects.is_erasure, max(effects.t) as d
        from points inner join effects using (key_type, key_value)
        where
            not effects.is_grant
            and not (
                effects.t > points.left_at and coalesce(effects.t >= points.came_at, false)
            )
        group by all
    ),
    lifted as (
        select points.profile_id, points.key_type, points.key_value, effects.purpose,
            max(effects.t) as ever_at,
            max(effects.t) filter (effects.t <= points.left_at) as in_time_at
        from points inner join effects using (key_type, key_value)
        where effects.is_grant
        group by all
    )
    select made.*,
        coalesce(
            case when made.is_erasure then lifted.ever_at else lifted.in_time_at end <= made.d, true
        ) as stands
    from made left join lifted using (profile_id, key_type, key_value, purpose)
"""

# Grants on what the same records have now: they lift a former denial for the person as a whole.
_RELEASED = """
    select had.profile_id, had.key_type, had.key_value, effects.purpose, max(effects.t) as g
    from had
    inner join stretches as present
        on had.profile_id = present.profile_id
        and had.profile_id = present.owner_id
        and had.owner_record = present.owner_record
        and present.left_at is null
    inner join effects
        on present.key_type = effects.key_type and present.key_value = effects.key_value
    where effects.is_grant
    group by all
"""

_REACHING = """
    with made as (
        select
            contact_points.profile_id, rules.purpose, rules.channel, rules.conflict,
            own.key_type, own.d, own.g is null or own.g <= own.d as stands,
            own.g is null or own.g <= own.d as binds, false as is_former
        from contact_points
        inner join own using (key_type, key_value)
        inner join rules on own.purpose = rules.purpose
        where own.d is not null
        union all
        select
            former_no.profile_id, rules.purpose, rules.channel, rules.conflict,
            former_no.key_type, former_no.d, former_no.stands,
            former_no.stands
            and (
                former_no.is_erasure
                or coalesce(released.g <= greatest(former_no.left_at, former_no.d), true)
            ),
            true
        from former_no
        inner join rules on former_no.purpose = rules.purpose
        left join released
            on former_no.profile_id = released.profile_id
            and former_no.key_type = released.key_type
            and former_no.key_value = released.key_value
            and former_no.purpose = released.purpose
    )
    select
        profile_id, purpose,
        max(d) filter (
            case
                when conflict = 'contact_point' then key_type <> channel
                when channel is not null then true
                when is_former and conflict = 'any_denial' then true
                else stands
            end
        ) as d,
        bool_or(conflict = 'any_denial' and binds) as is_blocked,
        bool_or(binds) as is_bound
    from made
    group by profile_id, purpose
"""

# Contact points of the kind that the same record was first seen with when it had lost the old one.
_PLACES_TAKEN = """
    select distinct had.profile_id, present.key_type, present.key_value, had.key_value as former
    from had
    inner join (
        select profile_id, owner_record, key_type, key_value, min(first_seen_at) as came_at
        from stretches
        where owner_id = profile_id
        group by all
        having bool_or(left_at is null)
    ) as present
        on had.profile_id = present.profile_id
        and had.owner_record = present.owner_record
        and had.key_type = present.key_type
        and had.record_left_at <= present.came_at
"""

_INHERITED = """
    select
        places_taken.profile_id, places_taken.key_type, places_taken.key_value,
        former_no.purpose, max(former_no.d) as d
    from places_taken
    inner join former_no
        on places_taken.profile_id = former_no.profile_id
        and places_taken.key_type = former_no.key_type
        and places_taken.former = former_no.key_value
    inner join rules
        on former_no.purpose = rules.purpose
        and rules.conflict = 'contact_point' and rules.channel = former_no.key_type
    group by all
"""

_SUPPRESSED = """
    with lifted as (
        select key_type, key_value, max(t) as t from lists where reason = 'lifted' group by all
    ),
    shut as (
        select lists.key_type, lists.key_value, bool_or(lists.reason = 'manual') as by_hand
        from lists left join lifted using (key_type, key_value)
        where
            (lists.reason = 'bounced' and lists.is_there)
            or (lists.reason = 'manual' and coalesce(lifted.t <= lists.t, true))
        group by all
    )
    select contact_points.profile_id, key_type, key_value
    from contact_points inner join shut using (key_type, key_value)
    union
    select places_taken.profile_id, places_taken.key_type, places_taken.key_value
    from places_taken
    inner join shut
        on places_taken.key_type = shut.key_type and places_taken.former = shut.key_value
    where shut.by_hand
"""

_STORAGE_DENIED = """
    select profile_id from reaching where purpose = 'storage' and is_bound
"""


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"
