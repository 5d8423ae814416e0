"""What the second decision says of a withdrawal: a denial, or a permission that has ended.

Deliveries that add nobody are judged for these alone, so that whoever only lacks a grant is left to
the next whole delivery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from runner.exports import judge
from runner.exports.evidence import ALONE
from runner.exports.judge import Offender


def denied(
    evidence: Path,
    declared: Mapping[str, Mapping[str, Any]],
    required: Sequence[str],
    as_of: datetime,
    connection: duckdb.DuckDBPyConnection,
    among: str | None = None,
) -> list[Offender]:
    """The members whom something forbids, whether or not anything permits them.

    The arguments are those of `judge.judge`.
    """
    asked = {}
    for name, keys in declared.items():
        given = {key: value for key, value in keys.items() if key != "enforcement_by_country"}
        if given.get("enforcement") != "none":
            given["enforcement"] = "opt_out"
        asked[name] = given
    return judge.judge(evidence, asked, required, as_of, connection, among)


def expired(
    evidence: Path,
    declared: Mapping[str, Mapping[str, Any]],
    required: Sequence[str],
    as_of: datetime,
    connection: duckdb.DuckDBPyConnection,
    among: str | None = None,
) -> list[Offender]:
    """The members whose permission has ended, of itself or with that of an ancestor.

    They are those who are refused, and would not be if no grant ever ended. A contact point that
    is judged by itself has no country, so that nothing is said of it where the country decides.
    The arguments are those of `judge.judge`.
    """
    refused = judge.judge(evidence, declared, required, as_of, connection, among)
    if not refused:
        return []
    anyway = judge.judge(evidence, declared, required, as_of, connection, among, is_endless=True)
    lacking = {(each.profile_id, each.key_type, each.key_value) for each in anyway}
    purposes = judge.read_purposes(declared)
    by_country = any(
        purposes[step].by_country for name in required for step in judge.lineage(purposes, name)
    )
    return [
        each
        for each in refused
        if (each.profile_id, each.key_type, each.key_value) not in lacking
        and not (by_country and each.profile_id.startswith(ALONE))
    ]
