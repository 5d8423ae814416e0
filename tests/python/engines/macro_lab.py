"""Our macros over rows that a test writes: one model per case, all built in one invocation."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engines.warehouse import SCHEMA, Warehouse, new_warehouse

from runner import dbt

ROOT = Path(__file__).resolve().parents[3]
TYPES = {"ts": "timestamp", "day": "date", "number": "bigint", "flag": "boolean"}
"""Types of columns by the first word of their names; everything else is text."""


@dataclass(frozen=True)
class Case:
    """An expression, the rows that it is computed of, and what it must give for each.

    Attributes:
        sql: Jinja and SQL over the columns, such as `{{ dbt_consent.iso_weekday('day') }}`.
        rows: input and expected value, in pairs; an input is one value or a tuple of them.
        columns: names of the columns; their first word says the type (see TYPES).
        types: types of columns whose names do not say it.
        query: where an expression is not enough, the whole query over `inputs`, with a column
            `n` (the number of the row in `rows`) and a column `value`.
    """

    rows: Sequence[tuple[Any, Any]]
    sql: str = ""
    columns: Sequence[str] = ("text",)
    types: Mapping[str, str] = field(default_factory=dict)
    query: str = ""

    def typed(self) -> dict[str, str]:
        named = {c: TYPES.get(c.split("_")[0], "varchar") for c in self.columns}
        return {"n": "bigint", **named, **self.types}

    def inputs(self) -> list[dict[str, Any]]:
        found = []
        for n, (given, _) in enumerate(self.rows):
            values = given if isinstance(given, tuple) else (given,)
            found.append({"n": n, **dict(zip(self.columns, values, strict=True))})
        return found


class MacroLab:
    """A dbt project in a folder of its own, with our macros and one model per case."""

    def __init__(self, folder: Path, variables: Mapping[str, Any] | None = None) -> None:
        self.folder = folder
        self.warehouse: Warehouse = new_warehouse(folder, "macros")
        (folder / "models").mkdir()
        (folder / "macros").symlink_to(ROOT / "macros")
        outputs = {"lab": {"target": "dev", "outputs": {"dev": self.warehouse.output}}}
        (folder / "profiles.yml").write_text(json.dumps(outputs))
        project = {
            "name": "dbt_consent",
            "version": "0.1.0",
            "config-version": 2,
            "profile": "lab",
            "flags": {"send_anonymous_usage_stats": False},
            "vars": dict(variables or {}),
        }
        (folder / "dbt_project.yml").write_text(json.dumps(project))

    def values(self, cases: Mapping[str, Case]) -> dict[str, list[Any]]:
        """What each case gives, in the order of its rows."""
        for name, case in cases.items():
            self.warehouse.load(f"lab.{name}", case.typed(), case.inputs())
            query = case.query or f"select n, {case.sql} as value from inputs"
            model = f"with inputs as (select * from lab.{name})\n{query}\n"
            path = self.folder / f"models/case_{name}.sql"
            path.write_text(model, encoding="utf-8")
        unset = {k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "CONSENT_W"))}
        with patch.dict(os.environ, unset, clear=True):
            outcome = dbt.invoke(["run"], folder=self.folder)
        assert outcome.success, "\n".join(f"{r.name}: {r.message}" for r in outcome.failed)
        return {
            name: [
                value
                for _, value in self.warehouse.rows(
                    f"select n, value from {SCHEMA}.case_{name} order by n"
                )
            ]
            for name in cases
        }
