"""Segment rules by the words of docs/segments.md, in plain Python: a second opinion.

Written without a look at the macros. Missing is None (NaN is made None first); each condition is
true or false, never unknown.
"""

from __future__ import annotations

import calendar
import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
NEGATIONS = {
    "ne": "eq",
    "not_in": "in",
    "not_between": "between",
    "not_contains": "contains",
}
AGGREGATES = ("count", "count_distinct", "sum", "avg", "min", "max", "first_at", "last_at")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass
class World:
    """What rules are about.

    Attributes:
        rules: the other segments' rules, by name.
        activities: per activity its rows, each with profile_id and occurred_at.
        permitted, statuses: by (profile_id, purpose); no status means no record.
        sources: the systems that each profile has a record from.
        points: per (profile_id, purpose) its contact points of the purpose's channel, each with
            status, is_permitted and the grant that decides there: granted_at, ends_at and
            source_name, or nothing.
        lists: per list and profile the values.
        stays: per segment its earlier stays: profile_id, entered_at, left_at.
        successors: the profiles that an id has led to, where it is not itself alone.
        deliveries: per export and profile the times at which it stood in the audience.
    """

    as_of: datetime
    time_zone: str = "UTC"
    rules: Mapping[str, Row] = field(default_factory=dict)
    activities: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    permitted: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    statuses: Mapping[tuple[str, str], str] = field(default_factory=dict)
    sources: Mapping[str, set[str]] = field(default_factory=dict)
    points: Mapping[tuple[str, str], Sequence[Row]] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, set[str]]] = field(default_factory=dict)
    stays: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    successors: Mapping[str, set[str]] = field(default_factory=dict)
    deliveries: Mapping[str, Mapping[str, Sequence[datetime]]] = field(default_factory=dict)

    def day(self, value: date | datetime) -> date:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC).astimezone(ZoneInfo(self.time_zone)).date()
        return value

    @property
    def today(self) -> date:
        return self.day(self.as_of)


def members_of(name: str, rule: Row, profiles: Sequence[Row], world: World) -> set[str]:
    """Who is in a segment: rule, guard, then the limit."""
    return leaves.cut(name, rule, [row for row in profiles if is_member(rule, row, world)])


def is_member(rule: Row, profile: Row, world: World) -> bool:
    """Whether the profile satisfies rule and guard."""
    purpose = rule.get("contact_for")
    if purpose and not world.permitted.get((profile["profile_id"], purpose), False):
        return False
    return satisfies(rule.get("where", []), profile, world)


def satisfies(
    condition: Any, profile: Row, world: World, leaf: Callable[[Row], bool] | None = None
) -> bool:
    """Whether a condition, or every one of a list, holds. `leaf` replaces how leaves are judged."""
    if isinstance(condition, list):
        return all(satisfies(one, profile, world, leaf) for one in condition)
    if "all" in condition:
        return all(satisfies(one, profile, world, leaf) for one in condition["all"])
    if "any" in condition:
        return any(satisfies(one, profile, world, leaf) for one in condition["any"])
    if "not" in condition:
        return not satisfies(condition["not"], profile, world, leaf)
    if "rule_of" in condition:
        return satisfies(world.rules[condition["rule_of"]].get("where", []), profile, world, leaf)
    return leaf(condition) if leaf else leaf_holds(condition, profile, world)


def leaf_holds(leaf: Row, profile: Row, world: World) -> bool:
    """Whether a leaf holds for the profile."""
    identity = profile["profile_id"]
    if "field" in leaf:
        return _field_holds(leaf, profile, world)
    if "compare" in leaf:
        return leaves.compare_holds(leaf, profile, world)
    if "list" in leaf:
        return leaves.list_holds(leaf, identity, world)
    if "member_of" in leaf:
        return leaves.member_of_holds(leaf, identity, world)
    if "delivered" in leaf:
        return leaves.delivered_holds(leaf, identity, world)
    if {"consent", "recorded"} <= set(leaf) or {"consent", "expires"} <= set(leaf):
        return leaves.consent_dates_hold(leaf, identity, world)
    if {"consent", "from"} <= set(leaf):
        return leaves.consent_dates_hold(leaf, identity, world)
    if "consent" in leaf:
        asked = leaf.get("is", "permitted")
        purpose = leaf["consent"]
        for status in [asked] if isinstance(asked, str) else asked:
            if status == "permitted":
                if world.permitted.get((identity, purpose), False):
                    return True
            elif world.statuses.get((identity, purpose), "no_record") == status:
                return True
        return False
    if "source" in leaf:
        return leaf["source"] in world.sources.get(identity, set())
    if "sample" in leaf:
        given = leaf["sample"]
        digest = hashlib.md5(f"{given['name']}:{identity}".encode()).hexdigest()
        percent = Fraction(int(digest[:8], 16) * 100, 2**32)
        return Fraction(given.get("from", 0)) <= percent < Fraction(given.get("below", 100))
    return _activity_holds(leaf, identity, world)


def rows_of(leaf: Row, identity: str, world: World) -> list[Row]:
    """The rows of an activity that a leaf asks for."""
    times = {
        key: operand
        for key, operand in leaf.items()
        if key not in ("activity", "where", "followed_by", "not_followed_by")
        and key not in AGGREGATES
    }
    return [
        row
        for row in world.activities[leaf["activity"]]
        if row["profile_id"] == identity
        and row["occurred_at"] is not None
        and not later_than(row["occurred_at"], world)
        and operators_hold(row["occurred_at"], times, row, world)
        and satisfies(leaf.get("where", []), {"profile_id": identity, **row}, world)
        and leaves.is_followed(leaf, row, identity, world)
    ]


def later_than(time: date, world: World) -> bool:
    """Whether something happened after the moment that is decided for."""
    return time > world.as_of if isinstance(time, datetime) else time > world.today


def _activity_holds(leaf: Row, identity: str, world: World) -> bool:
    rows = rows_of(leaf, identity, world)
    asked = {key: leaf[key] for key in AGGREGATES if key in leaf}
    if not asked:
        return bool(rows)
    for name, tests in asked.items():
        operators = {key: operand for key, operand in tests.items() if key != "of"}
        value = aggregate(name, tests.get("of", "occurred_at"), rows)
        if not operators_hold(value, operators, {}, world):
            return False
    return True


def aggregate(name: str, column: str, rows: Sequence[Row]) -> Any:
    if name == "count":
        return len(rows)
    values = [known(row[column]) for row in rows]
    values = [value for value in values if value is not None]
    if name == "count_distinct":
        return len(set(values))
    if name == "sum":
        return sum(values)
    if not values:
        return None
    if name == "avg":
        return float(sum(values)) / len(values)
    return min(values) if name in ("min", "first_at") else max(values)


def _field_holds(leaf: Row, row: Row, world: World) -> bool:
    operators = {k: v for k, v in leaf.items() if k not in ("field", "ignore_case")}
    fold = bool(leaf.get("ignore_case"))
    return operators_hold(row[leaf["field"]], operators, row, world, fold)


def operators_hold(value: Any, tests: Row, row: Row, world: World, fold: bool = False) -> bool:
    for name, operand in tests.items():
        positive = NEGATIONS.get(name, name)
        holds = _holds(known(value), positive, operand, row, world, fold)
        if holds == (positive != name):
            return False
    return True


def known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _fold(text: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def _holds(value: Any, name: str, operand: Any, row: Row, world: World, fold: bool) -> bool:
    if name == "is_missing":
        return (value is None) == operand
    if value is None:
        # the age of a missing day is missing, and what is asked of it may be a negation
        return name == "age" and operators_hold(None, operand, {}, world)
    if name == "in":
        return any(_holds(value, "eq", one, row, world, fold) for one in operand)
    if isinstance(value, date):
        return _day_holds(value, name, operand, row, world)
    if name in ("contains", "starts_with", "ends_with") and isinstance(operand, list):
        return any(_holds(value, name, one, row, world, fold) for one in operand)
    if name == "between":
        low, high = operand
        return _holds(value, "gte", low, row, world, fold) and _holds(
            value, "lte", high, row, world, fold
        )
    other = operand
    if isinstance(operand, dict):
        other = known(row[operand["field"]])
        if other is None:
            return False
    if isinstance(value, str):
        if fold:
            value, other = _fold(value), _fold(other)
        if name == "matches":
            pattern = re.sub(r"(?<!\\)\$$", r"\\Z", other)
            return re.search(pattern, value, re.ASCII) is not None
        texts: dict[str, Callable[[str, str], bool]] = {
            "eq": lambda a, b: a == b,
            "contains": lambda a, b: b in a,
            "starts_with": lambda a, b: a.startswith(b),
            "ends_with": lambda a, b: a.endswith(b),
            "lt": lambda a, b: a < b,
            "lte": lambda a, b: a <= b,
            "gt": lambda a, b: a > b,
            "gte": lambda a, b: a >= b,
        }
        return texts[name](value, other)
    if isinstance(value, bool):
        return bool(value == other)
    if isinstance(other, str):
        other = Decimal(other)
    return _number_holds(value, name, other)


def _number_holds(value: Any, name: str, other: Any) -> bool:
    if isinstance(value, float) or (isinstance(other, float) and not isinstance(value, Decimal)):
        left: Any = float(value) if isinstance(value, float) else Fraction(value)
        right: Any = float(other) if isinstance(value, float) else Fraction(repr(other))
    else:
        left = Fraction(value)
        right = Fraction(repr(other)) if isinstance(other, float) else Fraction(other)
    comparisons = {
        "eq": left == right,
        "lt": left < right,
        "lte": left <= right,
        "gt": left > right,
        "gte": left >= right,
    }
    return bool(comparisons[name])


def _day_holds(value: date, name: str, operand: Any, row: Row, world: World) -> bool:
    day, today = world.day(value), world.today
    if name in ("eq", "before", "after", "on_or_before", "on_or_after"):
        other = _operand_day(operand, row, world)
        if other is None:
            return False
        return {
            "eq": day == other,
            "before": day < other,
            "after": day > other,
            "on_or_before": day <= other,
            "on_or_after": day >= other,
        }[name]
    if name == "between":
        low, high = (_operand_day(one, row, world) for one in operand)
        return low is not None and high is not None and low <= day <= high
    if name in ("within_last", "within_next"):
        ((unit, count),) = operand.items()
        sign = -1 if name == "within_last" else 1
        if unit == "hours":
            assert isinstance(value, datetime)
            ends = sorted((world.as_of, world.as_of + sign * timedelta(hours=count)))
            return ends[0] <= value <= ends[1]
        bounds = sorted((today, shifted(today, unit, sign * count)))
        return bounds[0] <= day <= bounds[1]
    if name == "in_current":
        keys: dict[str, Callable[[date], Any]] = {
            "day": lambda d: d,
            "week": lambda d: d.isocalendar()[:2],
            "month": lambda d: (d.year, d.month),
            "quarter": lambda d: (d.year, (d.month - 1) // 3),
            "year": lambda d: d.year,
        }
        return bool(keys[operand](day) == keys[operand](today))
    if name == "anniversary_within":
        window = (today + timedelta(days=n) for n in range(operand["days"] + 1))
        return any(_birthday(day, one.year) == one for one in window)
    if name == "age":
        years = today.year - day.year
        if _birthday(day, today.year) > today:
            years -= 1
        return operators_hold(years, operand, {}, world)
    asked = operand if isinstance(operand, list) else [operand]
    if name == "weekday_is":
        return WEEKDAYS[day.weekday()] in asked
    return (day.month if name == "month_is" else day.day) in asked


def _birthday(day: date, year: int) -> date:
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def _operand_day(operand: Any, row: Row, world: World) -> date | None:
    if isinstance(operand, dict):
        ((key, value),) = operand.items()
        if key == "field":
            other = known(row[value])
            return None if other is None else world.day(other)
        unit, direction = key.split("_")
        return shifted(world.today, unit, value if direction == "ahead" else -value)
    if isinstance(operand, str):
        return date.fromisoformat(operand)
    assert isinstance(operand, date)
    return operand


def shifted(day: date, unit: str, count: int) -> date:
    """The day some units later; where a month is too short, its last day."""
    if unit in ("days", "weeks"):
        return day + timedelta(days=count * (7 if unit == "weeks" else 1))
    year, month = divmod(day.year * 12 + day.month - 1 + count * (12 if unit == "years" else 1), 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


import segment_evaluator_leaves as leaves  # noqa: E402 - each of the two needs the other
