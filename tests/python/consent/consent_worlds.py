"""Random worlds for the model and the warehouse, many of them decided by one build.

A world has purposes of its own under a prefix, and people of its own; only the three rights are
shared, so that those are declared once for all worlds of a build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import hypothesis
from consent_model import Point, Suppression, Version, World
from hypothesis import strategies as st

COUNTRIES = ("NL", "US", "DE")
CHANNELS = ("email", "phone", None)


@dataclass(frozen=True)
class Row:
    """A consent row as a source has it; times are numbers of days before the first run."""

    consent_id: str
    point: int
    purpose: str
    status: str
    recorded: int | None
    confirmed: int | None
    expires: int | None
    loads: tuple[bool, ...]
    """In which loads the row is there."""


@dataclass(frozen=True)
class Sketch:
    """A world before it has names and dates."""

    purposes: dict[str, dict[str, Any]]
    people: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """Per person, the kinds of the contact points, and the countries of the records."""
    rows: tuple[Row, ...]
    suppressions: tuple[tuple[int, str, int | None], ...]


def day(now: datetime, days: int | None) -> datetime | None:
    """A moment so many days before; few different ones, so that ties are common."""
    return None if days is None else now - timedelta(days=days)


@st.composite
def trees(draw: st.DrawFn, size: int = 4) -> dict[str, dict[str, Any]]:
    """Purposes `a`, `b`, … with every key, each below `use` or one drawn before it."""
    found: dict[str, dict[str, Any]] = {}
    for name in "abcdefgh"[:size]:
        keys: dict[str, Any] = {
            "enforcement": draw(st.sampled_from(["opt_in", "opt_in", "opt_out", "none"]))
        }
        channel = draw(st.sampled_from(CHANNELS))
        if channel:
            keys["channel"] = channel
        if keys["enforcement"] != "none":
            parents = [
                each
                for each, above in found.items()
                if above["enforcement"] != "none" and above.get("channel") in (None, channel)
            ]
            if parents and draw(st.booleans()):
                keys["parent"] = draw(st.sampled_from(parents))
            if draw(st.integers(0, 3)) == 0:
                codes = draw(st.lists(st.sampled_from(COUNTRIES), min_size=1, unique=True))
                keys["enforcement_by_country"] = {
                    code: draw(st.sampled_from(["opt_in", "opt_out"])) for code in codes
                }
        if draw(st.integers(0, 3)) == 0:
            keys["valid_for_months"] = draw(st.sampled_from([1, 6]))
        if draw(st.integers(0, 3)) == 0:
            keys["double_opt_in"] = True
        policies = ["latest_denial", "latest_denial", "any_denial"]
        keys["conflict"] = draw(st.sampled_from(policies + (["contact_point"] if channel else [])))
        found[name] = keys
    return found


@st.composite
def sketches(draw: st.DrawFn, loads: int = 3) -> Sketch:
    """A world: a tree, a few people, their rows over several loads, suppressions."""
    purposes = draw(trees())
    people = tuple(
        draw(
            st.lists(
                st.tuples(
                    st.lists(
                        st.sampled_from(["email", "email", "phone"]), min_size=1, max_size=3
                    ).map(tuple),
                    st.lists(st.sampled_from(COUNTRIES), max_size=2).map(tuple),
                ),
                min_size=2,
                max_size=4,
            )
        )
    )
    points = sum(len(kinds) for kinds, _ in people)
    days = st.sampled_from([10, 10, 10, 20, 20, 5, 100, 400, -3, None])
    # one or several rows about the same, so that they contradict, replace and tie each other
    said = st.tuples(
        st.sampled_from("123456"),
        st.sampled_from(["granted", "granted", "denied", "pending"]),
        days,
        st.one_of(st.none(), days),
        st.one_of(st.none(), st.none(), days),
        st.tuples(*[st.sampled_from([True, True, False])] * loads),
    )
    about = st.tuples(
        st.integers(0, points - 1),
        st.sampled_from([*purposes, *purposes, "use", "sale", "storage"]),
        st.lists(said, min_size=1, max_size=4),
    )
    rows = [
        Row(consent_id, point, purpose, *rest)
        for point, purpose, several in draw(st.lists(about, min_size=points, max_size=points * 3))
        for consent_id, *rest in several
    ]
    suppressed = draw(
        st.lists(
            st.tuples(
                st.integers(0, points - 1),
                st.sampled_from(["bounced", "manual", "complained", "erased"]),
                days,
            ),
            max_size=1,
        )
    )
    return Sketch(purposes, people, tuple(rows), tuple(suppressed))


def drawn(count: int, seed: int) -> list[Sketch]:
    """So many worlds, the same for the same seed."""
    found: list[Sketch] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=[*hypothesis.HealthCheck],
    )
    @hypothesis.given(sketches())
    def keep(sketch: Sketch) -> None:
        found.append(sketch)

    keep()
    return found


def world_of(
    sketch: Sketch, loads: Sequence[datetime], rights: Mapping[str, Any], prefix: str = ""
) -> World:
    """The world of a sketch after its loads, with names and dates."""
    start = loads[0]
    points: dict[str, list[Point]] = {}
    for number, (kinds, _) in enumerate(sketch.people):
        points[f"{prefix}p{number}"] = [
            (
                kind,
                f"{prefix}{number}.{index}@example.com"
                if kind == "email"
                else f"+{abs(hash_of(prefix)) % 10**6:06d}{number:02d}{index:02d}",
            )
            for index, kind in enumerate(kinds)
        ]
    every = [point for listed in points.values() for point in listed]
    names = {name: f"{prefix}{name}" for name in sketch.purposes}
    purposes = {
        names[name]: {**keys, **({"parent": names[keys["parent"]]} if "parent" in keys else {})}
        for name, keys in sketch.purposes.items()
    }
    present: dict[tuple[Any, ...], list[bool]] = {}
    for row in sketch.rows:
        content = (
            f"{prefix}{row.consent_id}",
            every[row.point],
            names.get(row.purpose, row.purpose),
            row.status,
            day(start, row.recorded),
            day(start, row.confirmed),
            day(start, row.expires),
        )
        before = present.setdefault(content, [False] * len(loads))
        present[content] = [a or b for a, b in zip(before, row.loads, strict=True)]
    versions = []
    for content, there in present.items():
        if not any(there):
            continue
        last = max(index for index, is_there in enumerate(there) if is_there)
        gone = loads[last + 1] if last + 1 < len(loads) else None
        versions.append(Version(*content, loads[there.index(True)], gone))
    return World(
        purposes={**rights, **purposes},
        points=points,
        countries={
            f"{prefix}p{number}": set(countries)
            for number, (_, countries) in enumerate(sketch.people)
        },
        versions=versions,
        suppressions=[
            Suppression(every[point], reason, day(start, days))
            for point, reason, days in sketch.suppressions
        ],
        suppressions_seen_at=start,
    )


def hash_of(prefix: str) -> int:
    """A number of a prefix such as `w12_`."""
    return int("".join(filter(str.isdigit, prefix)) or 0)


def lines_of(
    sketch: Sketch, world: World, load: int, loads: Sequence[datetime], prefix: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Customers, consents and suppressions as the sources have them in one load."""
    start = loads[0]
    customers = []
    for number, (_, countries) in enumerate(sketch.people):
        person = f"{prefix}p{number}"
        records: list[dict[str, Any]] = [
            {"id": f"{kind}-{value}", "person": person, kind: value}
            for kind, value in world.points[person]
        ]
        records += [
            {"id": f"{person}-{code}", "person": person, "country": code} for code in countries
        ]
        customers += records
    every = [point for listed in world.points.values() for point in listed]
    consents = [
        {
            "id": f"{prefix}{row.consent_id}",
            "key_type": every[row.point][0],
            "key_value": every[row.point][1],
            "purpose": f"{prefix}{row.purpose}" if row.purpose in sketch.purposes else row.purpose,
            "status": row.status,
            "recorded_at": text(day(start, row.recorded)),
            "confirmed_at": text(day(start, row.confirmed)),
            "expires_at": text(day(start, row.expires)),
        }
        for row in sketch.rows
        if row.loads[load]
    ]
    suppressions = [
        {
            "key_type": each.point[0],
            "key_value": each.point[1],
            "reason": each.reason,
            "suppressed_at": text(each.suppressed_at),
        }
        for each in world.suppressions
    ]
    return customers, consents, suppressions


def text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
