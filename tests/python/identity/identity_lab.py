"""A small project with the real identity models, whose customers and seeds a test writes."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from runner import dbt

ROOT = Path(__file__).resolve().parents[3]
PAIR_COLUMNS = ("source_name", "source_record_id", "other_source_name", "other_source_record_id")
START = dt.datetime(2026, 1, 1)
_PARTS = (
    "models/intermediate/identity/*",
    "models/intermediate/sources/*",
    "models/marts/merge_reviews.*",
    "models/marts/partings.*",
    "models/marts/profile_matches.*",
    "models/marts/rejected_keys.*",
    "seeds/reference/_reference__seeds.yml",
    "seeds/reference/phone_numbering_plans.csv",
    "seeds/reference/purpose_labels.csv",
    "seeds/reference/status_labels.csv",
)
_OF_CONSENT = (
    "contact_point_history",
    "int_identity__former_points",
    "int_identity__gone_record_profiles",
    "int_identity__point_stretches",
)
"""Models that stand with identity and follow from consent too: not in this lab."""
_PERMISSIONS = """
    {{ config(materialized='view') }}
    select
        points.profile_id,
        points.key_type,
        points.key_value,
        'newsletter' as purpose,
        denied.profile_id is null as is_permitted
    from {{ ref('int_identity__contact_points') }} as points
    left join (
        select distinct others.profile_id
        from {{ ref('int_identity__contact_points') }} as others
        inner join lab.denied as denied on others.key_value = denied.key_value
    ) as denied
        on points.profile_id = denied.profile_id
"""
"""Everything is permitted to a profile that has none of the denied contact points."""
_FIXTURES = {
    "stg_lab__customers": "select * from lab.customers",
    "stg_lab__contact_points": "select * from lab.contact_points",
    "int_consent__withheld_profiles": "select profile_id from lab.withheld_profiles",
    "profiles": "select profile_id from {{ ref('int_identity__attributes') }}",
    "contact_point_permissions": _PERMISSIONS,
}

Record = dict[str, Any]


@dataclass
class Lab:
    """A dbt project in a folder of its own.

    Attributes:
        keys: the alternate keys, columns of every record.
        attributes: further columns and their types, as in vars.
        has_raw_keys: whether customers have the values of keys as they came.
        only_with: keys that tie only with attributes.
        variables: settings beside those that follow from the others.
        models: further models, name and SQL.
    """

    folder: Path
    keys: tuple[str, ...] = ("email", "phone")
    attributes: dict[str, str] = field(default_factory=dict)
    has_raw_keys: bool = False
    only_with: dict[str, tuple[str, ...]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    step: int = 0

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def create(self) -> Lab:
        """Writes the project: no customers, empty seeds."""
        for name in ("models/fixtures", "seeds/reference"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "macros").symlink_to(ROOT / "macros")
        for part in _PARTS:
            for path in sorted(ROOT.glob(part)):
                if path.stem not in _OF_CONSENT:
                    self._link(path.relative_to(ROOT))
        for name, sql in (_FIXTURES | self.models).items():
            (self.folder / f"models/fixtures/{name}.sql").write_text(sql, encoding="utf-8")
        conditions = self.only_with
        profile = {"type": "duckdb", "path": str(self.warehouse), "threads": 2}
        profile["settings"] = {"TimeZone": "UTC"}
        self._dump("profiles.yml", {"lab": {"target": "lab", "outputs": {"lab": profile}}})
        self._dump(
            "dbt_project.yml",
            {
                "name": "dbt_consent",
                "version": "0.1.0",
                "config-version": 2,
                "profile": "lab",
                "flags": {
                    "send_anonymous_usage_stats": False,
                    "require_generic_test_arguments_property": True,
                },
                "on-run-start": ["{{ dbt_consent.validate_settings() }}"],
                "models": {
                    "dbt_consent": {
                        "intermediate": {"+materialized": "table"},
                        "marts": {"+materialized": "table"},
                    }
                },
                "vars": {
                    "customer_sources": ["a", "b", "c"],
                    "customer_models": ["stg_lab__customers"],
                    "alternate_keys": [
                        {key: {"only_with": list(conditions[key])}} if key in conditions else key
                        for key in self.keys
                    ],
                    "profile_attributes": {
                        name: {"data_type": type_} for name, type_ in self.attributes.items()
                    },
                    **self.variables,
                },
            },
        )
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("create schema lab")
            connection.execute("create table lab.withheld_profiles (profile_id varchar)")
            connection.execute("create table lab.denied (key_value varchar)")
        self.write_customers([])
        self.write_pairs("always_match", [])
        self.write_pairs("never_match", [])
        self.write_junk([])
        self.write_shared([])
        self.write_contact_points([])
        return self

    def write_customers(self, records: Iterable[Record]) -> None:
        """Replaces the customers; a record has source_name, source_record_id and what it has."""
        columns = {
            "source_name": "varchar",
            "source_record_id": "varchar",
            **dict.fromkeys(self.keys, "varchar"),
            **({f"raw_{key}": "varchar" for key in self.keys} if self.has_raw_keys else {}),
            **{name: type_.replace("string", "varchar") for name, type_ in self.attributes.items()},
            "updated_at": "timestamp",
        }
        rows = pa.Table.from_pylist(
            [{name: record.get(name) for name in columns} for record in records],
            schema=pa.schema([(name, _arrow(type_)) for name, type_ in columns.items()]),
        )
        self.load("customers", rows)

    def write_contact_points(self, points: Iterable[tuple[str | None, ...]]) -> None:
        """Replaces them: source, record, kind, value, and the value as it came."""
        columns = ("source_name", "source_record_id", "key_type", "key_value", "raw_key_value")
        rows = [dict(zip(columns, point, strict=True)) for point in points]
        schema = pa.schema([(name, pa.string()) for name in columns])
        self.load("contact_points", pa.Table.from_pylist(rows, schema=schema))

    def load_withheld(self, source_record_id: str) -> None:
        """The profile of that record is withheld from now on."""
        found = self.rows(
            "select profile_id from int_identity__record_profiles"
            f" where source_record_id = '{source_record_id}'"
        )
        schema = pa.schema([("profile_id", pa.string())])
        rows = [{"profile_id": profile} for (profile,) in found]
        self.load("withheld_profiles", pa.Table.from_pylist(rows, schema=schema))

    def write_pairs(self, seed: str, pairs: Iterable[tuple[str, str, str, str]]) -> None:
        self._write_csv(seed, PAIR_COLUMNS, pairs)

    def write_junk(self, rows: Iterable[tuple[str, str]]) -> None:
        self._write_csv("junk_keys", ("key_type", "key_value"), rows)

    def write_shared(self, rows: Iterable[tuple[str, str]]) -> None:
        self._write_csv("shared_keys", ("key_type", "key_value"), rows)

    def build(
        self,
        *select: str,
        is_tested: bool = True,
        full_refresh: bool = False,
        **variables: Any,
    ) -> dbt.Invocation:
        """One refresh of identities, a day after the one before."""
        self.step += 1
        moment = START + dt.timedelta(days=self.step)
        excluded = ["resource_type:unit_test"] + ([] if is_tested else ["resource_type:test"])
        return dbt.invoke(
            [
                *("--no-write-json", "build", "--select", *(select or ("+profile_id_changes",))),
                *("--exclude", *excluded, *(["--full-refresh"] if full_refresh else [])),
            ],
            project=self.project,
            variables={"observed_at": moment.isoformat(), **variables},
        )

    @cached_property
    def project(self) -> dbt.Project:
        """Parsed once: settings of a run do not change what there is."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DBT_PROJECT_DIR", str(self.folder))
            return dbt.open_project()

    def load(self, table: str, rows: pa.Table) -> None:
        """Replaces a table that models read."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.register("incoming", rows)
            connection.execute(f"create or replace table lab.{table} as select * from incoming")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def _write_csv(self, seed: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        path = self.folder / f"seeds/reference/{seed}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    def _link(self, part: Path) -> None:
        (self.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / part).symlink_to(ROOT / part)

    def _dump(self, name: str, content: Any) -> None:
        text = yaml.safe_dump(content, sort_keys=False)
        (self.folder / name).write_text(text, encoding="utf-8")


def failures(outcome: dbt.Invocation) -> str:
    """The messages of what failed, for an assertion."""
    return "\n".join(f"{result.name}: {result.message}" for result in outcome.failed)


def _arrow(type_: str) -> pa.DataType:
    return {
        "varchar": pa.string(),
        "timestamp": pa.timestamp("us"),
        "date": pa.date32(),
        "bigint": pa.int64(),
        "boolean": pa.bool_(),
    }[type_]
