"""The comparison finds what engines are known to do differently."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from runner.compare import Names, count

AT = datetime(2026, 3, 1, 12)


def differences(first: Any, second: Any, names: tuple[Names, Names] = (Names(), Names())) -> int:
    one, other = (
        count([pa.RecordBatch.from_pylist(value if isinstance(value, list) else [{"v": value}])], n)
        for value, n in zip((first, second), names, strict=True)
    )
    return (one - other).total() + (other - one).total()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(None, "None", id="null_key_read_as_text"),
        pytest.param(None, "", id="null_read_as_empty"),
        pytest.param(False, None, id="three_valued_not"),
        pytest.param(Decimal("3.5"), 3, id="integer_division"),
        pytest.param(AT, AT.replace(hour=13), id="time_zone_shift"),
        pytest.param(date(2026, 3, 1), date(2026, 3, 2), id="day_shift"),
        pytest.param("istanbul", "ıstanbul", id="locale_dependent_lower_case"),
        pytest.param("é", "e\u0301", id="another_composition"),
        pytest.param(1, "1", id="number_read_as_text"),
        pytest.param(1, True, id="number_read_as_boolean"),
        pytest.param(0.1, Decimal("0.2"), id="another_number"),
    ],
)
def test_a_planted_difference_is_found(first: Any, second: Any) -> None:
    assert differences(first, second) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [(1, Decimal("1.00")), (0.0, Decimal("-0.00")), (AT, AT), (None, None), (100, Decimal("1E2"))],
)
def test_the_same_value_is_the_same(first: Any, second: Any) -> None:
    assert differences(first, second) == 0


def test_a_row_twice_is_not_a_row_once() -> None:
    assert differences([{"v": 1}], [{"v": 1}, {"v": 1}]) == 1


def test_a_column_that_is_missing_is_a_difference() -> None:
    assert differences([{"v": 1, "w": None}], [{"v": 1}]) == 2


def test_values_of_neighbouring_columns_do_not_run_together() -> None:
    assert differences([{"v": "a', w='b", "w": "c"}], [{"v": "a", "w": "b', w='c"}]) == 2


def test_profiles_are_compared_as_a_partition() -> None:
    names = Names({"x1": "profile of crm/1"}), Names({"y9": "profile of crm/1"})
    assert differences([{"profile_id": "x1"}], [{"profile_id": "y9"}], names) == 0
    assert differences([{"key_value": "x1"}], [{"key_value": "y9"}], names) == 2


def test_runs_are_compared_by_their_number() -> None:
    later = AT.replace(minute=1)
    names = Names({}, {AT: "run 1"}), Names({}, {later: "run 1"})
    assert differences([{"first_seen_at": AT}], [{"first_seen_at": later}], names) == 0
    assert differences([{"first_seen_at": AT}], [{"first_seen_at": AT}], names) == 2
