"""The language of segment rules as data, read from the one definition that the compiler uses."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

from runner.library import shipped

ROOT = shipped()
DEFINITION = ROOT / "macros" / "segments" / "segment_language.sql"


@cache
def language() -> dict[str, Any]:
    """What `dbt_consent.segment_language()` returns.

    Raises:
        ValueError: the macro is no pure literal any more.
    """
    text = DEFINITION.read_text(encoding="utf-8")
    found = re.search(r"\{\{ return\((\{.*\})\) \}\}", text, re.S)
    if found is None:
        raise ValueError(f"{DEFINITION} does not return one literal.")
    value: dict[str, Any] = ast.literal_eval(found[1])
    return value
