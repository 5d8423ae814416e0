"""What two projects delivered, file by file and row by row."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def compare_deliveries(first: Path, second: Path) -> tuple[int, int]:
    """Compares two folders of exports; returns the numbers of files and of rows.

    Raises:
        AssertionError: a delivery, a file or a row is on one side only, or in another order.
    """
    sides = [_deliveries(folder) for folder in (first, second)]
    assert sides[0].keys() == sides[1].keys(), sides[0].keys() ^ sides[1].keys()
    files = rows = 0
    for export, deliveries in sides[0].items():
        others = sides[1][export]
        assert len(deliveries) == len(others) > 1, f"{export}: {len(deliveries)}, {len(others)}"
        for one, other in zip(deliveries, others, strict=True):
            names = [sorted(p.name for p in each.iterdir() if _is_data(p)) for each in (one, other)]
            assert names[0] == names[1] != [], f"{one} and {other} hold other files: {names}"
            for name in names[0]:
                left, right = _rows(one / name), _rows(other / name)
                assert left == right, f"{export}/{name}: {_first_difference(left, right)}"
                files += 1
                rows += len(left)
    assert rows > 0
    return files, rows


def _deliveries(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for certificate in sorted(folder.rglob("certificate.json")):
        delivery = certificate.parent
        if not any(map(_is_data, delivery.iterdir())):
            continue  # where a third party's proof is kept
        found.setdefault(str(delivery.parent.relative_to(folder)), []).append(delivery)
    return found


def _is_data(path: Path) -> bool:
    return path.name.split(".")[0].split("-")[0] in ("full", "added", "removed")


def _rows(path: Path) -> list[Any]:
    if path.suffix == ".parquet":
        found: list[Any] = pq.read_table(path).to_pylist()
        return found
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)] if ".csv" in path.suffixes else [*map(json.loads, file)]


def _first_difference(left: list[Any], right: list[Any]) -> str:
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return f"row {number}: {one} and {other}"
    return f"{len(left)} and {len(right)} rows"
