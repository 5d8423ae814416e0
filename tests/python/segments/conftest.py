"""A lab that the tests of one file share: each replaces its segments."""

from __future__ import annotations

import pytest
from segment_lab import Lab
from segment_random import Dice, make_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A project with random people, without segments."""
    dice = Dice(0)
    dice.zone = "UTC"
    return make_lab(tmp_path_factory.mktemp("lab"), dice)
