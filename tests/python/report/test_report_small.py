"""Small counts: nobody who reads the parts and their sum learns how many the few are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.report.small import FEW, Unsaid, parts, said

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 30), max_size=8)


@given(COUNTS)
def test_no_small_count_can_be_told(counts: dict[str, int]) -> None:
    told, whole = parts(counts, exact=False)
    hidden = [key for key, count in told.items() if isinstance(count, Unsaid)]
    assert all(told[key] is Unsaid.FEW for key in counts if counts[key] in FEW)
    assert all(told[key] == counts[key] for key in counts if key not in hidden)
    if whole and hidden:
        # what the whole less what is told gives: of several, and more than the few are
        assert len(hidden) > 1 and sum(counts[key] for key in hidden) not in FEW


@given(COUNTS)
def test_what_is_kept_back_is_no_more_than_it_takes(counts: dict[str, int]) -> None:
    told, _ = parts(counts, exact=False)
    kept = [counts[key] for key, count in told.items() if count is Unsaid.KEPT_BACK]
    said_ones = [count for count in told.values() if type(count) is int and count]
    assert not kept or max(kept) <= min(said_ones, default=max(kept))
    assert all(count for count in kept), "nobody is no secret"


@given(COUNTS, st.sets(st.sampled_from("abcdefgh")))
def test_what_stands_elsewhere_is_not_kept_back(counts: dict[str, int], told: set[str]) -> None:
    found, _ = parts(counts, exact=False, told=told)
    assert not any(found[key] is Unsaid.KEPT_BACK for key in told & set(counts))


@given(COUNTS)
def test_exact_means_exact(counts: dict[str, int]) -> None:
    assert parts(counts, exact=True) == (counts, True)


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, Unsaid.FEW), (4, Unsaid.FEW), (5, 5)])
def test_where_few_begins_and_ends(count: int, shown: object) -> None:
    assert said(count, exact=False) == shown
    assert said(count, exact=True) == count
