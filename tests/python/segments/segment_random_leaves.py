"""Random worlds and leaves for the second edition of the language; see segment_random."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from segment_values import ATTRIBUTES, KINDS

if TYPE_CHECKING:
    from segment_random import Dice

LISTS = ("tags", "topics")
VALUES = ["vip", "trade", "O'Brien", "é", "", "A", "a", "50%"]
EXPORTS = ("letters", "offers")
FORMER = "former-{}@example.com"
PAST = "gone_segment"

# columns of the two activities that may be equal
SAME = {
    ("orders", "visits"): [["category", "page"], ["quantity", "seconds"]],
    ("visits", "orders"): [["page", "category"], ["seconds", "quantity"]],
    ("orders", "orders"): [["category"], ["quantity"], ["shipped_on"], ["is_returned"]],
    ("visits", "visits"): [["page"], ["seconds"]],
    ("orders", "logins"): [["category", "device"]],
    ("logins", "orders"): [["device", "category"]],
    ("visits", "logins"): [["page", "device"]],
    ("logins", "visits"): [["device", "page"]],
    ("logins", "logins"): [["device"]],
}


def draw_world(dice: Dice) -> dict[str, list[dict[str, Any]]]:
    """Draws what the leaves ask for, into the world, and gives it as tables too."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for part in (_points, _lists, _deliveries):
        tables |= part(dice)
    tables["int_identity__successors"] = _successors(dice)
    return tables


def _past(dice: Dice, share_of_none: float = 0.1) -> datetime | None:
    chance = dice.random
    if chance.random() < share_of_none:
        return None
    near = chance.random() < 0.6
    back = timedelta(hours=chance.randint(0, 24 * (40 if near else 900)))
    return dice.as_of - back + timedelta(microseconds=chance.choice([0, 0, 1]))


def _points(dice: Dice) -> dict[str, list[dict[str, Any]]]:
    """Two contact points of a channel at most, and the grants that decide on them."""
    chance, world = dice.random, dice.world
    points, grants = [], []
    for profile in dice.profiles:
        key = profile["profile_id"]
        for number in range(chance.randint(1, 2)):
            for purpose in _asked(dice):
                status = chance.choice(["granted", "granted", "denied", "no_record"])
                permitted = status == "granted" and chance.random() < 0.8
                if number == 0 and purpose in dice.purposes:
                    status = world.statuses.get((key, purpose), "no_record")
                    permitted = world.permitted.get((key, purpose), False)
                place = {
                    "profile_id": key,
                    "purpose": purpose,
                    "key_type": "phone" if purpose == "sms_offers" else "email",
                    "key_value": f"{number or ''}{key}@example.com",
                }
                reason = "granted" if permitted else "no_record"
                state = {"status": status, "is_permitted": permitted, "reason": reason}
                points.append({**place, **state})
                source = chance.choice(["preference_center", "shop"])
                grant = {"granted_at": _past(dice), "source_name": source, "ends_at": None}
                if chance.random() < 0.7:
                    grant["ends_at"] = dice.as_of + timedelta(hours=chance.randint(1, 24 * 120))
                # a grant that nothing rests on: the purpose asks for none
                decides = status == "granted" and chance.random() < 0.9
                if decides:
                    grants.append({**place, **grant})
                known = grant if decides else {}
                world.points.setdefault((key, purpose), []).append(  # type: ignore[attr-defined]
                    {**state, "grant": known}
                )
    return {"contact_point_permissions": points, "int_consent__deciding_grants": grants}


def _asked(dice: Dice) -> tuple[str, ...]:
    return (*dice.purposes, "partner_news")


def _lists(dice: Dice) -> dict[str, list[dict[str, Any]]]:
    chance, world = dice.random, dice.world
    tables: dict[str, list[dict[str, Any]]] = {}
    for name in LISTS:
        found: dict[str, set[str]] = {}
        rows = []
        for profile in dice.profiles:
            key = profile["profile_id"]
            for source in sorted(world.sources[key]):
                for value in chance.choices(VALUES, k=chance.choice([0, 0, 1, 2, 3])):
                    rows.append({"source_name": source, "source_record_id": key, "value": value})
                    found.setdefault(key, set()).add(value)
            if chance.random() < 0.1:
                rows.append({"source_name": "crm", "source_record_id": key, "value": None})
        rows.append({"source_name": "gone", "source_record_id": "x", "value": "vip"})
        tables[f"int_lists__{name}"] = rows
        world.lists[name] = found  # type: ignore[index]
    return tables


def _deliveries(dice: Dice) -> dict[str, list[dict[str, Any]]]:
    """Deliveries with their audiences first; the ledger follows from them."""
    chance, world = dice.random, dice.world
    deliveries, members, former, points = [], [], [], []
    owners: dict[str, list[str]] = {}
    for profile in dice.profiles:
        key = profile["profile_id"]
        owners.setdefault(f"{key}@example.com", []).append(key)
        points.append((key, "email", f"{key}@example.com"))
        if chance.random() < 0.3:
            address = FORMER.format(chance.randint(0, 9))
            owners.setdefault(address, []).append(key)
            former.append({"profile_id": key, "key_type": "email", "key_value": address})
    for export in EXPORTS:
        audience_at: dict[str, list[datetime]] = {}
        hours = sorted(chance.sample(range(1, 24 * 60), 6), reverse=True)
        times = [dice.as_of - timedelta(hours=hour) for hour in hours]
        times += [dice.as_of, dice.as_of + timedelta(hours=1)]
        kinds = [chance.choice(["full", "added", "unchanged", "removed"]) for _ in times]
        kinds[0] = "full"
        for time, kind in zip(times, kinds, strict=True):
            status = "unchanged" if kind == "unchanged" else "delivered"
            row = {"export_name": export, "destination": "out", "delivered_at": time}
            deliveries.append({**row, "kind": kind, "status": status})
            if kind == "full" and chance.random() < 0.5:
                deliveries.append({**row, "kind": "added", "status": status})
        starts = [index for index, kind in enumerate(kinds) if kind in ("full", "added")]
        for address in owners:
            if chance.random() < 0.3:
                continue
            start = chance.choice(starts)
            later = times[start + 1 :]
            removed = chance.choice(later) if later and chance.random() < 0.5 else None
            members.append(
                {"export_name": export, "destination": "out", "key_type": "email"}
                | {"key_value": address, "delivered_at": times[start], "removed_at": removed}
            )
            audience_at[address] = [
                time
                for time, kind in zip(times, kinds, strict=True)
                if (removed is None or time < removed)
                and (
                    (kind == "added" and time == times[start])
                    or (kind in ("full", "unchanged") and time >= times[start])
                )
            ]
        world.deliveries[export] = {}  # type: ignore[index]
        for address, seen in audience_at.items():
            for key in owners[address]:
                world.deliveries[export].setdefault(key, []).extend(seen)  # type: ignore[attr-defined]
    return {
        "deliveries": deliveries,
        "delivered_members": members,
        "int_identity__former_points": former,
    }


def _successors(dice: Dice) -> list[dict[str, Any]]:
    chance, world = dice.random, dice.world
    ids = [profile["profile_id"] for profile in dice.profiles]
    world.successors.update({key: {key} for key in ids})  # type: ignore[attr-defined]
    for number in range(10):
        led_to = set(chance.sample(ids, chance.randint(1, 2)))
        world.successors[f"old{number}"] = {f"old{number}", *led_to}  # type: ignore[index]
    return [
        {"profile_id": key, "successor_id": to}
        for key, reached in world.successors.items()
        for to in sorted(reached)
    ]


def draw_stays(dice: Dice, segments: list[str]) -> list[dict[str, Any]]:
    """Stays of earlier refreshes, this run's and later ones among them."""
    chance, rows = dice.random, []
    for segment in (*segments, PAST):
        stays = []
        for key in dice.world.successors:
            if chance.random() < 0.5:
                continue
            entered = _past(dice, 0) or dice.as_of
            if chance.random() < 0.1:
                entered = dice.as_of + timedelta(hours=chance.choice([0, 1]))
            left: datetime | None = None
            if chance.random() < 0.6:
                left = entered + timedelta(hours=chance.randint(1, 24 * 60))
                if chance.random() < 0.2:
                    left = max(entered, dice.as_of)
            stays.append({"profile_id": key, "entered_at": entered, "left_at": left})
        dice.world.stays[segment] = stays  # type: ignore[index]
        rows += [{"segment_name": segment, **stay} for stay in stays]
    return rows


def draw_leaf(dice: Dice, segments: list[str]) -> dict[str, Any]:
    """One of the new leaves."""
    chance = dice.random
    kind = chance.choice(["consent", "sequence", "sequence", "compare", "list", "member", "sent"])
    if kind == "consent":
        return _consent_leaf(dice)
    if kind == "sequence":
        return _sequence_leaf(dice)
    if kind == "compare":
        return _compare_leaf(dice)
    if kind == "list":
        return _list_leaf(dice)
    if kind == "member":
        return _member_leaf(dice, segments)
    dice.used.add("delivered")
    leaf: dict[str, Any] = {"delivered": chance.choice(EXPORTS)}
    if chance.random() < 0.6:
        leaf["within_last"] = _window(chance)
    if chance.random() < 0.6:
        leaf["count"] = dice.numeric_tests([0, 1, 2, 3])
    return leaf


def _window(chance: random.Random) -> dict[str, int]:
    unit = chance.choice(["days", "days", "weeks", "hours", "months"])
    return {unit: chance.choice([1, 2, 7, 20, 30])}


def _times(dice: Dice) -> dict[str, Any]:
    return dice.operator("timestamp", "", {}, [])


def _consent_leaf(dice: Dice) -> dict[str, Any]:
    chance = dice.random
    leaf: dict[str, Any] = {"consent": chance.choice(_asked(dice))}
    if chance.random() < 0.4:
        leaf["is"] = chance.choice(["permitted", "granted"])
    for key in chance.sample(["recorded", "expires", "from"], chance.choice([1, 1, 2, 3])):
        dice.used.add(key)
        if key == "from":
            leaf[key] = chance.sample(["preference_center", "shop", "other"], chance.randint(1, 2))
        else:
            leaf[key] = _times(dice)
    return leaf


def _sequence_leaf(dice: Dice) -> dict[str, Any]:
    chance = dice.random
    first, second = chance.choice(list(SAME))
    leaf: dict[str, Any] = {"activity": first}
    if chance.random() < 0.5:
        leaf["where"] = dice.activity_condition(first)
    days = first == "logins" or second == "logins"
    both = ["followed_by", "not_followed_by"]
    for key in chance.choice([both[:1], both[1:], both]):
        dice.used.add(key)
        given: dict[str, Any] = {"activity": second}
        if key == "not_followed_by" or chance.random() < 0.7:
            dice.used.add("within")
            unit = "days" if days else chance.choice(["hours", "days", "weeks"])
            most = {"hours": 24 * 30, "days": 60, "weeks": 20}[unit]
            given["within"] = {unit: chance.randint(0, most)}
        if chance.random() < 0.4:
            dice.used.add("same")
            pair = chance.choice(SAME[first, second])
            given["same"] = [pair[0] if len(pair) == 1 else {pair[0]: pair[1]}]
        if chance.random() < 0.3:
            given["where"] = dice.activity_condition(second)
        leaf[key] = given
    if chance.random() < 0.4:
        leaf["count"] = dice.numeric_tests([0, 1, 2, 3])
    return leaf


def _compare_leaf(dice: Dice) -> dict[str, Any]:
    chance = dice.random
    dice.used.add("compare")
    kind = chance.choice(["number", "number", "text", "time", "time"])
    left, right = _side(dice, kind), _side(dice, kind)
    names = {
        "time": ["eq", "ne", "before", "after", "on_or_before", "on_or_after"],
    }.get(kind, ["eq", "ne", "lt", "lte", "gt", "gte"])
    if kind == "number" and chance.random() < 0.7:
        dice.used.add("times")
        right["times"] = chance.choice([1, 2, 0.5, 1.5, 0.1, 3])
    if kind == "time" and chance.random() < 0.7:
        dice.used.add("plus")
        right["plus"] = {chance.choice(["days", "weeks"]): chance.choice([0, 1, 3, 30])}
    return {"compare": left, chance.choice(names): right}


def _side(dice: Dice, kind: str) -> dict[str, Any]:
    chance = dice.random
    if kind == "text" or chance.random() < 0.4:
        kinds = ("date", "timestamp") if kind == "time" else (kind,)
        names = [name for name, type_ in ATTRIBUTES.items() if KINDS[type_] in kinds]
        return {"field": chance.choice(names)}
    sides: list[dict[str, Any]] = [
        {"activity": "orders", "sum": "total"},
        {"activity": "orders", "count": True},
        {"activity": "orders", "avg": "quantity"},
        {"activity": "orders", "max": "weight"},
        {"activity": "visits", "count_distinct": "page"},
        {"activity": "orders", "min": "total"},
    ]
    if kind == "time":
        sides = [
            {"activity": "orders", "first_at": True},
            {"activity": "visits", "last_at": True},
            {"activity": "logins", "last_at": True},
            {"activity": "orders", "max": "shipped_on"},
        ]
    side = dict(chance.choice(sides))
    if chance.random() < 0.4:
        side["where"] = dice.activity_condition(side["activity"])
    if chance.random() < 0.3 and side["activity"] != "logins":
        side |= {"within_last": {"days": chance.choice([30, 200, 400])}}
    return side


def _list_leaf(dice: Dice) -> dict[str, Any]:
    chance = dice.random
    dice.used.add("list")
    leaf: dict[str, Any] = {"list": chance.choice(LISTS)}
    for key in chance.sample(["any_of", "all_of", "none_of"], chance.choice([0, 1, 1, 2])):
        leaf[key] = chance.sample(VALUES, chance.randint(1, 3))
    if chance.random() < 0.4:
        leaf["count"] = dice.numeric_tests([0, 1, 2, 3])
    return leaf


def _member_leaf(dice: Dice, segments: list[str]) -> dict[str, Any]:
    chance = dice.random
    dice.used.add("member_of")
    leaf: dict[str, Any] = {"member_of": chance.choice([*segments, PAST])}
    for key in chance.sample(["within_last", "now", "entered", "left"], chance.choice([1, 1, 2])):
        leaf[key] = {
            "within_last": _window(chance),
            "now": True,
            "entered": _times(dice),
            "left": _times(dice),
        }[key]
    return leaf


def draw_limit(dice: Dice) -> dict[str, Any]:
    chance = dice.random
    dice.used.add("limit")
    by: Any = "random"
    if chance.random() < 0.7:
        fields = ["lifetime_value", "points", "score", "country", "birth_date", "last_visit"]
        by = {"field": chance.choice(fields), "order": chance.choice(["asc", "desc"])}
    return {"to": chance.choice([1, 3, 10, 25, 1000]), "by": by}


def draw_day(dice: Dice) -> date:
    return dice.as_of.date() - timedelta(days=dice.random.randint(-2, 90))
