"""Random people, activities and rules, for comparing the compiler with the evaluator.

Operands are mostly taken from the data, so that conditions tell people apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import segment_random_leaves as leaves
from segment_evaluator import WEEKDAYS, World, shifted
from segment_lab import PURPOSES, Lab
from segment_values import (
    ACTIVITIES,
    ATTRIBUTES,
    KINDS,
    NUMBERS,
    ORDERED,
    OTHER_PURPOSES,
    PATTERNS,
    TEXTS,
    ZONES,
)

from runner.segments.language import language

Rule = dict[str, Any]

NESTING = 6


class Dice:
    """Everything that is drawn, from one seed."""

    def __init__(self, seed: int, people: int = 60) -> None:
        """Draws a world: people, their consents and their activities."""
        self.random = random.Random(seed)
        self.as_of = self.random.choice(
            [
                datetime(2026, 2, 28, 15, 30),
                datetime(2024, 2, 29, 23, 45),
                datetime(2025, 12, 31, 22, 30),
                datetime(2026, 3, 31, 3, 0, 0, 250000),
                datetime(2027, 2, 28, 0, 0),
            ]
        )
        self.zone = self.random.choice(ZONES)
        self.purposes = ("newsletter", "product_updates", "sms_offers")
        self.profiles = [self._profile(number) for number in range(people)]
        self.world = World(
            as_of=self.as_of,
            time_zone=self.zone,
            rules={},
            activities={name: self._activity(name) for name in ACTIVITIES},
            permitted={},
            statuses={},
            sources={},
        )
        self._consents()
        self.more = leaves.draw_world(self)
        self.used: set[str] = set()

    # -- the world

    def _profile(self, number: int) -> dict[str, Any]:
        row: dict[str, Any] = {"profile_id": f"p{number:03d}{self.random.choice(['', 'ß', '%'])}"}
        for name, type_ in ATTRIBUTES.items():
            row[name] = self._value(type_)
        row["email"] = f"{number}@example.com" if self.random.random() < 0.8 else None
        row["phone"] = f"+3161234{number:04d}" if self.random.random() < 0.4 else None
        return row

    def _value(self, type_: str, missing: float = 0.15) -> Any:
        chance = self.random
        if chance.random() < missing:
            return float("nan") if type_.startswith("double") and chance.random() < 0.5 else None
        kind = KINDS[type_]
        if kind == "text":
            return chance.choice(TEXTS) if chance.random() < 0.8 else chance.choice("NLBEab") * 2
        if kind == "boolean":
            return chance.random() < 0.5
        if kind == "date":
            return self._day()
        if kind == "timestamp":
            return self._instant()
        if type_ == "bigint":
            return chance.choice([0, 1, -1, 2, 3, 10, 99, 100, 250, 1000, 12345678901])
        if type_.startswith("double"):
            return chance.choice([0.0, -0.25, 0.5, 1.5, 10.0, 100.0, 19.99, 0.1 + 0.2, 250.0])
        return Decimal(chance.choice([0, 50, 1999, 150, -25, 25000, 1000, 10000])) / 100

    def _day(self) -> date:
        chance, today = self.random, self.as_of.date()
        drawn = chance.random()
        if drawn < 0.5:
            return today + timedelta(days=chance.randint(-400, 60))
        if drawn < 0.65:
            return chance.choice([date(1988, 2, 29), date(2008, 2, 28), date(2000, 2, 29)])
        if drawn < 0.8:
            near = today + timedelta(days=chance.randint(-2, 20))
            return shifted(near, "years", -chance.randint(1, 60))
        return date(1950, 1, 1) + timedelta(days=chance.randint(0, 25000))

    def _instant(self) -> datetime:
        chance = self.random
        drawn = chance.random()
        if drawn < 0.3:
            return self.as_of + timedelta(hours=chance.randint(-72, 30))
        if drawn < 0.4:
            return self.as_of + timedelta(microseconds=chance.randint(-1, 1))
        day = datetime.combine(self._day(), datetime.min.time())
        if drawn < 0.7:
            # around midnight in some time zone
            return day + timedelta(
                minutes=30 * chance.randint(-26, 30), microseconds=chance.choice([0, 1, -1])
            )
        return day + timedelta(seconds=chance.randint(0, 86399))

    def _activity(self, name: str) -> list[dict[str, Any]]:
        rows = []
        for profile in self.profiles:
            for _ in range(self.random.choice([0, 0, 1, 2, 3, 6])):
                by_day = "occurred_at" in ACTIVITIES[name]
                row: dict[str, Any] = {"profile_id": profile["profile_id"]}
                row["occurred_at"] = leaves.draw_day(self) if by_day else self._instant()
                if self.random.random() < 0.05:
                    row["occurred_at"] = None
                rows.append(
                    {key: self._value(type_) for key, type_ in ACTIVITIES[name].items()} | row
                )
        return rows

    def _consents(self) -> None:
        world, chance = self.world, self.random
        for profile in self.profiles:
            key = profile["profile_id"]
            world.sources[key] = set(chance.sample(["crm", "webshop"], chance.randint(1, 2)))  # type: ignore[index]
            for purpose in (*self.purposes, "profiling", "use"):
                status = chance.choice(["granted", "denied", "pending", "expired", None])
                if status and purpose in self.purposes:
                    world.statuses[key, purpose] = status  # type: ignore[index]
                is_permitted = status == "granted" and chance.random() < 0.8
                world.permitted[key, purpose] = is_permitted  # type: ignore[index]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The world as the tables of a lab."""
        world = self.world
        profiles = [
            row
            | {
                f"consent_{purpose}": world.permitted.get((row["profile_id"], purpose), False)
                for purpose in (*self.purposes, *OTHER_PURPOSES)
            }
            for row in self.profiles
        ]
        consents = [
            {
                "profile_id": key,
                "purpose": purpose,
                "is_permitted": is_permitted,
                "key_type": "phone" if purpose == "sms_offers" else "email",
                "key_value": f"{key}@example.com" if is_permitted else None,
                "reason": "granted" if is_permitted else "no_record",
            }
            for (key, purpose), is_permitted in world.permitted.items()
        ]
        points = [
            {"profile_id": row["profile_id"], "key_type": kind, "is_primary": True}
            | {"key_value": f"{row['profile_id']}@example.com"}
            for row in self.profiles
            for kind in ("email", "phone")
        ]
        return {
            "profiles": profiles,
            "profile_consents": consents,
            "profile_contact_points": points,
            "int_consent__profile_statuses": [
                {"profile_id": key, "purpose": purpose, "status": status}
                for (key, purpose), status in world.statuses.items()
            ],
            "int_identity__record_profiles": [
                {"record_id": 1, "source_name": source, "source_record_id": key, "profile_id": key}
                for key, sources in world.sources.items()
                for source in sorted(sources)
            ],
            **self.more,
            **{f"int_activities__{name}": list(rows) for name, rows in world.activities.items()},
        }

    # -- rules

    def rules(self, count: int, new_leaves: float = 0.3) -> dict[str, Rule]:
        """Rules by name; later ones may use the earlier ones'.

        Args:
            new_leaves: the share of leaves of the second edition.
        """
        self.new_leaves = new_leaves
        self.with_history = [f"rule_{number:04d}" for number in range(0, count, 20)]
        self.stays = leaves.draw_stays(self, self.with_history)
        made: dict[str, Rule] = {}
        for number in range(count):
            rule: Rule = {}
            if self.random.random() < 0.4:
                rule["contact_for"] = self.random.choice(self.purposes)
            else:
                rule["contacts_nobody"] = "a test"
            where = self._condition(self.random.randint(0, NESTING), list(made))
            rule["where"] = [where, self._leaf(list(made))] if self.random.random() < 0.2 else where
            if self.random.random() < 0.15:
                rule["limit"] = leaves.draw_limit(self)
            made[f"rule_{number:04d}"] = rule
        self.world.rules = made
        return made

    def _condition(
        self, depth: int, others: list[str], leaf: Callable[[], Rule] | None = None
    ) -> Rule:
        make = leaf or (lambda: self._leaf(others))
        if depth == 0:
            return make()
        group = self._pick("all", "any", "any", "not")
        if group == "not":
            return {"not": self._condition(depth - 1, others, leaf)}
        # one branch goes to the full depth, the others end sooner, so that rules stay readable
        inner = [self._condition(depth - 1, others, leaf)]
        for _ in range(self.random.randint(0, 2)):
            inner.append(self._condition(self.random.randint(0, min(1, depth - 1)), others, leaf))
        self.random.shuffle(inner)
        return {group: inner}

    def _leaf(self, others: list[str]) -> Rule:
        if self.random.random() < self.new_leaves:
            return leaves.draw_leaf(self, self.with_history)
        drawn = self.random.random()
        if drawn < 0.5:
            return self._field_leaf(ATTRIBUTES, self.profiles)
        if drawn < 0.72:
            return self._activity_leaf()
        if drawn < 0.84:
            purpose = self.random.choice(self.purposes)
            asked = ["permitted", "granted", "pending", "expired", "denied", "no_record"]
            leaf: Rule = {"consent": purpose}
            if self.random.random() < 0.2:
                leaf["consent"] = self.random.choice(["profiling", "use"])
            elif self.random.random() < 0.5:
                leaf["is"] = self.random.choice(asked)
            else:
                leaf["is"] = self.random.sample(asked, self.random.randint(1, 3))
            self.used.add("consent")
            return leaf
        if drawn < 0.9 and others:
            self.used.add("rule_of")
            return {"rule_of": self.random.choice(others)}
        if drawn < 0.95:
            self.used.add("source")
            return {"source": self.random.choice(["crm", "webshop"])}
        self.used.add("sample")
        low = self.random.choice([0, 10, 33.3, 50])
        sample: Rule = {"name": self.random.choice(["a", "b'c", "{{ x }}", "50%"])}
        if low:
            sample["from"] = low
        if self.random.random() < 0.7:
            sample["below"] = low + self.random.choice([25, 12.5, 50])
        return {"sample": sample}

    def _field_leaf(self, types: dict[str, str], rows: list[dict[str, Any]]) -> Rule:
        if types is ATTRIBUTES and self.random.random() < 0.05:
            key = self.random.choice(["email", "phone"])
            return {"field": key, "is_missing": self.random.random() < 0.5}
        name = self.random.choice(list(types))
        leaf: Rule = {"field": name}
        while len(leaf) == 1 or self.random.random() < 0.2:
            leaf |= self.operator(KINDS[types[name]], name, types, rows)
        folding = {
            "eq",
            "ne",
            "in",
            "not_in",
            "contains",
            "not_contains",
            "starts_with",
            "ends_with",
        }
        may_fold = KINDS[types[name]] == "text" and not {"matches", *ORDERED} & set(leaf)
        if may_fold and folding & set(leaf) and self.random.random() < 0.4:
            leaf["ignore_case"] = self.random.random() < 0.8
            self.used.add("ignore_case")
        return leaf

    def _activity_leaf(self) -> Rule:
        self.used.add("activity")
        activity = self.random.choice(["orders", "visits"])
        types = ACTIVITIES[activity]
        leaf: Rule = {"activity": activity}
        if self.random.random() < 0.6:
            leaf["where"] = self.activity_condition(activity)
        times = tuple(language()["activity_time"])
        if self.random.random() < 0.4:
            leaf |= self.operator("timestamp", "", {}, [], only=times)
        for _ in range(self.random.choice([0, 1, 1, 2])):
            leaf |= self._aggregate(types)
        return leaf

    def activity_condition(self, activity: str) -> Any:
        """Conditions on the columns of an activity."""
        types, rows = ACTIVITIES[activity], list(self.world.activities[activity])

        def inner() -> Rule:
            return self._field_leaf(types, rows)

        where = self._condition(self.random.randint(0, 3), [], inner)
        return [where, inner()] if self.random.random() < 0.3 else where

    def _aggregate(self, types: dict[str, str]) -> Rule:
        name = self._pick(
            "count", "count", "count_distinct", "sum", "avg", "min", "max", "first_at", "last_at"
        )
        if name == "count":
            return {name: self.numeric_tests([0, 1, 2, 3, 4])}
        if name in ("first_at", "last_at"):
            return {name: self.operator("timestamp", "", {}, [])}
        wanted = {
            "count_distinct": ("text", "number", "boolean", "date", "timestamp"),
            "sum": ("number",),
            "avg": ("number",),
            "min": ("number", "date", "timestamp"),
            "max": ("number", "date", "timestamp"),
        }[name]
        column = self.random.choice([key for key, type_ in types.items() if KINDS[type_] in wanted])
        kind = KINDS[types[column]]
        if name in ("min", "max") and kind != "number":
            tests = self.operator(kind, "", {}, [])
        else:
            tests = self.numeric_tests([0, 1, 2, 3, 10, 100, 20.5, 250, 0.5])
        return {name: {"of": column, **tests}}

    def numeric_tests(self, values: list[Any]) -> Rule:
        name = self._pick(
            "eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "gte", "between", "not_between",
            "is_missing",
        )  # fmt: skip
        if name == "is_missing":
            return {name: self.random.random() < 0.5}
        if name in ("in", "not_in"):
            return {name: self.random.sample(values, self.random.randint(1, 3))}
        if name in ("between", "not_between"):
            return {name: sorted(self.random.choices(values, k=2))}
        return {name: self.random.choice(values)}

    def operator(
        self,
        kind: str,
        field: str,
        types: dict[str, str],
        rows: list[dict[str, Any]],
        only: tuple[str, ...] = (),
    ) -> Rule:
        every = ["eq", "ne", "in", "not_in", "is_missing"]
        own = {
            "text": [
                "contains",
                "not_contains",
                "starts_with",
                "ends_with",
                "matches",
                "lt",
                "lte",
                "gt",
                "gte",
                "between",
                "not_between",
            ],
            "number": ["lt", "lte", "gt", "gte", "between", "not_between"],
            "boolean": [],
        }
        days = ["before", "after", "on_or_before", "on_or_after", "between", "not_between",
                "within_last", "within_next", "in_current", "month_is", "day_of_month_is",
                "weekday_is", "anniversary_within", "age"]  # fmt: skip
        name = self._pick(*(only or every + own.get(kind, days)))
        if name == "is_missing":
            return {name: self.random.random() < 0.5}
        if name == "matches":
            return {name: self.random.choice(PATTERNS)}
        if name in ("contains", "not_contains", "starts_with", "ends_with"):
            if self.random.random() < 0.3:
                self.used.add("several texts")
                return {name: [self._part() for _ in range(self.random.randint(1, 3))]}
            return {name: self._part()}
        if name == "within_last" or name == "within_next":
            units = ["days", "weeks", "months", "years"] + (
                ["hours"] if kind == "timestamp" else []
            )
            unit = self.random.choice(units)
            return {name: {unit: self.random.choice([0, 1, 2, 5, 24, 30])}}
        if name == "in_current":
            return {name: self.random.choice(["day", "week", "month", "quarter", "year"])}
        if name in ("month_is", "day_of_month_is", "weekday_is"):
            pool: list[Any] = list(WEEKDAYS) if name == "weekday_is" else list(range(1, 13))
            if name == "day_of_month_is":
                pool = [1, 2, 15, 27, 28, 29, 30, 31]
            some = self.random.sample(pool, self.random.randint(1, 4))
            return {name: some if self.random.random() < 0.6 else some[0]}
        if name == "anniversary_within":
            return {name: {"days": self.random.choice([0, 1, 7, 30, 90, 364, 365, 366])}}
        if name == "age":
            return {name: self.numeric_tests([0, 1, 2, 17, 18, 38, 40, 65])}
        if name in ("in", "not_in"):
            count = self.random.randint(1, 4)
            return {name: [self._operand(kind, field, types, rows) for _ in range(count)]}
        if name in ("between", "not_between"):
            bounds = [self._operand(kind, field, types, rows) for _ in range(2)]
            if not any(isinstance(bound, dict) for bound in bounds):
                bounds.sort(key=(lambda each: Decimal(str(each))) if kind == "number" else str)
            return {name: bounds}
        return {name: self._operand(kind, field, types, rows)}

    def _part(self) -> str:
        text = self.random.choice([text for text in TEXTS if text])
        start = self.random.randrange(len(text))
        return text[start : start + self.random.randint(1, 4)] or text

    def _operand(
        self, kind: str, field: str, types: dict[str, str], rows: list[dict[str, Any]]
    ) -> Any:
        days = ("date", "timestamp")
        if field and self.random.random() < 0.12:
            others = [
                name
                for name, type_ in types.items()
                if KINDS[type_] == kind or (kind in days and KINDS[type_] in days)
            ]
            self.used.add("other field")
            return {"field": self.random.choice(others)}
        if kind == "text":
            return self.random.choice(TEXTS)
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "number" and types.get(field) == "numeric(18, 2)" and self.random.random() < 0.2:
            return self.random.choice(["19.99", "-0.25", "250", "1.50"])
        if kind == "number":
            return self.random.choice(NUMBERS)
        if self.random.random() < 0.3:
            unit = self.random.choice(["days", "weeks", "months", "years"])
            side = self.random.choice(["ago", "ago", "ahead"])
            self.used.add("relative day")
            return {f"{unit}_{side}": self.random.choice([0, 1, 2, 6, 18, 30])}
        known = [row[field] for row in rows if field and row[field] is not None]
        if known and self.random.random() < 0.7:
            day = self.world.day(self.random.choice(known))
        else:
            day = self._day()
        return day if self.random.random() < 0.5 else day.isoformat()

    def _pick(self, *names: str) -> str:
        name = self.random.choice(names)
        self.used.add(name)
        return name


def make_lab(folder: Any, dice: Dice, **more: Any) -> Lab:
    """A lab for such a world, with its tables loaded."""
    lab = Lab(
        folder=folder,
        attributes=ATTRIBUTES,
        activities=ACTIVITIES,
        lists=list(leaves.LISTS),
        exports=list(leaves.EXPORTS),
        purposes={**PURPOSES, "partner_news": {"channel": "email", "parent": "newsletter"}},
        variables={
            "time_zone": dice.zone,
            "observed_at": dice.as_of.replace(tzinfo=UTC).isoformat(),
        },
        **more,
    )
    lab.create()
    lab.load(dice.tables())
    return lab
