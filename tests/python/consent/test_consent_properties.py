"""What must hold for any input: each property of docs/consent.md, on random worlds.

The properties are tried on the independent model, which is quick; that the warehouse decides as
the model does is what test_consent_agreement.py is for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from consent_model import Model, Point, Version, World
from consent_worlds import Sketch, sketches, world_of
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

EXAMPLES = 3_000 if os.environ.get("CONSENT_LONG") else 40
START = datetime(2026, 6, 1, 12)
LOADS = tuple(START + timedelta(days=days) for days in (0, 1, 2))
NOW = LOADS[-1]
times = st.one_of(st.none(), st.sampled_from([400, 100, 20, 10, 5, 0, -3]))


def holds(test: Callable[..., Any]) -> Callable[..., Any]:
    """Many examples, and no deadline on a busy machine."""
    return settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )(test)


def world(sketch: Sketch) -> World:
    return world_of(sketch, LOADS, {})


def permitted(model: Model) -> set[Any]:
    """All that is allowed: contact points for purposes, and profiles for purposes."""
    points = {place for place, each in model.decisions().items() if each.is_permitted}
    profiles = {
        (profile, purpose)
        for profile in model.world.points
        if not model.is_withheld(profile)
        for purpose in {*model.world.purposes, "use", "sale", "storage"}
        if model.may_be_used(profile, purpose)
    }
    return points | profiles


def with_rows(given_world: World, *more: Version) -> World:
    return replace(given_world, versions=[*given_world.versions, *more])


def a_row(draw: st.DataObject, given_world: World, status: str) -> Version:
    """A new event that was there from the first load on."""
    points = [point for listed in given_world.points.values() for point in listed]
    days = draw.draw(times, label="recorded, days before")
    return Version(
        consent_id="new",
        point=draw.draw(st.sampled_from(points)),
        purpose=draw.draw(st.sampled_from([*given_world.purposes, "use", "sale", "storage"])),
        status=status,
        recorded_at=None if days is None else START - timedelta(days=days),
        confirmed_at=draw.draw(st.sampled_from([None, START])),
        expires_at=None,
        first_seen_at=LOADS[0],
    )


@holds
@given(sketches(), st.data())
def test_adding_a_denial_never_permits_anything(sketch: Sketch, data: st.DataObject) -> None:
    before = world(sketch)
    after = with_rows(before, a_row(data, before, "denied"))
    assert permitted(Model(after, NOW)) <= permitted(Model(before, NOW))


@holds
@given(sketches(), st.data())
def test_removing_a_grant_never_permits_anything(sketch: Sketch, data: st.DataObject) -> None:
    before = world(sketch)
    events: dict[tuple[Any, ...], list[Version]] = {}
    for each in before.versions:
        events.setdefault((each.consent_id, each.point, each.purpose), []).append(each)
    grants = [key for key, rows in events.items() if all(r.status == "granted" for r in rows)]
    assume(grants)
    gone = data.draw(st.sampled_from(grants))
    kept = [v for v in before.versions if (v.consent_id, v.point, v.purpose) != gone]
    assert permitted(Model(replace(before, versions=kept), NOW)) <= permitted(Model(before, NOW))


@holds
@given(sketches(), st.data())
def test_adding_a_grant_permits_its_own_contact_point_only(
    sketch: Sketch, data: st.DataObject
) -> None:
    before = world(sketch)
    row = a_row(data, before, "granted")
    old, new = Model(before, NOW), Model(with_rows(before, row), NOW)
    # the one exception: it lifts its own contact point's denial, where that counts for all
    assume(
        not old.is_itself_denied(row.point, row.purpose)
        or (old.channel(row.purpose) is not None and old.conflict(row.purpose) != "any_denial")
    )
    before_, after_ = old.decisions(), new.decisions()
    changed = {
        place[1]
        for place in after_
        if place in before_ and after_[place].is_permitted and not before_[place].is_permitted
    }
    assert changed <= {row.point}


@holds
@given(sketches(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_changes_a_decision(sketch: Sketch, chance: Any) -> None:
    one = world(sketch)
    versions = [*one.versions]
    chance.shuffle(versions)
    points = {profile: [*listed] for profile, listed in one.points.items()}
    for listed in points.values():
        chance.shuffle(listed)
    other = replace(one, versions=versions, points=points)
    assert Model(other, NOW).decisions() == Model(one, NOW).decisions()


@holds
@given(sketches())
def test_importing_the_same_file_twice_changes_nothing(sketch: Sketch) -> None:
    one = world(sketch)
    twice = replace(one, versions=[*one.versions, *one.versions])
    assert Model(twice, NOW).decisions() == Model(one, NOW).decisions()


@holds
@given(sketches())
def test_a_merge_permits_no_contact_point_that_was_not_permitted(sketch: Sketch) -> None:
    apart = world(sketch)
    first, second, *_ = apart.points
    # a country that becomes known may permit
    countries = {**apart.countries, second: apart.countries[first]}
    apart = replace(apart, countries=countries)
    points = dict(apart.points)
    points[first] = [*points[first], *points.pop(second)]
    together = replace(apart, points=points)

    def allowed(model: Model) -> set[tuple[Point, str]]:
        return {(p, u) for (_, p, u), each in model.decisions().items() if each.is_permitted}

    assert allowed(Model(together, NOW)) <= allowed(Model(apart, NOW))


@holds
@given(sketches(), st.data())
def test_a_withdrawal_survives_the_deletion_of_its_row(sketch: Sketch, data: st.DataObject) -> None:
    before = with_rows(world(sketch), a_row(data, world(sketch), "denied"))
    gone = [
        replace(each, gone_at=LOADS[1]) if each.status == "denied" else each
        for each in before.versions
    ]
    after = replace(before, versions=gone)
    assert Model(after, NOW).decisions() == Model(before, NOW).decisions()


@holds
@given(sketches(), st.data())
def test_a_withdrawal_survives_the_import_of_an_older_grant(
    sketch: Sketch, data: st.DataObject
) -> None:
    before = world(sketch)
    row = a_row(data, before, "denied")
    assume(row.recorded_at is not None and row.recorded_at < START)
    assert row.recorded_at is not None
    denied = with_rows(before, row)
    older = replace(
        row,
        consent_id="older",
        status="granted",
        recorded_at=row.recorded_at - timedelta(days=1),
        first_seen_at=LOADS[1],
    )
    assert permitted(Model(with_rows(denied, older), NOW)) <= permitted(Model(before, NOW))
    assert Model(with_rows(denied, older), NOW).is_itself_denied(row.point, row.purpose) or any(
        each.status == "granted" and each.point == row.point and each.purpose == row.purpose
        for each in before.versions
    )


@holds
@given(sketches())
def test_after_a_split_a_withdrawal_stays_on_its_contact_point(sketch: Sketch) -> None:
    together = world(sketch)
    points = {
        f"{profile}-{number}": [point]
        for profile, listed in together.points.items()
        for number, point in enumerate(listed)
    }
    apart = Model(replace(together, points=points, countries={}), NOW)
    whole = Model(together, NOW)
    for listed in points.values():
        for purpose in {*together.purposes, "use", "sale", "storage"}:
            (point,) = listed
            assert apart.is_itself_denied(point, purpose) == whole.is_itself_denied(point, purpose)


@holds
@given(sketches())
def test_nobody_is_reached_over_a_contact_point_that_is_not_permitted(sketch: Sketch) -> None:
    model = Model(world(sketch), NOW)
    decisions = model.decisions()
    for profile, points in model.world.points.items():
        if model.is_withheld(profile):
            assert not any(place[0] == profile for place in decisions)
            continue
        for purpose, keys in model.world.purposes.items():
            if keys.get("channel") and model.may_be_used(profile, purpose):
                assert any(
                    decisions[profile, point, purpose].is_permitted
                    for point in points
                    if point[0] == keys["channel"]
                )


@holds
@given(sketches(), st.sampled_from(LOADS[:-1]))
def test_the_past_is_what_a_refresh_at_that_time_would_have_decided(
    sketch: Sketch, then: datetime
) -> None:
    one = world(sketch)
    # the feed of bounces keeps no history: of one dated later nobody knows when it came
    feed = [
        each
        for each in one.suppressions
        if each.reason in ("complained", "erased")
        or each.suppressed_at is None
        or each.suppressed_at <= then
    ]
    one = replace(one, suppressions=feed)
    later = Model(one, NOW, as_of=then, known_at=then)
    seen = [
        replace(each, gone_at=each.gone_at if each.gone_at and each.gone_at <= then else None)
        for each in one.versions
        if each.first_seen_at <= then
    ]
    assert later.decisions() == Model(replace(one, versions=seen), then).decisions()


@pytest.mark.parametrize("status", ["granted", "pending", "denied"])
@holds
@given(sketch=sketches(), data=st.data())
def test_what_was_seen_later_is_left_out(status: str, sketch: Sketch, data: st.DataObject) -> None:
    before = world(sketch)
    late = replace(a_row(data, before, status), first_seen_at=LOADS[2])
    clocks = {"as_of": LOADS[1], "known_at": LOADS[1]}
    assert (
        Model(with_rows(before, late), NOW, **clocks).decisions()
        == Model(before, NOW, **clocks).decisions()
    )
