"""The comparison finds what engines are known to do differently."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from runner.compare import bag, table_difference

AT = datetime(2026, 3, 1, 12)


def differences(first: Any, second: Any) -> int:
    def rows(value: Any) -> Iterator[dict[str, Any]]:
        yield {"profile_id": "p", "value": value}

    sides = [bag(rows(value), {"p": "crm/1"}, {}) for value in (first, second)]
    return table_difference("t", sides[0], sides[1], "a", "b").differences


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(None, "None", id="null_key_read_as_text"),
        pytest.param(None, "", id="null_read_as_empty"),
        pytest.param(False, None, id="three_valued_not"),
        pytest.param(Decimal("3.5"), 3, id="integer_division"),
        pytest.param(AT, AT.replace(hour=13), id="time_zone_shift"),
        pytest.param("istanbul", "ıstanbul", id="locale_dependent_lower_case"),
        pytest.param(1, "1", id="number_read_as_text"),
        pytest.param(1, True, id="number_read_as_boolean"),
    ],
)
def test_a_planted_difference_is_found(first: Any, second: Any) -> None:
    assert differences(first, second) == 2


@pytest.mark.parametrize(("first", "second"), [(1, Decimal("1.00")), (AT, AT), (None, None)])
def test_the_same_value_is_the_same(first: Any, second: Any) -> None:
    assert differences(first, second) == 0


def test_a_row_twice_is_not_a_row_once() -> None:
    row = {"profile_id": "p"}
    once, twice = (bag(iter([row] * n), {}, {}) for n in (1, 2))
    assert table_difference("t", once, twice, "a", "b").differences == 1


def test_profiles_are_compared_as_a_partition() -> None:
    first = bag(iter([{"profile_id": "x1"}]), {"x1": "crm/1"}, {})
    second = bag(iter([{"profile_id": "y9"}]), {"y9": "crm/1"}, {})
    assert table_difference("t", first, second, "a", "b").differences == 0
