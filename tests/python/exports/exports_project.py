"""A small project with the real consent models, whose customers and consents a test writes.

Identity is given: each customer says which person it is, so that a test can merge and split
people by writing other customers. It runs on the engine that the tests run on: on DuckDB it reads
files where they lie, on a server tables.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import duckdb
from engines.warehouse import ENGINE, Warehouse, new_warehouse
from typer.testing import CliRunner

from runner.cli import app

ROOT = Path(__file__).resolve().parents[3]
PURPOSES = {
    "newsletter": {"enforcement": "opt_in", "channel": "email"},
    "sms_offers": {"enforcement": "opt_in", "channel": "phone", "conflict": "any_denial"},
    "profiling": {"enforcement": "opt_in"},
}
_COPIED = (
    "macros",
    "models/exports",
    "models/intermediate/consent",
    "models/intermediate/sources",
    "models/marts/contact_point_permissions.sql",
    "models/marts/profile_consents.sql",
    "models/marts/profile_contact_points.sql",
    "models/marts/profiles.sql",
    "models/marts/profiles.yml",
    "models/intermediate/identity/contact_point_history.sql",
    "models/intermediate/identity/int_identity__former_points.sql",
    "models/intermediate/identity/int_identity__gone_record_profiles.sql",
    "models/intermediate/identity/int_identity__point_stretches.sql",
    "models/intermediate/identity/int_identity__successors.sql",
    "models/intermediate/identity/profile_id_changes.sql",
    "seeds/reference/junk_keys.csv",
    "seeds/reference/never_match.csv",
    "seeds/reference/purpose_labels.csv",
    "seeds/reference/status_labels.csv",
)
_COLUMNS = {
    "customers": dict.fromkeys(
        ("id", "person", "email", "phone", "first_name", "country"), "varchar"
    ),
    "consents": {
        **dict.fromkeys(("id", "key_type", "key_value", "purpose", "status"), "varchar"),
        **dict.fromkeys(("recorded_at", "confirmed_at", "expires_at"), "timestamp"),
    },
    "suppressions": {
        **dict.fromkeys(("key_type", "key_value", "reason"), "varchar"),
        "suppressed_at": "timestamp",
    },
}
_MODELS = {
    "stg_shop__customers": """
        -- depends_on: {{ source('shop', 'customers') }}
        select
            'shop' as source_name, id as source_record_id, person, email, phone, first_name,
            country, cast(null as timestamp) as updated_at
        from $customers
    """,
    "stg_shop__consents": """
        select
            'shop' as source_name, id as consent_id, key_type, key_value,
            key_value as raw_key_value, purpose, status, recorded_at,
            confirmed_at, expires_at,
            cast(null as varchar) as evidence
        from $consents
    """,
    "stg_shop__suppressions": """
        select key_type, key_value, reason, suppressed_at
        from $suppressions
    """,
    "int_identity__records": """
        -- depends_on: {{ ref('int_sources__guard') }}
        select
            row_number() over (order by source_name, source_record_id) as record_id,
            source_name, source_record_id, person, email, phone, first_name, country, updated_at
        from {{ ref('stg_shop__customers') }}
    """,
    "int_identity__record_profiles": """
        select record_id, source_name, source_record_id, person as profile_id
        from {{ ref('int_identity__records') }}
    """,
    "int_identity__ties": """
        select record_id, person as profile_id, 'always_match' as tie_type,
            dense_rank() over (order by person) as tie_id
        from {{ ref('int_identity__records') }}
    """,
    "int_identity__contact_points": """
        select profile_id, key_type, key_value,
            row_number() over (partition by profile_id, key_type order by key_value) = 1
                as is_primary,
            cast(null as timestamp) as last_seen_at
        from (
            select distinct person as profile_id, 'email' as key_type, email as key_value
            from {{ ref('int_identity__records') }} where email is not null
            union all
            select distinct person, 'phone', phone
            from {{ ref('int_identity__records') }} where phone is not null
        ) as points
    """,
    "int_identity__named_keys": """
        select record_id, 'email' as key_type, email as key_value, email as raw_key_value,
            false as is_junk
        from {{ ref('int_identity__records') }} where email is not null
        union all
        select record_id, 'phone', phone, phone, false
        from {{ ref('int_identity__records') }} where phone is not null
    """,
    "int_identity__record_keys": """
        select record_id, key_type, key_value, true as is_tying
        from {{ ref('int_identity__named_keys') }}
    """,
    # as the real one: an id that ends where the person of a record changes leads on
    "profile_ids": """
        {{ config(
            materialized='incremental', unique_key=['source_name', 'source_record_id'],
            incremental_strategy='delete+insert', full_refresh=false, tags=['state'],
        ) }}
        {% set now = dbt_consent.observed_at() %}
        {% set run = 'false' if dbt_consent.is_as_of_run() else 'true' %}
        with stored as (
            {% if is_incremental() %}
            select * from {{ this }}
            {% else %}
            select cast(null as {{ dbt.type_string() }}) as source_name,
                cast(null as {{ dbt.type_string() }}) as source_record_id,
                cast(null as {{ dbt.type_string() }}) as profile_id,
                cast(null as timestamp) as first_seen_at,
                cast(null as timestamp) as last_seen_at,
                cast(null as {{ dbt.type_string() }}) as previous_profile_id,
                cast(null as timestamp) as changed_at,
                cast(null as timestamp) as returned_at
            where 1 = 0
            {% endif %}
        )
        select records.source_name, records.source_record_id, records.person as profile_id,
            coalesce(stored.first_seen_at, {{ now }}) as first_seen_at,
            cast(null as timestamp) as last_seen_at,
            case when stored.profile_id <> records.person then stored.profile_id
                else stored.previous_profile_id end as previous_profile_id,
            case when stored.profile_id = records.person then stored.changed_at
                else {{ now }} end as changed_at,
            case when stored.last_seen_at is null then stored.returned_at
                else {{ now }} end as returned_at
        from {{ ref('int_identity__records') }} as records
        left join stored
            on records.source_name = stored.source_name
            and records.source_record_id = stored.source_record_id
        where {{ run }}
        union all
        select stored.source_name, stored.source_record_id, stored.profile_id,
            stored.first_seen_at, {{ now }} as last_seen_at, stored.previous_profile_id,
            stored.changed_at, stored.returned_at
        from stored
        left join {{ ref('int_identity__records') }} as records
            on records.source_name = stored.source_name
            and records.source_record_id = stored.source_record_id
        where {{ run }} and stored.last_seen_at is null and records.record_id is null
    """,
    "int_identity__attributes": """
        select person as profile_id, max(first_name) as first_name, max(country) as country,
            count(*) as record_count, cast(null as timestamp) as first_seen_at,
            cast(null as timestamp) as updated_at
        from {{ ref('int_identity__records') }}
        group by person
    """,
}
_SOURCES = {
    "sources": [
        {
            "name": "shop",
            "tables": [
                {
                    "name": "customers",
                    "config": {
                        "freshness": {"error_after": {"count": 2, "period": "day"}},
                        "loaded_at_query": (
                            'select cast(\'{{ env_var("CONSENT_TEST_LOADED_AT", "")'
                            " or run_started_at }}' as timestamp)"
                        ),
                    },
                }
            ],
        }
    ]
}
_SEGMENT = """
    select profiles.profile_id, consents.key_type, consents.key_value,
        profiles.first_name, profiles.country
    from {{{{ ref('profiles') }}}} as profiles
    inner join {{{{ ref('profile_consents') }}}} as consents
        on profiles.profile_id = consents.profile_id
    where consents.purpose = '{purpose}' and consents.is_permitted
"""


@dataclass
class ScratchProject:
    """A dbt project in a folder of its own, run through the real command line."""

    folder: Path
    exports: dict[str, dict[str, Any]]
    segments: dict[str, str | None]
    variables: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server: Warehouse | None = None
        if ENGINE != "duckdb":
            self.server = new_warehouse(self.folder, "scratch")

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def copy_to(self, folder: Path) -> ScratchProject:
        """The same project in another folder, as it stands; nothing is shared."""
        shutil.copytree(self.folder, folder)
        own = deepcopy((self.exports, self.segments, self.variables, self.environment))
        return ScratchProject(folder, *own)

    def write(self) -> None:
        """Writes the project's files; the data is written by `customers` and the others."""
        for name in ("models/own", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for copied in _COPIED:
            place = self.folder / copied
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / copied).is_dir():
                # the demo's exports, and the tests of what is upstream: others run those
                others = "*.yml" if copied.startswith("models/intermediate") else "exports.yml"
                skipped = shutil.ignore_patterns(others)
                shutil.copytree(ROOT / copied, place, dirs_exist_ok=True, ignore=skipped)
            else:
                shutil.copyfile(ROOT / copied, place)
        sources = {name: self._source(name) for name in _COLUMNS}
        for name, sql in _MODELS.items():
            text = Template(sql).safe_substitute(sources)
            (self.folder / "models/own" / f"{name}.sql").write_text(text)
        self.write_segments()
        self.write_exports()
        (self.folder / "models/own/sources.yml").write_text(json.dumps(_SOURCES))
        project = {
            "name": "dbt_consent",
            "profile": "scratch",
            "version": "1.0",
            "config-version": 2,
            "flags": {"send_anonymous_usage_stats": False},
            "seeds": {
                "dbt_consent": {
                    "+column_types": dict.fromkeys(
                        ("source_name", "label", "purpose", "status"), "text"
                    )
                }
            },
            "on-run-start": [
                "{{ dbt_consent.require_time_to_go_on() }}",
                "{{ dbt_consent.migrate_state() }}",
                "{{ dbt_consent.store_run_start() }}",
            ],
            "on-run-end": ["{{ dbt_consent.store_node_results(results) }}"],
            "models": {"dbt_consent": {"+materialized": "table"}},
            "vars": {
                "customer_sources": ["shop"],
                "customer_models": ["stg_shop__customers"],
                "consent_models": [
                    {"model": "stg_shop__consents", "kind": "ledger", "max_shrink": 1}
                ],
                "suppression_models": ["stg_shop__suppressions"],
                "alternate_keys": ["email", "phone"],
                "profile_attributes": {
                    "first_name": {"data_type": "string"},
                    "country": {"data_type": "string"},
                },
                "purposes": PURPOSES,
                "segments": list(self.segments),
                "delivery_targets": ["dev"],
                **self.variables,
            },
        }
        profiles = {
            "scratch": {
                "target": "dev",
                "outputs": {"dev": self._output()},
            }
        }
        (self.folder / "dbt_project.yml").write_text(json.dumps(project))
        (self.folder / "profiles.yml").write_text(json.dumps(profiles))

    def _source(self, name: str) -> str:
        """What a staging model reads: the file as it lies, or a table of the server."""
        if self.server:
            return f"lab.{name}"
        columns = ", ".join(f"{column}: '{type_}'" for column, type_ in _COLUMNS[name].items())
        path = f"{{{{ env_var('CONSENT_TEST_DATA') }}}}/{name}.jsonl"
        return f"read_json('{path}', format = 'newline_delimited', columns = {{{columns}}})"

    def _output(self) -> dict[str, Any]:
        if self.server:
            return self.server.output
        settings = {"TimeZone": "UTC"}
        return {"type": "duckdb", "path": "warehouse.duckdb", "threads": 2, "settings": settings}

    def write_segments(self) -> None:
        place = self.folder / "models/segments"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        parts = []
        for name, purpose in self.segments.items():
            sql = (
                _SEGMENT.format(purpose=purpose)
                if purpose
                else (
                    "select profile_id, cast(null as varchar) as key_type, "
                    "cast(null as varchar) as key_value, country from {{ ref('profiles') }}"
                )
            )
            rule: dict[str, Any] = {"attributes": ["first_name", "country"]}
            rule |= {"contact_for": purpose} if purpose else {"contacts_nobody": "a count"}
            rule["attributes"] = rule["attributes"] if purpose else ["country"]
            config = {"materialized": "view", "meta": {"segment": rule}}
            properties = {"models": [{"name": name, "config": config}]}
            (place / f"{name}.yml").write_text(json.dumps(properties))
            (place / f"{name}.sql").write_text(sql)
            parts.append(
                f"select '{name}' as segment_name, profile_id, key_type, key_value, "
                f"{{{{ dbt_consent.as_of() }}}} as as_of from {{{{ ref('{name}') }}}}"
            )
        (self.folder / "models/own/segment_members.sql").write_text(" union all ".join(parts))

    def write_exports(self) -> None:
        exposures = [
            {
                "name": name,
                "type": "application",
                "owner": {"name": "tests", "email": "tests@example.com"},
                "depends_on": [f"ref('{given['segment']}')"],
                "config": {"meta": {"export": {k: v for k, v in given.items() if k != "segment"}}},
            }
            for name, given in self.exports.items()
        ]
        (self.folder / "models/own/exports.yml").write_text(json.dumps({"exposures": exposures}))

    def customers(self, *rows: dict[str, Any]) -> None:
        self._lines("customers", rows)

    def consents(self, *rows: dict[str, Any]) -> None:
        self._lines("consents", rows)

    def suppressions(self, *rows: dict[str, Any]) -> None:
        self._lines("suppressions", rows)

    def _lines(self, name: str, rows: tuple[dict[str, Any], ...]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (self.data / f"{name}.jsonl").write_text(text)
        if self.server:
            self.server.load(f"lab.{name}", _COLUMNS[name], rows)

    def consent(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the command line in this process, which spares importing dbt each time."""
        with self.environment_of(**environment):
            done = CliRunner().invoke(app, list(arguments))
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def consent_apart(
        self, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command line in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=self.folder,
            env={**os.environ, **self._environment(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def refresh(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = self.consent("refresh", *arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @contextmanager
    def environment_of(self, **more: str) -> Iterator[None]:
        """This process as one that works in the project."""
        before, place = dict(os.environ), Path.cwd()
        os.environ.update(self._environment(), DBT_PROJECT_DIR=str(self.folder), **more)
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(place)
            os.environ.clear()
            os.environ.update(before)

    def _environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(ROOT),
            "CONSENT_TEST_DATA": str(self.data),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            **self.environment,
        }

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        if self.server:
            return self.server.rows(sql)
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        if self.server:
            self.server.execute(sql)
            return
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(sql)

    def deliveries(self, export: str = "newsletter") -> list[Path]:
        place = self.folder / self.exports[export]["destination"]
        return sorted(path.parent for path in place.glob("[0-9]*/certificate.json"))
