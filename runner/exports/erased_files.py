"""A person leaves evidence and ledger: contact points and ids become hashes, texts are masked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from runner.erasure.hashes import Point, hashed
from runner.erasure.values import Values
from runner.exports.local import Work, literal, parquet, quoted

_IDS = ("profile_id", "consent_id", "event_id")


def hash_rows(
    path: Path, points: set[Point], profiles: set[str], values: Values, work: Work
) -> int:
    """Hashes contact points in a file of evidence or ledger, and whose they are.

    Returns the number of rows that changed. All other rows are copied by the engine, so that
    the size of the file does not matter.
    """
    source = parquet(path)
    columns = work.connection.execute(f"describe select * from {source}").fetchall()
    texts = [name for name, kind, *_ in columns if kind == "VARCHAR"]
    keys = ", ".join(f"({literal(kind)}, {literal(value)})" for kind, value in sorted(points))
    ids = ", ".join(literal(each) for each in sorted(profiles)) or "null"
    mine = f"(key_type, key_value) in ({keys})" if keys else "false"
    theirs = f"""(
        coalesce({mine}, false)
        or coalesce(profile_id in ({ids}), false)
        or coalesce(profile_id in (select profile_id from {source} where {mine}), false)
    )"""
    said = " or ".join(values.candidates(quoted(name)) for name in texts)
    found = (
        f"select *, {theirs} as is_theirs from {source} where {theirs} or coalesce({said}, false)"
    )
    rows: list[dict[str, Any]] = work.connection.sql(found).to_arrow_table().to_pylist()
    schema = pq.read_schema(path)
    changed = [(row, _hash_row(dict(row), texts, points, values)) for row in rows]
    different = [new for row, new in changed if _less(row) != new]
    if not different:
        return 0
    table = pa.Table.from_pylist([new for _, new in changed], schema)
    work.connection.register("changed_rows", table)
    beside = path.with_name(f"{path.name}.new")
    work.save(
        f"select * from {source} where not ({theirs} or coalesce({said}, false))"
        " union all select * from changed_rows",
        beside,
    )
    work.connection.unregister("changed_rows")
    beside.replace(path)
    return len(different)


def _hash_row(
    row: dict[str, Any], texts: Iterable[str], points: set[Point], values: Values
) -> dict[str, Any]:
    is_theirs = row.pop("is_theirs")
    is_point = (row["key_type"], row["key_value"]) in points
    kinds = {value: kind for kind, value in points}
    for name in texts:
        said = row[name]
        if said is None:
            continue
        if name.endswith("key_value"):
            # a contact point is compared whole: its own kind beside it, or of whatever kind
            kind = row.get(name.replace("key_value", "key_type")) or kinds.get(said)
            if kind is not None and (kind, said) in points:
                row[name] = hashed((kind, said))
            elif name.startswith("raw") and (is_point or values.within(said)):
                row[name] = None
        elif name in _IDS and is_theirs:
            row[name] = hashed((name, said))
        elif name == "written_as":
            row[name] = None if is_point else said
        elif values.within(said):
            row[name] = values.masked(said)
    return row


def _less(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "is_theirs"}
