"""Members that depend on earlier refreshes and deliveries: the same for the same moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from segment_lab import Lab

DAYS = tuple(f"2026-03-0{day} 12:00:00" for day in range(1, 7))
NOBODY = {"contacts_nobody": "a test"}
RULES: dict[str, Any] = {
    "dutch": {"field": "country", "eq": "NL"},
    "was_dutch": {"member_of": "dutch", "left": {"within_last": {"days": 1}}},
    "is_dutch": {"member_of": "dutch", "now": True},
    "new_dutch": {
        "all": [
            {"field": "country", "eq": "NL"},
            {"not": {"member_of": "dutch", "within_last": {"days": 30}}},
        ]
    },
    # who was in once stays in
    "sticky": {"any": [{"field": "country", "eq": "DE"}, {"member_of": "sticky", "now": True}]},
    "sent": {"delivered": "letters"},
    "sent_often": {"delivered": "letters", "within_last": {"days": 2}, "count": {"gte": 2}},
    "not_sent": {"not": {"delivered": "letters", "within_last": {"hours": 36}}},
}
Members = dict[str, set[str]]


class Story:
    """The members after each of a few refreshes of one warehouse."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder=folder, attributes={"country": "string"}, exports=["letters"])
        self.lab.create()
        self.lab.segments({name: {**NOBODY, "where": rule} for name, rule in RULES.items()})
        self.first = self.refresh(0, ann="NL", bob="DE", cem="NL")
        self.second = self.refresh(1, ann="NL", bob="NL", cem="DE")
        self.history = self.stays()
        self.again = self.refresh(1, ann="NL", bob="NL", cem="DE")
        self.history_again = self.stays()
        self.third = self.refresh(2, ann="DE", bob="NL", cem="DE")
        self.kept = self.stays()
        self.past = self.refresh(3, as_of=DAYS[1], ann="NL", bob="NL", cem="DE")
        self.kept_after = self.stays()
        # ann and bob turn out to be one: what was ann's counts for bob
        self.merged = self.refresh(3, bob="BE", cem="DE", merged={"ann": "bob"})

    def refresh(
        self,
        day: int,
        as_of: str | None = None,
        merged: dict[str, str] | None = None,
        **people: str,
    ) -> Members:
        ids = [(who, who) for who in ("ann", "bob", "cem")] + list((merged or {}).items())
        audience = [
            ("ann", DAYS[0].replace("12:", "13:"), None),
            ("cem", DAYS[0].replace("12:", "13:"), DAYS[1].replace("12:", "13:")),
        ]
        self.lab.load(
            {
                "profiles": [{"profile_id": who, "country": each} for who, each in people.items()],
                "int_identity__successors": [
                    {"profile_id": who, "successor_id": to} for who, to in ids
                ],
                "profile_contact_points": [
                    {"profile_id": who, "key_type": "email", "key_value": f"{who}@example.com"}
                    for who in people
                ],
                "int_identity__former_points": [
                    {"profile_id": to, "key_type": "email", "key_value": f"{who}@example.com"}
                    for who, to in (merged or {}).items()
                ],
                "deliveries": [
                    {
                        "export_name": "letters",
                        "destination": "out",
                        "kind": kind,
                        "status": "unchanged" if kind == "unchanged" else "delivered",
                        "delivered_at": datetime.fromisoformat(DAYS[at].replace("12:", "13:")),
                    }
                    for at, kind in ((0, "full"), (0, "added"), (1, "unchanged"), (1, "removed"))
                ],
                "delivered_members": [
                    {
                        "export_name": "letters",
                        "destination": "out",
                        "key_type": "email",
                        "key_value": f"{who}@example.com",
                        "delivered_at": datetime.fromisoformat(start),
                        "removed_at": end and datetime.fromisoformat(end),
                    }
                    for who, start, end in audience
                ],
            }
        )
        self.lab.require_build(now=DAYS[day], **({"as_of": as_of} if as_of else {}))
        if as_of is None:
            return self.lab.members()
        found: Members = {name: set() for name in RULES}
        for name, who in self.lab.rows(
            "select segment_name, profile_id from main_asof.segment_members"
        ):
            found[name].add(who)
        return found

    def stays(self) -> list[tuple[Any, ...]]:
        return self.lab.rows("select * from segment_history order by 1, 2, 3")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("earlier"))


def test_nothing_is_known_in_a_new_warehouse(story: Story) -> None:
    assert story.first == {
        "dutch": {"ann", "cem"},
        "was_dutch": set(),
        "is_dutch": set(),
        "new_dutch": {"ann", "cem"},
        "sticky": {"bob"},
        "sent": set(),
        "sent_often": set(),
        "not_sent": {"ann", "bob", "cem"},
    }


def test_the_refreshes_before_are_known(story: Story) -> None:
    assert story.second == {
        "dutch": {"ann", "bob"},
        # cem leaves in this very refresh: the next one knows
        "was_dutch": set(),
        "is_dutch": {"ann", "cem"},
        "new_dutch": {"bob"},
        "sticky": {"bob", "cem"},
        "sent": {"ann", "cem"},
        "sent_often": set(),
        "not_sent": {"bob"},
    }
    assert story.third == {
        "dutch": {"bob"},
        "was_dutch": {"cem"},
        "is_dutch": {"ann", "bob"},
        "new_dutch": set(),
        "sticky": {"ann", "bob", "cem"},
        "sent": {"ann", "cem"},
        # cem was removed in the delivery that wrote nothing new
        "sent_often": {"ann"},
        "not_sent": {"bob", "cem"},
    }


def test_a_second_run_for_the_same_moment_says_the_same(story: Story) -> None:
    assert story.again == story.second
    assert story.history_again == story.history


def test_a_run_for_a_moment_of_the_past_sees_what_was_known_then(story: Story) -> None:
    assert story.past == story.second
    assert story.kept_after == story.kept


def test_stays_and_deliveries_of_a_profile_that_was_merged_count(story: Story) -> None:
    assert story.merged["was_dutch"] == {"bob"}
    assert story.merged["sent"] == {"bob", "cem"}


def test_an_export_of_the_segment_itself_is_refused(lab: Lab) -> None:
    """Directly, and where the delivered segment asks for the rule."""
    lab.segments({})
    exposure = (
        "exposures:\n  - name: {0}\n    type: application\n    owner: {{name: a}}\n"
        "    depends_on: [\"ref('{1}')\"]\n    config: {{meta: {{export: {{destination: out}}}}}}\n"
    )
    rules = {
        "own": "{delivered: to_own}",
        "below": "{not: {delivered: to_above}}",
        "above": "{rule_of: below}",
        "apart": "{delivered: to_own, count: {lte: 2}}",
    }
    for name, where in rules.items():
        lab.write_rule_text(name, f"contacts_nobody: a test\nwhere: {where}")
        lab.write_call(name, ["below"] if name == "above" else [], [])
    extra = [lab.folder / f"models/segments/to_{name}.yml" for name in ("own", "above")]
    for path in extra:
        name = path.stem.removeprefix("to_")
        path.write_text(exposure.format(path.stem, name))
    lab.listed = list(rules)
    lab.write_project()
    try:
        errors, warnings = lab.complaints()
    finally:
        for path in extra:
            path.unlink()
    flaps = "delivers this segment, or one that asks for its rule"
    assert {error.split(": ")[0].split("/")[-1] for error in errors} == {"own.yml", "below.yml"}
    assert all(flaps in error for error in errors)
    assert [warning for warning in warnings if "apart.yml" in warning] == [
        "models/segments/apart.yml: the rule can gain members through a denial: models/segments/"
        "apart.yml: where: an upper bound of delivered."
    ]


def test_what_can_gain_through_a_denial_is_warned_of(lab: Lab) -> None:
    gains = {
        "left": "{not: {member_of: quiet, now: true}}",
        "sent": "{not: {delivered: letters}}",
        "young": "{not: {member_of: quiet, within_last: {years: 100}}}",
        "dated": "{not: {consent: newsletter, expires: {within_next: {days: 3}}}}",
        "range": "{field: country, between: ['1000', '2000']}",
        "same": "{activity: orders, followed_by: {activity: orders, same: [category]}}",
    }
    quiet = {
        "quiet": "{consent: newsletter, recorded: {within_last: {days: 3}}}",
        "calm": "{all: [{delivered: letters, count: {gte: 2}}, {member_of: quiet, now: true}]}",
    }
    lab.segments({})
    for name, where in {**gains, **quiet}.items():
        activities = ["orders"] if name == "same" else []
        lab.write_rule_text(name, f"contacts_nobody: a test\nwhere: {where}")
        lab.write_call(name, [], activities)
    lab.listed = [*gains, *quiet]
    lab.write_project()
    lab.remember([{"segment_name": "quiet", "profile_id": "p", "entered_at": datetime(2020, 1, 1)}])
    errors, warnings = lab.complaints()
    assert errors == []
    told = {each.split(":")[0].split("/")[-1].removesuffix(".yml") for each in warnings}
    assert told == set(gains)
    assert sum("through a denial" in each for each in warnings) == 4
    young = "the history of segments begins on 2020-01-01, which is later than the window"
    assert [each.split(":")[0] for each in warnings if young in each] == [
        "models/segments/young.yml"
    ]
