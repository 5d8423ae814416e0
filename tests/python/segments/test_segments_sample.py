"""`sample` splits 100,000 people by the shares that it says, each name independently of others."""

from __future__ import annotations

import uuid
from collections import Counter
from random import Random

import pytest
from segment_lab import Lab

PEOPLE = 100_000
NAMES = ("holdout", "subject line", "O'Brien's %")
TENTHS = tuple((low, low + 10) for low in range(0, 100, 10))
# the chi-square values that chance passes once in a thousand, for 9 and for 81 degrees of freedom
ONE_OF_TEN, TWO_SPLITS = 27.88, 126.08


def chi_square(counts: list[int], expected: float) -> float:
    return sum((count - expected) ** 2 / expected for count in counts)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = Lab(folder=tmp_path_factory.mktemp("sample"), attributes={"country": "string"})
    lab.create()
    draw = Random(7)
    ids = [str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(PEOPLE)]
    lab.load({"profiles": [{"profile_id": each} for each in ids]})
    lab.segments(
        {
            f"split_{number}_{low}": {
                "contacts_nobody": "a test",
                "where": {"sample": {"name": name, "from": low, "below": high}},
            }
            for number, name in enumerate(NAMES)
            for low, high in TENTHS
        }
    )
    lab.require_build()
    return lab


@pytest.fixture(scope="module")
def tenths(lab: Lab) -> list[dict[str, int]]:
    """Per name, the tenth that each person is in."""
    found: list[dict[str, int]] = [{} for _ in NAMES]
    for segment, members in lab.members().items():
        _, number, low = segment.split("_")
        for profile in members:
            assert profile not in found[int(number)], "nobody is in two parts of a split"
            found[int(number)][profile] = int(low)
    return found


def test_everybody_is_in_one_part(tenths: list[dict[str, int]]) -> None:
    assert [len(each) for each in tenths] == [PEOPLE] * len(NAMES)


def test_the_shares_are_what_they_say(tenths: list[dict[str, int]]) -> None:
    for each in tenths:
        counts = Counter(each.values())
        assert chi_square([counts[low] for low, _ in TENTHS], PEOPLE / 10) < ONE_OF_TEN


def test_splits_of_different_names_are_independent(tenths: list[dict[str, int]]) -> None:
    for first, second in ((0, 1), (0, 2), (1, 2)):
        both = Counter((tenths[first][each], tenths[second][each]) for each in tenths[first])
        counts = [both[a, b] for a, _ in TENTHS for b, _ in TENTHS]
        assert chi_square(counts, PEOPLE / 100) < TWO_SPLITS


def test_who_is_in_stays_in_when_others_come(lab: Lab, tenths: list[dict[str, int]]) -> None:
    half = [{"profile_id": each} for each in sorted(tenths[0])[::2]]
    lab.load({"profiles": half})
    lab.segments(
        {
            "first_part": {
                "contacts_nobody": "a test",
                "where": {"sample": {"name": NAMES[0], "below": 10}},
            }
        }
    )
    lab.require_build()
    assert lab.members()["first_part"] == {
        each["profile_id"] for each in half if tenths[0][each["profile_id"]] == 0
    }
