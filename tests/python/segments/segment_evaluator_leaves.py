"""The leaves of the language's second edition, by the words of docs/segments.md, in plain Python.

Written without a look at the macros, as segment_evaluator is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import segment_evaluator as core
from segment_evaluator import Row, World

AGGREGATES_OF_COLUMNS = ("count_distinct", "sum", "avg", "min", "max")
TIMES = ("eq", "ne", "before", "after", "on_or_before", "on_or_after")


def consent_dates_hold(leaf: Row, identity: str, world: World) -> bool:
    """Whether one contact point answers to all keys of a consent leaf."""
    asked = leaf.get("is", "permitted")
    for point in world.points.get((identity, leaf["consent"]), ()):
        if not (point["is_permitted"] if asked == "permitted" else point["status"] == "granted"):
            continue
        grant = point["grant"]
        if "from" in leaf and grant.get("source_name") not in leaf["from"]:
            continue
        if all(
            core.operators_hold(grant.get(column), leaf[key], {}, world)
            for key, column in (("recorded", "granted_at"), ("expires", "ends_at"))
            if key in leaf
        ):
            return True
    return False


def is_followed(leaf: Row, row: Row, identity: str, world: World) -> bool:
    """Whether a row of the first activity counts, as far as it has to be followed or not."""
    for key in ("followed_by", "not_followed_by"):
        if key not in leaf:
            continue
        given = leaf[key]
        found = any(
            _follows(given, row, other, leaf["activity"], identity, world)
            for other in world.activities[given["activity"]]
        )
        if found != (key == "followed_by"):
            return False
        if key == "not_followed_by":
            span = _span(given["within"])
            first = row["occurred_at"]
            if isinstance(first, datetime):
                if world.as_of < first + span:
                    return False
            elif world.today < first + span:
                return False
    return True


def _follows(given: Row, row: Row, other: Row, activity: str, identity: str, world: World) -> bool:
    if other["occurred_at"] is None or core.later_than(other["occurred_at"], world):
        return False
    if "same" in given:
        pairs = []
        for each in given["same"]:
            pairs += list(each.items()) if isinstance(each, Mapping) else [(each, each)]
        for mine, its in pairs:
            left, right = core.known(row[mine]), core.known(other[its])
            if left is None or right is None or left != right:
                return False
    elif other["profile_id"] != identity:
        return False
    first, second = row["occurred_at"], other["occurred_at"]
    if not (isinstance(first, datetime) and isinstance(second, datetime)):
        first, second = world.day(first), world.day(second)
    if second < first or (given["activity"] == activity and second == first):
        return False
    if "within" in given and second > first + _span(given["within"]):
        return False
    return core.satisfies(given.get("where", []), {**other, "profile_id": identity}, world)


def _span(within: Mapping[str, int]) -> timedelta:
    ((unit, count),) = within.items()
    return timedelta(**{unit: count})


def compare_holds(leaf: Row, profile: Row, world: World) -> bool:
    """Whether the two values of a comparison are as it says."""
    ((name, given),) = ((key, value) for key, value in leaf.items() if key != "compare")
    left, right = _side(leaf["compare"], profile, world), _side(given, profile, world)
    if left is None or right is None:
        return name == "ne"
    if isinstance(left, date):
        if not (isinstance(left, datetime) and isinstance(right, datetime)):
            left, right = world.day(left), world.day(right)
        if "plus" in given:
            right = right + _span(given["plus"])
    elif "times" in given:
        factor = Fraction(str(given["times"]))
        if isinstance(left, float) or isinstance(right, float):
            right = float(right) * float(factor)
        else:
            right = Fraction(right) * factor
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    elif isinstance(left, int | Decimal):
        left, right = Fraction(left), Fraction(right)
    return {
        "eq": left == right,
        "ne": left != right,
        "lt": left < right,
        "lte": left <= right,
        "gt": left > right,
        "gte": left >= right,
        "before": left < right,
        "on_or_before": left <= right,
        "after": left > right,
        "on_or_after": left >= right,
    }[name]


def _side(side: Row, profile: Row, world: World) -> Any:
    if "field" in side:
        return core.known(profile[side["field"]])
    name = next(key for key in core.AGGREGATES if key in side)
    leaf = {key: value for key, value in side.items() if key not in ("times", "plus", name)}
    rows = core.rows_of(leaf, profile["profile_id"], world)
    column = side[name] if name in AGGREGATES_OF_COLUMNS else "occurred_at"
    return core.aggregate(name, column, rows)


def list_holds(leaf: Row, identity: str, world: World) -> bool:
    """Whether the values of a list are as a leaf says."""
    values = world.lists[leaf["list"]].get(identity, set())
    asked = [key for key in leaf if key != "list"]
    if not asked:
        return bool(values)
    return all(
        {
            "any_of": lambda: bool(values & set(leaf["any_of"])),
            "all_of": lambda: values >= set(leaf["all_of"]),
            "none_of": lambda: not values & set(leaf["none_of"]),
            "count": lambda: core.operators_hold(len(values), leaf["count"], {}, world),
        }[key]()
        for key in asked
    )


def member_of_holds(leaf: Row, identity: str, world: World) -> bool:
    """Whether an earlier stay is as a leaf says: one that began before this moment."""
    for stay in world.stays.get(leaf["member_of"], ()):
        if identity not in world.successors.get(stay["profile_id"], {stay["profile_id"]}):
            continue
        entered, left = stay["entered_at"], stay["left_at"]
        if entered >= world.as_of:
            continue
        if left is not None and left >= world.as_of:
            left = None
        if leaf.get("now") and left is not None:
            continue
        if "within_last" in leaf and not (
            left is None
            or core.operators_hold(left, {"within_last": leaf["within_last"]}, {}, world)
        ):
            continue
        if "entered" in leaf and not core.operators_hold(entered, leaf["entered"], {}, world):
            continue
        if "left" in leaf and not core.operators_hold(left, leaf["left"], {}, world):
            continue
        return True
    return False


def delivered_holds(leaf: Row, identity: str, world: World) -> bool:
    """Whether earlier deliveries of an export are as many as a leaf says."""
    times = {
        time
        for time in world.deliveries.get(leaf["delivered"], {}).get(identity, ())
        if time < world.as_of
        and (
            "within_last" not in leaf
            or core.operators_hold(time, {"within_last": leaf["within_last"]}, {}, world)
        )
    }
    if "count" not in leaf:
        return bool(times)
    return core.operators_hold(len(times), leaf["count"], {}, world)


def cut(name: str, rule: Row, members: Sequence[Row]) -> set[str]:
    """Who is left of the members when a rule has a limit."""
    ids = {row["profile_id"] for row in members}
    if "limit" not in rule:
        return ids
    by = rule["limit"]["by"]

    def tie(row: Row) -> tuple[int, str]:
        digest = hashlib.md5(f"{name}:{row['profile_id']}".encode()).hexdigest()
        return int(digest[:8], 16), row["profile_id"]

    ranked = sorted(members, key=tie)
    if by != "random":
        values = [row for row in ranked if core.known(row[by["field"]]) is not None]
        missing = [row for row in ranked if core.known(row[by["field"]]) is None]
        values.sort(key=lambda row: row[by["field"]], reverse=by["order"] == "desc")
        # a sort in reverse keeps the order of equals
        ranked = values + missing
    return {row["profile_id"] for row in ranked[: rule["limit"]["to"]]}
