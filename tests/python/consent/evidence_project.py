"""A project with all that ships but the demo, over tables that a test writes load by load.

Sources, labels and answers are the test's; identity, consent, marts, state and every data test are
the product's own files. It runs on the engine that the tests run on.

    project = EvidenceProject(tmp_path, {"newsletter": {"channel": "email"}}).create()
    project.load(Load(datetime(2026, 6, 1), records, rows), answers={("", "yes"): "granted"})
    project.decisions()
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from consent_evidence import Load, Point, Retraction, Row, Source, Suppression
from engines.warehouse import Warehouse, new_warehouse

from runner import dbt

ROOT = Path(__file__).resolve().parents[3]
KINDS = ("email", "phone", "loyalty_id")
MODELS = {
    "stg_lab__state": Source("state"),
    "stg_lab__ledger": Source("ledger"),
    "stg_lab__carried": Source("state", carries=True),
}
SOURCES = ("crm", "shop")
Decided = tuple[str, bool, str, str | None]
"""Status, permission, reason, and the id of the consent that decided."""

_SHIPPED = (
    "models/intermediate/identity/*",
    "models/intermediate/consent/*",
    "models/intermediate/sources/*",
    "models/marts/*",
    "models/exports/*",
    "models/segments/segment_members.*",
    "models/segments/segment_history.*",
    "seeds/reference/*",
    "tests/assert_*.sql",
)
_NOT_SHIPPED = {"exports.yml", "purpose_labels.csv", "status_labels.csv"}
_TIMES = ("recorded", "confirmed", "expires")
_COLUMNS = {
    "customers": {
        **dict.fromkeys(("source_name", "id", *KINDS, "country"), "varchar"),
        "updated_at": "timestamp",
    },
    "consents": {
        **dict.fromkeys(
            ("model", "source_name", "id", "key_type", "key_value", "label", "answer", *_TIMES),
            "varchar",
        ),
    },
    "suppressions": {
        **dict.fromkeys(("key_type", "key_value", "reason"), "varchar"),
        "suppressed_at": "timestamp",
    },
}
_CUSTOMERS = """
    select
        source_name, id as source_record_id, email, phone, loyalty_id, country, updated_at
    from lab.customers
"""
_CONSENTS = """
    select
        source_name, id as consent_id, key_type, key_value, key_value as raw_key_value,
        {purpose} as purpose, {status} as status,
        {{{{ dbt_consent.to_utc('recorded') }}}} as recorded_at,
        {{{{ dbt_consent.to_utc('confirmed') }}}} as confirmed_at,
        {{{{ dbt_consent.to_utc('expires') }}}} as expires_at,
        cast(null as {{{{ dbt.type_string() }}}}) as evidence,
        {{{{ dbt_consent.raw_text('label') }}}} as raw_purpose,
        {{{{ dbt_consent.raw_text('answer') }}}} as raw_status,
        {{{{ dbt_consent.raw_text('recorded') }}}} as raw_recorded_at,
        {{{{ dbt_consent.raw_text('confirmed') }}}} as raw_confirmed_at,
        {{{{ dbt_consent.raw_text('expires') }}}} as raw_expires_at
    from lab.consents
    where model = '{model}'
"""
_SUPPRESSIONS = """
    select
        key_type, key_value, key_value as raw_key_value, reason, suppressed_at
    from lab.suppressions
"""
_IDS = {
    "event": (
        "select distinct event_id from consent_events where consent_model = '{}' and "
        "source_name = '{}' and consent_id = '{}' and raw_purpose = '{}'"
    ),
    "suppression": (
        "select distinct suppression_id from suppression_events where key_type = '{}' and "
        "key_value = '{}' and reason = '{}'"
    ),
}


@dataclass
class EvidenceProject:
    """A dbt project in a folder of its own.

    Attributes:
        purposes: as in vars.
        segments: by name, the purpose that its members are contacted for.
        variables: settings beside those that follow from the others.
        models: the consent models.
        further: more models of the test's own, name and SQL.
        tables: what those read, name and columns.
        names: of models that were renamed, the name of today.
    """

    folder: Path
    purposes: dict[str, dict[str, Any]]
    segments: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    models: Mapping[str, Source] = field(default_factory=lambda: MODELS)
    further: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    warehouse: Warehouse = field(init=False)

    def __post_init__(self) -> None:
        self.warehouse = new_warehouse(self.folder)

    def create(self) -> EvidenceProject:
        """Writes the project's files; sources are empty."""
        for name in ("models/lab", "models/segments", "seeds/reference", "tests"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "macros").symlink_to(ROOT / "macros")
        for pattern in _SHIPPED:
            for path in sorted(ROOT.glob(pattern)):
                place = self.folder / path.relative_to(ROOT)
                if path.is_file() and path.name not in _NOT_SHIPPED:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.symlink_to(path)
        self._write_models()
        profile = {"target": "lab", "outputs": {"lab": self.warehouse.output}}
        self._dump("profiles.yml", {"lab": profile})
        self.write_project()
        return self

    def write_project(self) -> None:
        """dbt_project.yml: the product's, with the test's settings."""
        shipped = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
        consent_models = [
            {
                "model": self.names.get(name, name),
                "kind": source.kind,
                "max_shrink": 1,
                **({"on_new_contact_point": "carry"} if source.carries else {}),
            }
            for name, source in self.models.items()
        ]
        shipped["profile"] = "lab"
        shipped["vars"] = {
            "customer_sources": list(SOURCES),
            "customer_models": ["stg_lab__customers"],
            "consent_models": consent_models,
            "suppression_models": ["stg_lab__suppressions"],
            "activity_models": {},
            "alternate_keys": list(KINDS),
            "profile_attributes": {"country": {"data_type": "string"}},
            "purposes": self.purposes,
            "segments": list(self.segments),
            "default_country": "NL",
            **self.variables,
        }
        self._dump("dbt_project.yml", shipped)

    def rename(self, model: str, name: str) -> None:
        """Gives a consent model another name; its rows are the same."""
        folder = self.folder / "models/lab"
        (folder / f"{model}.sql").rename(folder / f"{name}.sql")
        self.names[model] = name
        self.variables["renamed_models"] = dict(self.names)
        self.write_project()

    def retire(self, model: str) -> None:
        """Takes a consent model away for good."""
        (self.folder / f"models/lab/{model}.sql").unlink()
        self.models = {name: each for name, each in self.models.items() if name != model}
        self.variables["retired_models"] = [model]
        self.write_project()

    def _write_models(self) -> None:
        def mapped(macro: str, column: str) -> str:
            cases = " ".join(
                f"when '{source}' then {{{{ dbt_consent.{macro}('{source}', '{column}') }}}}"
                for source in SOURCES
            )
            return f"case source_name {cases} end"

        models = {"stg_lab__customers": _CUSTOMERS, "stg_lab__suppressions": _SUPPRESSIONS}
        for name in self.models:
            if name not in self.further:
                models[name] = _CONSENTS.format(
                    model=name,
                    purpose=mapped("map_purpose", "label"),
                    status=mapped("map_status", "answer"),
                )
        config = "{{ config(materialized='table') }}\n"
        for name, sql in (models | self.further).items():
            path = self.folder / f"models/lab/{name}.sql"
            path.write_text(config + sql, encoding="utf-8")
        for name, purpose in self.segments.items():
            rule = {"contact_for": purpose, "attributes": ["country"]}
            properties = {
                "name": name,
                "config": {"materialized": "view", "meta": {"segment": rule}},
            }
            self._dump(f"models/lab/{name}.yml", {"models": [properties]})
            path = self.folder / f"models/lab/{name}.sql"
            path.write_text("{{ dbt_consent.segment() }}\n", encoding="utf-8")

    def _dump(self, name: str, content: Any) -> None:
        text = yaml.safe_dump(content, sort_keys=False)
        (self.folder / name).write_text(text, encoding="utf-8")

    # -- loading -----------------------------------------------------------------------------

    def write(
        self,
        load: Load,
        labels: Mapping[tuple[str, str], str],
        answers: Mapping[tuple[str, str], str],
    ) -> None:
        """What the sources show, and what their words mean now."""
        self._write_labels("purpose_labels", "purpose", labels)
        self._write_labels("status_labels", "status", answers)
        self.warehouse.load("lab.customers", _COLUMNS["customers"], map(_customer, load.records))
        self.warehouse.load("lab.consents", _COLUMNS["consents"], map(_consent, load.rows))
        given = map(_suppression, load.suppressions)
        self.warehouse.load("lab.suppressions", _COLUMNS["suppressions"], given)

    def fill(self, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        """Writes the tables that the test's own models read."""
        for name, columns in self.tables.items():
            self.warehouse.load(f"lab.{name}", columns, rows.get(name, ()))

    def _write_labels(
        self, seed: str, meaning: str, mapping: Mapping[tuple[str, str], str]
    ) -> None:
        path = self.folder / f"seeds/reference/{seed}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["source_name", "label", meaning])
            writer.writerows([source, label, value] for (source, label), value in mapping.items())

    def load(
        self,
        load: Load,
        labels: Mapping[tuple[str, str], str] | None = None,
        answers: Mapping[tuple[str, str], str] | None = None,
        **variables: Any,
    ) -> dbt.Invocation:
        """Writes what the sources show, and builds; every test must be green."""
        self.write(load, labels or {}, answers or {})
        return self.build(load.moment, **variables)

    def build(
        self, moment: datetime, must_be_green: bool = True, **variables: Any
    ) -> dbt.Invocation:
        """Builds all, with all tests but the unit tests, at a moment."""
        done = dbt.invoke(
            ["--no-write-json", "build", "--exclude-resource-type", "unit_test"],
            folder=self.folder,
            variables={
                "observed_at": str(moment),
                "accepted_shrinks": [
                    "stg_lab__customers",
                    "stg_lab__suppressions",
                    *(self.names.get(name, name) for name in self.models),
                ],
                **{name: _text(value) for name, value in variables.items()},
            },
        )
        if must_be_green:
            failed = [f"{each.name}: {each.message}" for each in done.failed]
            assert done.success and not failed, "\n".join(failed)
        return done

    def retract(self, retraction: Retraction) -> None:
        """Writes a row of the state `retractions`."""
        values: dict[str, str | None] = dict.fromkeys(("event_id", "suppression_id"))
        if retraction.event:
            model, *rest = retraction.event
            named = self.names.get(model, model)
            ids = self.warehouse.rows(_IDS["event"].format(named, *rest))
            values["event_id"] = one(ids)
        if retraction.suppression:
            given = retraction.suppression
            ids = self.warehouse.rows(_IDS["suppression"].format(*given.point, given.reason))
            values["suppression_id"] = one(ids)
        row = {
            **values,
            "consent_model": self.names.get(retraction.model or "", retraction.model),
            "first_seen_at": retraction.load,
            "denials_too": retraction.denials_too,
            "reason": "a mistake",
            "retracted_at": retraction.at,
            "retracted_by": "tests",
            "undone_at": retraction.undone_at,
        }
        names = ", ".join(row)
        literals = ", ".join(map(_literal, row.values()))
        self.warehouse.execute(f"insert into retractions ({names}) values ({literals})")

    # -- results -----------------------------------------------------------------------------

    def records(self, schema: str = "main") -> dict[tuple[str, str], str]:
        """The profile of each record."""
        sql = (
            "select source_name, source_record_id, profile_id"
            f" from {schema}.int_identity__record_profiles"
        )
        return {(source, id_): profile for source, id_, profile in self.warehouse.rows(sql)}

    def decisions(self, schema: str = "main") -> dict[tuple[str, Point, str], Decided]:
        """By profile, contact point and purpose: status, permission, reason, consent id."""
        sql = (
            "select profile_id, key_type, key_value, purpose, status, is_permitted, reason,"
            f" consent_id from {schema}.contact_point_permissions"
        )
        return {
            (profile, (kind, value), purpose): (status, permitted, reason, consent_id)
            for profile, kind, value, purpose, status, permitted, reason, consent_id in (
                self.warehouse.rows(sql)
            )
        }

    def consents(self, schema: str = "main") -> dict[tuple[str, str], bool]:
        """By profile and purpose, whether its data may be used."""
        sql = f"select profile_id, purpose, is_permitted from {schema}.profile_consents"
        return {(profile, purpose): yes for profile, purpose, yes in self.warehouse.rows(sql)}


def one(rows: Sequence[tuple[Any, ...]]) -> Any:
    """The one value of a query."""
    assert len(rows) == 1, rows
    return rows[0][0]


def _customer(record: Any) -> dict[str, Any]:
    points = dict(sorted(record.points))
    assert len(points) == len(record.points), "a record has one contact point of a kind"
    return {
        "source_name": record.source,
        "id": record.id,
        **points,
        "country": record.country,
        "updated_at": None,
    }


def _consent(row: Row) -> dict[str, Any]:
    times = {time: getattr(row, time) for time in _TIMES}
    return {
        "model": row.model,
        "source_name": row.source,
        "id": row.id,
        "key_type": row.point[0],
        "key_value": row.point[1],
        "label": row.label,
        "answer": row.answer,
        **{name: str(time) if time else None for name, time in times.items()},
    }


def _suppression(each: Suppression) -> dict[str, Any]:
    kind, value = each.point
    return {
        "key_type": kind,
        "key_value": value,
        "reason": each.reason,
        "suppressed_at": each.at,
    }


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, datetime) else value


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"timestamp '{value}'"
    return "'" + str(value).replace("'", "''") + "'"


def rows_of(loads: Iterable[Load]) -> set[Row]:
    """All rows that were ever shown."""
    return {row for load in loads for row in load.rows}
