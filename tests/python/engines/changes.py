"""What happens to the demo's sources between two refreshes: people come, go and change."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def change_sources(folder: Path, step: int) -> None:
    """Changes the files; step 0 takes rows away that come back later, and the last changes none.

    Rows are told apart by their place in the file, so that every copy changes alike.
    """
    if step == 0:
        (folder / "all").mkdir()
        for path in [*folder.glob("*.csv"), *folder.glob("*.jsonl")]:
            (folder / "all" / path.name).write_bytes(path.read_bytes())
    for path in sorted((folder / "all").iterdir()):
        rows = _read(path)
        kept = [
            _changed(row, number, step) for number, row in enumerate(rows) if number % 60 != step
        ]
        _write(folder / path.name, kept)


def _changed(row: Row, number: int, step: int) -> Row:
    """Some say the opposite in the second refresh, some have another phone in the third."""
    changes: dict[str, Callable[[Any], Any]] = {}
    if step >= 1 and number % 7 == 1:
        changes |= {
            "newsletter_opt_in": lambda value: {"yes": "no", "no": "yes"}.get(value, value),
            "state": lambda value: {"opt-in": "opt-out"}.get(value, value),
            "Value": lambda value: {"Yes": "No", "Ja": "Nee", "No": "Yes"}.get(value, value),
        }
    if step == 2 and number % 11 == 3:
        changes |= {
            "phone": lambda value: "06-20000034",
            "mail_address": lambda value: str(value).replace("@", f"+{number}@", 1),
            "city": lambda value: "İzmir",
        }
    return {key: changes[key](value) if key in changes else value for key, value in row.items()}


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)] if path.suffix == ".csv" else [*map(json.loads, file)]


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
