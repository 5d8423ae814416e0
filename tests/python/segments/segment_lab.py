"""A small project with the real segment macros over tables that a test writes.

Identity and consent are given: a test says what the profiles, their permissions and their
activities are, so that members depend on the rules alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from engines.warehouse import Warehouse, new_warehouse

from runner import dbt

ROOT = Path(__file__).resolve().parents[3]
OBSERVED_AT = "2026-02-28T15:30:00"
PURPOSES: dict[str, dict[str, Any]] = {
    "newsletter": {"channel": "email"},
    "product_updates": {"channel": "email"},
    "sms_offers": {"channel": "phone"},
    "profiling": {},
}
_RIGHTS = ("use", "sale", "storage")
_PROFILE_ENDS = {"record_count": "bigint", "first_seen_at": "timestamp", "updated_at": "timestamp"}
_TABLES = {
    "profile_consents": {
        "profile_id": "varchar",
        "purpose": "varchar",
        "is_permitted": "boolean",
        "key_type": "varchar",
        "key_value": "varchar",
        "reason": "varchar",
    },
    "contact_point_permissions": {
        "profile_id": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "purpose": "varchar",
        "status": "varchar",
        "is_permitted": "boolean",
        "reason": "varchar",
        "reason_detail": "varchar",
        "consent_id": "varchar",
        "source_name": "varchar",
        "recorded_at": "timestamp",
        "expires_at": "timestamp",
    },
    "int_consent__deciding_grants": {
        "profile_id": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "purpose": "varchar",
        "granted_at": "timestamp",
        "source_name": "varchar",
        "ends_at": "timestamp",
    },
    "int_consent__chosen_contact_points": {
        "profile_id": "varchar",
        "purpose": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "is_permitted": "boolean",
        "reason": "varchar",
    },
    "profile_contact_points": {
        "profile_id": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "is_primary": "boolean",
        "last_seen_at": "timestamp",
    },
    "int_consent__statements": {
        "source_name": "varchar",
        "consent_id": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "purpose": "varchar",
        "status": "varchar",
        "raw_status": "varchar",
        "is_mapped": "boolean",
        "is_retracted": "boolean",
        "recorded_at": "timestamp",
        "confirmed_at": "timestamp",
        "expires_at": "timestamp",
        "first_seen_at": "timestamp",
        "ended_at": "timestamp",
    },
    "int_consent__suppression_denials": {
        "source_name": "varchar",
        "consent_id": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "purpose": "varchar",
        "recorded_at": "timestamp",
        "event_at": "timestamp",
    },
    "int_identity__former_points": {
        "profile_id": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "profile_left_at": "timestamp",
    },
    "int_identity__successors": {"profile_id": "varchar", "successor_id": "varchar"},
    "deliveries": {
        "export_name": "varchar",
        "destination": "varchar",
        "kind": "varchar",
        "status": "varchar",
        "delivered_at": "timestamp",
    },
    "delivered_members": {
        "export_name": "varchar",
        "destination": "varchar",
        "key_type": "varchar",
        "key_value": "varchar",
        "delivered_at": "timestamp",
        "removed_at": "timestamp",
    },
    "int_consent__profile_statuses": {
        "profile_id": "varchar",
        "purpose": "varchar",
        "status": "varchar",
    },
    "int_identity__record_profiles": {
        "record_id": "bigint",
        "source_name": "varchar",
        "source_record_id": "varchar",
        "profile_id": "varchar",
    },
}
_LIST = {"source_name": "string", "source_record_id": "string", "value": "string"}
_HISTORY = {
    "segment_name": "text",
    "profile_id": "text",
    "entered_at": "timestamp",
    "left_at": "timestamp",
}
Rows = list[dict[str, Any]]


@dataclass
class Lab:
    """A dbt project in a folder of its own.

    Attributes:
        attributes: the profile's attributes and their types, as in vars.
        activities: per activity its columns and their types, beside profile_id and occurred_at
            (a timestamp, unless said otherwise).
        lists: names of lists of values.
        exports: names of exports; they deliver no segment of the lab.
        variables: settings beside those that follow from the others.
        warehouse: an empty one of the engine that the tests run on.
    """

    folder: Path
    attributes: dict[str, str]
    activities: dict[str, dict[str, str]] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=lambda: ["crm", "webshop"])
    purposes: dict[str, dict[str, Any]] = field(default_factory=lambda: dict(PURPOSES))
    alternate_keys: list[str] = field(default_factory=lambda: ["email", "phone"])
    variables: dict[str, Any] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    warehouse: Warehouse = field(init=False)

    def __post_init__(self) -> None:
        self.warehouse = new_warehouse(self.folder)

    def columns(self) -> dict[str, str]:
        """The columns of `profiles`, in order."""
        consents = [f"consent_{name}" for name in dict.fromkeys([*_RIGHTS, *self.purposes])]
        return {
            "profile_id": "string",
            **self.attributes,
            **dict.fromkeys(self.alternate_keys, "string"),
            **_PROFILE_ENDS,
            **dict.fromkeys(consents, "boolean"),
        }

    def create(self) -> None:
        """Writes the project's own files, without segments."""
        for name in ("models/fixtures", "models/segments", "tests"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "macros").symlink_to(ROOT / "macros")
        for name in ("segment_members", "segment_history"):
            for end in ("sql", "yml"):
                path = self.folder / "models/segments" / f"{name}.{end}"
                path.symlink_to(ROOT / "models/segments" / f"{name}.{end}")
        self._write_profiles_yml()
        contracts = {"profiles": self.columns()}
        for activity, columns in self.activities.items():
            contracts[activity_model(activity)] = {
                "profile_id": "string",
                "occurred_at": "timestamp",
                **columns,
            }
        contracts |= {list_model(name): _LIST for name in self.lists}
        exposures = [
            {
                "name": name,
                "type": "application",
                "owner": {"name": "a team", "email": "team@example.com"},
                "depends_on": ["ref('profiles')"],
                "config": {"meta": {"export": {"destination": f"out/{name}"}}},
            }
            for name in self.exports
        ]
        if exposures:
            self._dump("models/fixtures/exports.yml", {"exposures": exposures})
        models = []
        for model in (*contracts, *_TABLES):
            sql = f"select * from lab.{model}"
            (self.folder / f"models/fixtures/{model}.sql").write_text(sql, encoding="utf-8")
        for model, columns in contracts.items():
            typed = [{"name": name, "data_type": type_} for name, type_ in columns.items()]
            contract = {"contract": {"enforced": True}}
            models.append({"name": model, "config": contract, "columns": typed})
        self._dump("models/fixtures/fixtures.yml", {"models": models})
        self.write_project()

    def write_project(self) -> None:
        """dbt_project.yml, with the segments that are listed."""
        self._dump(
            "dbt_project.yml",
            {
                "name": "dbt_consent",
                "version": "0.1.0",
                "config-version": 2,
                "profile": "lab",
                "model-paths": ["models"],
                "macro-paths": ["macros"],
                "test-paths": ["tests"],
                "flags": {
                    "send_anonymous_usage_stats": False,
                    "require_generic_test_arguments_property": True,
                },
                "models": {"dbt_consent": {"segments": {"+materialized": "view"}}},
                "vars": {
                    "customer_sources": self.sources,
                    "list_models": {name: list_model(name) for name in self.lists},
                    "activity_models": {name: activity_model(name) for name in self.activities},
                    "alternate_keys": self.alternate_keys,
                    "profile_attributes": {
                        name: {"data_type": type_} for name, type_ in self.attributes.items()
                    },
                    "purposes": self.purposes,
                    "segments": self.listed,
                    **self.variables,
                },
            },
        )

    def segments(self, rules: Mapping[str, Any]) -> None:
        """Replaces the segments of the project by these rules."""
        for path in (self.folder / "models/segments").iterdir():
            if not path.is_symlink():
                path.unlink()
        for name, rule in rules.items():
            self.write_rule(name, rule)
            self.write_call(name, *named(rule))
        self.listed = list(rules)
        self.write_project()

    def write_rule(self, name: str, rule: Any) -> None:
        text = yaml.safe_dump(escaped(rule), allow_unicode=True, sort_keys=False, width=10_000)
        self.write_rule_text(name, text)

    def write_rule_text(self, name: str, text: str) -> None:
        """The properties file of a segment, its rule as the text says."""
        head = f"models:\n  - name: {name}\n    config:\n      meta:\n        segment:\n"
        body = "".join(f"          {line}\n" for line in text.splitlines())
        path = self.folder / f"models/segments/{name}.yml"
        path.write_text(head + body, encoding="utf-8")

    def write_call(
        self, name: str, uses: list[str], activities: list[str], lists: Sequence[str] = ()
    ) -> None:
        called = {"uses": uses, "activities": activities, "lists": list(lists)}
        arguments = [f"{key}={values!r}" for key, values in called.items() if values]
        call = "{{ dbt_consent.segment(" + ", ".join(arguments) + ") }}\n"
        (self.folder / f"models/segments/{name}.sql").write_text(call, encoding="utf-8")

    def load(self, tables: Mapping[str, Rows]) -> None:
        """Writes the tables; one that is not given is empty."""
        schemas: dict[str, dict[str, str]] = {"profiles": self.columns(), **_TABLES}
        for activity, columns in self.activities.items():
            schemas[activity_model(activity)] = {
                "profile_id": "varchar",
                "occurred_at": "timestamp",
                **columns,
            }
        schemas |= {list_model(name): _LIST for name in self.lists}
        for name, columns in schemas.items():
            self.warehouse.load(f"lab.{name}", columns, tables.get(name, ()))

    def remember(self, stays: Rows) -> None:
        """Writes what earlier refreshes saw, as segment_history."""
        schema = self.warehouse.output.get("schema", "main")
        self.warehouse.load(f"{schema}.segment_history", _HISTORY, stays)

    def project(self) -> dbt.Project:
        """The project, parsed, as commands get it."""
        with _plain_environment() as patch:
            patch.setenv("DBT_PROJECT_DIR", str(self.folder))
            return dbt.open_project()

    def build(self, *selectors: str, now: str = OBSERVED_AT, **variables: Any) -> dbt.Invocation:
        """`dbt build` of the segments, or of what is selected, at a moment."""
        chosen = selectors or ("fixtures", "segments")
        with _plain_environment(now):
            return dbt.invoke(
                ["--no-write-json", "build", "--select", *chosen, "--exclude", "test_type:data"],
                folder=self.folder,
                variables=variables,
            )

    def require_build(self, *selectors: str, now: str = OBSERVED_AT, **variables: Any) -> None:
        outcome = self.build(*selectors, now=now, **variables)
        assert outcome.success, "\n".join(f"{r.name}: {r.message}" for r in outcome.failed)

    def members(self) -> dict[str, set[str]]:
        """Who is in each listed segment, by segment_members."""
        found: dict[str, set[str]] = {name: set() for name in self.listed}
        for name, profile in self.rows("select segment_name, profile_id from segment_members"):
            found[name].add(profile)
        return found

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.rows(sql)

    def complaints(self) -> tuple[list[str], list[str]]:
        """The errors and the warnings of the compiler, of all segments at once."""
        with _plain_environment():
            found = dbt.operation("validate_segments", folder=self.folder)
        return found["errors"], found["warnings"]

    def _dump(self, path: str, content: Any) -> None:
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (self.folder / path).write_text(text, encoding="utf-8")

    def _write_profiles_yml(self) -> None:
        output = self.warehouse.output
        target = output["type"]
        self._dump("profiles.yml", {"lab": {"target": target, "outputs": {target: output}}})


def activity_model(activity: str) -> str:
    return f"int_activities__{activity}"


def list_model(name: str) -> str:
    return f"int_lists__{name}"


def named(rule: Any) -> tuple[list[str], list[str], list[str]]:
    """The segments, activities and lists that a rule names, as its SQL file has to."""
    found: dict[str, set[str]] = {"rule_of": set(), "activity": set(), "list": set()}
    open_items = [rule]
    while open_items:
        item = open_items.pop()
        if isinstance(item, dict):
            for key, names in found.items():
                if isinstance(item.get(key), str):
                    names.add(item[key])
            open_items.extend(item.values())
        elif isinstance(item, list):
            open_items.extend(item)
    return sorted(found["rule_of"]), sorted(found["activity"]), sorted(found["list"])


def escaped(value: Any) -> Any:
    """The rule with template braces in its texts written so that dbt leaves them alone."""
    if isinstance(value, dict):
        return {escaped(key): escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escaped(item) for item in value]
    if isinstance(value, str) and re.search(r"\{[{%#]", value):
        return "{% raw %}" + value + "{% endraw %}"
    return value


@contextmanager
def _plain_environment(now: str = OBSERVED_AT) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "CONSENT_WAREHOUSE", "DBT_PROJECT_DIR"):
            patch.delenv(name, raising=False)
        patch.setenv("CONSENT_NOW", now)
        yield patch
