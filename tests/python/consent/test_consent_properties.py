"""What must hold for any input: the properties of docs/consent.md, on random worlds.

They are tried on the independent model, which is quick; that the warehouse decides as the model
does is what test_consent_agreement.py is for. What edits may permit is in test_consent_edits.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from consent_evidence import Load, Point, Row, Source, World, looked_up
from consent_model import Model
from consent_worlds import UNREADABLE, random_world
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

EXAMPLES = 3_000 if os.environ.get("CONSENT_LONG") else 40
START = datetime(2026, 6, 1, 12)
LOADS = tuple(START + timedelta(days=days) for days in (0, 2, 4))
NOW = LOADS[-1]
MODELS = {"state": Source(), "ledger": Source("ledger"), "carried": Source(carries=True)}
seeds = st.integers(0, 2**32)
times = st.sampled_from([None, 400, 100, 20, 10, 5, 0, -1])


def holds(test: Callable[..., Any]) -> Callable[..., Any]:
    """Many examples, and no deadline on a busy machine."""
    return settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )(test)


def world(seed: int) -> World:
    return random_world(Random(seed), LOADS, MODELS)


def permitted(model: Model) -> set[Any]:
    """All that is allowed: contact points for purposes, and profiles for purposes."""
    points = {place for place, each in model.decisions().items() if each.is_permitted}
    profiles = {
        (profile, purpose)
        for profile in model.profiles
        if not model.is_withheld(profile)
        for purpose in model.purposes
        if model.may_be_used(profile, purpose)
    }
    return points | profiles


def with_loads(given_world: World, change: Callable[[int, Load], Load]) -> World:
    loads = [change(number, load) for number, load in enumerate(given_world.loads)]
    return replace(given_world, loads=loads)


def with_rows(given_world: World, *more: Row, loads: Iterable[int] = range(3)) -> World:
    shown = set(loads)
    return with_loads(
        given_world,
        lambda number, load: replace(load, rows=(*load.rows, *more)) if number in shown else load,
    )


def points_of(given_world: World) -> list[Point]:
    points = {p for load in given_world.loads for r in load.records for p in r.points}
    return sorted(points)


def a_row(draw: st.DataObject, given_world: World, status: str) -> Row:
    """A new event of a ledger."""
    points = points_of(given_world)
    assume(points)
    days = draw.draw(times, label="recorded, days before")
    purposes = sorted({*given_world.purposes, "use", "sale", "storage"})
    return Row(
        "ledger",
        "crm",
        "new",
        draw.draw(st.sampled_from(points)),
        draw.draw(st.sampled_from(purposes)),
        status,
        None if days is None else START - timedelta(days=days),
        draw.draw(st.sampled_from([None, START])),
    )


def means(given_world: World, row: Row) -> str | None:
    answer = row.answer or ""
    if answer in ("granted", "denied", "pending"):
        return answer
    return looked_up(given_world.answers, row.source, answer)


@holds
@given(seeds, st.data())
def test_adding_a_denial_never_permits_anything(seed: int, data: st.DataObject) -> None:
    before = world(seed)
    after = with_rows(before, a_row(data, before, "denied"))
    assert permitted(Model(after, NOW)) <= permitted(Model(before, NOW))


@pytest.mark.parametrize("is_outage", [False, True], ids=["removed", "hidden once"])
@holds
@given(seed=seeds, data=st.data())
def test_removing_a_grant_never_permits_anything(
    is_outage: bool, seed: int, data: st.DataObject
) -> None:
    before = world(seed)
    events: dict[tuple[str, ...], set[str | None]] = {}
    for load in before.loads:
        for row in load.rows:
            events.setdefault(row.event, set()).add(means(before, row))
    grants = sorted(event for event, meanings in events.items() if meanings == {"granted"})
    assume(grants)
    gone = data.draw(st.sampled_from(grants))
    shown = [{row for row in load.rows if row.event == gone} for load in before.loads]
    if is_outage:
        # an outage that hides nothing which no other load showed
        assume(shown[2] <= shown[1])

    def without(number: int, load: Load) -> Load:
        if is_outage and number != 2:
            return load
        return replace(load, rows=tuple(row for row in load.rows if row.event != gone))

    after = with_loads(before, without)
    assert permitted(Model(after, NOW)) <= permitted(Model(before, NOW))


@holds
@given(seeds, st.data())
def test_adding_a_grant_permits_its_own_contact_point_only(seed: int, data: st.DataObject) -> None:
    before = world(seed)
    row = a_row(data, before, "granted")
    old, new = Model(before, NOW), Model(with_rows(before, row), NOW)
    # the exceptions: where its denial, or a former one, counts for all
    counts_for_all = old.channel(row.label) is None or old.conflict(row.label) == "any_denial"
    owners = [profile for profile in old.profiles if row.point in old.points(profile)]
    assume(
        not counts_for_all
        or not any(
            old.is_itself_denied(profile, row.point, row.label)
            or old.former_denials(profile, row.label)
            for profile in owners
        )
    )
    before_, after_ = old.decisions(), new.decisions()
    changed = {
        place[1]
        for place in after_
        if place in before_ and after_[place].is_permitted and not before_[place].is_permitted
    }
    assert changed <= {row.point}


@holds
@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_changes_a_decision(seed: int, chance: Any) -> None:
    one = world(seed)

    def shuffled(_: int, load: Load) -> Load:
        records, rows, suppressions = [*load.records], [*load.rows], [*load.suppressions]
        for listed in (records, rows, suppressions):
            chance.shuffle(listed)
        return Load(load.moment, tuple(records), tuple(rows), tuple(suppressions))

    assert Model(with_loads(one, shuffled), NOW).decisions() == Model(one, NOW).decisions()


@holds
@given(seeds)
def test_importing_the_same_file_twice_changes_nothing(seed: int) -> None:
    one = world(seed)
    twice = with_loads(one, lambda _, load: replace(load, rows=load.rows * 2))
    assert Model(twice, NOW).decisions() == Model(one, NOW).decisions()


@holds
@given(seeds)
def test_a_merge_permits_no_contact_point_that_was_not_permitted(seed: int) -> None:
    apart = Model(random_world(Random(seed), LOADS, MODELS, only_records=True), NOW)
    last = apart.world.loads[-1]
    assume(len(apart.profiles) > 1)
    first, second = sorted(apart.profiles, key=sorted)[:2]
    # what one of them had and the other has now is the other's own again after the merge
    for one, other in ((first, second), (second, first)):
        formers = {each.point for each in apart.formers(one)}
        assume(not formers & set(apart.points(other)))
    joined = {min(first), min(second)}
    shared = ("loyalty_id", "JOINED")
    records = tuple(
        replace(r, points=r.points | {shared}) if r.key in joined else r for r in last.records
    )
    loads = [*apart.world.loads[:-1], replace(last, records=records)]
    together = Model(replace(apart.world, loads=loads), NOW)
    assume(any(first | second <= profile for profile in together.profiles))

    def allowed(model: Model) -> set[tuple[Point, str]]:
        return {(p, u) for (_, p, u), each in model.decisions().items() if each.is_permitted}

    found = {place for place in allowed(together) if place[0] != shared}
    assert found <= allowed(apart)


@holds
@given(seeds, st.data())
def test_a_withdrawal_survives_the_deletion_of_its_row(seed: int, data: st.DataObject) -> None:
    before = world(seed)
    row = replace(a_row(data, before, "denied"), model="state")
    there, gone = with_rows(before, row), with_rows(before, row, loads=[0, 1])
    assert Model(gone, NOW).decisions() == Model(there, NOW).decisions()


@holds
@given(seeds, st.data())
def test_a_withdrawal_survives_the_import_of_an_older_grant(seed: int, data: st.DataObject) -> None:
    before = world(seed)
    row = a_row(data, before, "denied")
    assume(isinstance(row.recorded, datetime) and row.recorded < START)
    assert isinstance(row.recorded, datetime)
    older = replace(row, id="older", answer="granted", recorded=row.recorded - timedelta(days=1))
    after = Model(with_rows(with_rows(before, row), older, loads=[1, 2]), NOW)
    # of the purpose itself: one below it may have lifted the denial by a grant of its own
    found = {place for place in permitted(after) if place[-1] == row.label}
    assert found <= permitted(Model(before, NOW))


@holds
@given(seeds)
def test_after_a_split_a_withdrawal_stays_on_its_contact_point(seed: int) -> None:
    whole = Model(world(seed), NOW)
    records = tuple(
        replace(r, points=frozenset(p for p in r.points if p[0] == "email"))
        for r in whole.world.loads[-1].records
    )
    loads = [*whole.world.loads[:-1], replace(whole.world.loads[-1], records=records)]
    apart = Model(replace(whole.world, loads=loads), NOW)
    for part in apart.profiles:
        [profile] = [each for each in whole.profiles if part <= each]
        for point in apart.points(part):
            for purpose in whole.purposes:
                if whole.is_itself_denied(profile, point, purpose):
                    assert apart.is_itself_denied(part, point, purpose)


@holds
@given(seeds)
def test_nobody_is_reached_over_a_contact_point_that_is_not_permitted(seed: int) -> None:
    model = Model(world(seed), NOW)
    decisions = model.decisions()
    for profile in model.profiles:
        if model.is_withheld(profile):
            assert not any(place[0] == profile for place in decisions)
            continue
        for purpose, keys in model.world.purposes.items():
            if keys.get("channel") and model.may_be_used(profile, purpose):
                assert any(
                    decisions[profile, point, purpose].is_permitted
                    for point in model.points(profile)
                    if point[0] == keys["channel"]
                )


@holds
@given(seeds, st.sampled_from([0, 1]))
def test_the_past_is_what_a_refresh_at_that_time_would_have_decided(seed: int, number: int) -> None:
    drawn = world(seed)
    # the same people throughout: the past is decided with the identities of today
    one = with_loads(drawn, lambda _, load: replace(load, records=drawn.loads[0].records))
    then = LOADS[number]
    cut = replace(one, loads=one.loads[: number + 1])
    later = Model(one, NOW, as_of=then, known_at=then)
    assert later.decisions() == Model(cut, then).decisions()


@pytest.mark.parametrize("status", ["granted", "pending", "denied"])
@holds
@given(seed=seeds, data=st.data())
def test_what_was_seen_later_is_left_out(status: str, seed: int, data: st.DataObject) -> None:
    before = world(seed)
    after = with_rows(before, a_row(data, before, status), loads=[2])
    clocks = {"as_of": LOADS[1], "known_at": LOADS[1]}
    assert Model(after, NOW, **clocks).decisions() == Model(before, NOW, **clocks).decisions()


@pytest.mark.parametrize("status", ["granted", "pending", "denied"])
@holds
@given(seed=seeds, data=st.data())
def test_a_wrong_label_for_one_load_decides_like_the_right_one(
    status: str, seed: int, data: st.DataObject
) -> None:
    before = world(seed)
    row = replace(a_row(data, before, status), model="state")
    wrong = replace(row, answer="whatever that is")
    right = with_rows(before, row)
    mended = with_rows(with_rows(before, row, loads=[0, 2]), wrong, loads=[1])
    assert permitted(Model(mended, NOW)) == permitted(Model(right, NOW))


@holds
@given(seeds, st.data())
def test_a_time_that_cannot_be_read_permits_nothing_more(seed: int, data: st.DataObject) -> None:
    before = world(seed)
    row = replace(a_row(data, before, "granted"), expires=None)
    unreadable = replace(row, expires=UNREADABLE)
    endless = permitted(Model(with_rows(before, row), NOW))
    assert permitted(Model(with_rows(before, unreadable), NOW)) <= endless
