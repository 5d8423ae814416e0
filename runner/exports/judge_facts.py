"""What the evidence of a delivery says, as tables of the judge's DuckDB.

The second reading of docs/consent.md, in SQL of its own (see judge.py). From the views `events`,
`retractions`, `suppressions`, `stretches` and `contact_points` it makes (the tables on the way are
those of judge_events.py: `effects` are the grants in force and the denials, with their times)

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

from runner.exports import judge_events


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
        "versions": judge_events.versions(moment),
        "said": judge_events.said(moment),
        "counting": judge_events.counting(moment),
        "grants": judge_events.grants(moment),
        "lists": judge_events.lists(moment),
        "effects": judge_events.effects(moment),
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
                effects.t > points.left_at and coalesce(effects.t > points.came_at, false)
            )
        group by all
    ),
    lifted as (
        select points.profile_id, points.key_type, points.key_value, effects.purpose,
            max(effects.t) as ever_at,
            max(effects.t) filter (effects.t < points.left_at) as in_time_at
        from points inner join effects using (key_type, key_value)
        where effects.is_grant and not effects.is_moved
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
    with held as (
        select profile_id, owner_record, key_type, key_value, min(first_seen_at) as came_at,
            case when bool_and(left_at is not null) then max(left_at) end as left_at
        from stretches where owner_id = profile_id group by all
    )
    select distinct
        present.profile_id, present.key_type, present.key_value, former.key_value as former
    from held as former
    inner join held as present
        on former.profile_id = present.profile_id
        and former.owner_record = present.owner_record
        and former.key_type = present.key_type
        and former.left_at <= present.came_at
    where present.left_at is null
"""

_INHERITED = """
    with denials as (
        select profile_id, key_type, key_value, purpose, d from former_no
        union all
        select contact_points.profile_id, own.key_type, own.key_value, own.purpose, own.d
        from contact_points inner join own using (key_type, key_value)
        where own.d is not null
    )
    select
        places_taken.profile_id, places_taken.key_type, places_taken.key_value,
        denials.purpose, max(denials.d) as d
    from places_taken
    inner join denials
        on places_taken.profile_id = denials.profile_id
        and places_taken.key_type = denials.key_type
        and places_taken.former = denials.key_value
    inner join rules
        on denials.purpose = rules.purpose
        and rules.conflict = 'contact_point' and rules.channel = denials.key_type
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
    with erased as (
        select key_type, key_value, max(t) filter (is_erasure) as t,
            max(t) filter (is_grant and not is_moved) as g
        from effects where purpose = 'storage' group by all
    )
    select profile_id from reaching where purpose = 'storage' and is_bound
    union
    -- who was withheld with an erased contact point is so until that is lifted
    select erasures.profile_id
    from erasures inner join erased using (key_type, key_value)
    where coalesce(erased.g <= erased.t, erased.t is not null)
"""


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"
