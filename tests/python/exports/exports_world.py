"""A warehouse whose tables a test writes directly, for deliveries without a dbt build.

The tables are those that an export reads; permissions come from the few lines of `World.permits`,
which say for one purpose what docs/consent.md says.
"""

from __future__ import annotations

import csv
import dataclasses
import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from runner import clock
from runner.dbt import Project
from runner.exports import verify
from runner.exports.contract import exports
from runner.exports.deliver import deliver
from runner.exports.finish import Outcome
from runner.segments.written import fingerprint, rule_of

NASTY = [
    '=HYPERLINK("http://example.com")',
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\t=1",
    'a "quoted" name',
    "comma, and\nline\r\nbreaks",
    "'already",
    "ünïcødé 名",
    "  ",
    "",
    None,
    "-12.5",
]
# a build that is older than its sources may be is never delivered
START = clock.now().replace(microsecond=0) - timedelta(hours=12)
_TABLES = """
create table {schema}.segment_members (segment_name text, profile_id text, key_type text,
    key_value text, as_of timestamp);
create table {schema}.{segment} (profile_id text, key_type text, key_value text,
    first_name text, country text);
create table {schema}.contact_point_permissions (profile_id text, key_type text, key_value text,
    purpose text, status text, is_permitted boolean, reason text, reason_detail text,
    consent_id text, source_name text, recorded_at timestamp, expires_at timestamp);
create table {schema}.profile_contact_points (profile_id text, key_type text, key_value text,
    is_primary boolean, last_seen_at timestamp);
create table {schema}.consent_events (source_name text, consent_id text, key_type text,
    key_value text, purpose text, status text, recorded_at timestamp, confirmed_at timestamp,
    expires_at timestamp, evidence text, event_id text, first_seen_at timestamp,
    last_seen_at timestamp);
create view {schema}.int_consent__interpreted as
    select *, event_id as event_key, event_id as version_id, 's' as consent_model,
        true as is_mapped, purpose as raw_purpose, status as raw_status,
        first_seen_at as present_from, cast(null as timestamp) as last_shown_at
    from {schema}.consent_events;
create table {schema}.suppression_events (suppression_id text, suppression_model text,
    key_type text, key_value text, reason text, suppressed_at timestamp,
    first_seen_at timestamp, present_from timestamp, last_seen_at timestamp);
create table {schema}.retractions (event_id text, consent_model text, first_seen_at timestamp,
    suppression_id text, denials_too boolean, retracted_at timestamp, undone_at timestamp);
create table {schema}.int_identity__former_points (profile_id text, key_type text,
    key_value text);
create table {schema}.int_identity__point_stretches (profile_id text, source_name text,
    source_record_id text, is_record_present boolean, key_type text, key_value text,
    country text, first_seen_at timestamp, left_at timestamp);
create table {schema}.int_consent__suppressions (key_type text, key_value text, reason text,
    suppressed_at timestamp);
create table {schema}.int_consent__withheld_profiles (profile_id text);
create table {schema}.int_consent__erasure_marks (profile_id text, key_type text,
    key_value text, is_standing boolean);
create table {schema}.int_identity__contact_points (profile_id text, key_type text,
    key_value text, is_primary boolean, last_seen_at timestamp);
create table {schema}.int_identity__records (record_id bigint, country text);
create table {schema}.int_identity__record_profiles (record_id bigint, profile_id text);
create table {schema}.deliveries (delivery_id text, export_name text, destination text,
    segment_name text, kind text, delivered_at timestamp, as_of timestamp, location text,
    proof text, row_count bigint, sha256 text, status text, certificate_sha256 text);
create table {schema}.delivered_members (export_name text, destination text, key_type text,
    key_value text, profile_id text, delivered_at timestamp, removed_at timestamp);
create table {schema}.node_results (invocation_id text, which text, node_id text,
    resource_type text, status text, observed_at timestamp, as_of timestamp,
    execution_seconds double, message text, rule_fingerprint text);
"""


class World:
    """People with e-mail addresses and newsletter consents, and the warehouse that knows them."""

    def __init__(self, base: Project, folder: Path, **contract: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(base.folder / "models/segments", folder / "models/segments")
        self.project = dataclasses.replace(base, folder=folder, target_path=folder / "target")
        (self.export,) = (each for each in exports(base) if each.name == "newsletter")
        self.export = dataclasses.replace(self.export, **contract)
        self.profile_of: dict[str, str] = {}
        self.events: list[tuple[str, str, str, datetime]] = []
        self.gone: set[str] = set()
        self.names: dict[str, str | None] = {}
        self.now = START
        self.builds = 0
        with self.connect() as connection:
            connection.execute(_TABLES.format(schema="main", segment=self.export.segment))

    @property
    def warehouse(self) -> Path:
        return self.project.folder / "warehouse.duckdb"

    @property
    def destination(self) -> Path:
        return self.project.folder / self.export.destination

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.warehouse))

    def execute(self, sql: str) -> None:
        with self.connect() as connection:
            connection.execute(sql)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    # -- what happens to people ---------------------------------------------------------------

    def person(self, email: str) -> None:
        self.profile_of.setdefault(email, f"p-{email}")
        self.gone.discard(email)

    def say(self, email: str, status: str, purpose: str = "newsletter") -> None:
        """A consent event, later than all before it."""
        self.person(email)
        self.now += timedelta(minutes=1)
        self.events.append((email, purpose, status, self.now))

    def merge(self, one: str, other: str) -> None:
        kept, lost = sorted((self.profile_of[one], self.profile_of[other]))
        self.profile_of = {e: kept if p == lost else p for e, p in self.profile_of.items()}

    def vanish(self, email: str) -> None:
        """The person is in no source any more; the events stay, as history keeps them."""
        self.gone.add(email)

    def present(self) -> list[str]:
        return sorted(email for email in self.profile_of if email not in self.gone)

    def permits(self, email: str) -> bool:
        """Granted here, after every denial of the newsletter on any address of the person, and
        nothing said against all use that still stands where it was said."""
        grant = self._last(email, "newsletter", "granted")
        if grant is None:
            return False
        for other in self.present():
            if self.profile_of[other] != self.profile_of[email]:
                continue
            denial = self._last(other, "newsletter", "denied")
            if denial is not None and denial >= grant:
                return False
            against_all = self._last(other, "use", "denied")
            lifted = self._last(other, "use", "granted")
            stands = against_all is not None and (lifted is None or lifted <= against_all)
            if stands and against_all >= grant:
                return False
        return True

    def members(self) -> set[str]:
        return {email for email in self.present() if self.permits(email)}

    def _last(self, email: str, purpose: str, status: str) -> datetime | None:
        times = [e[3] for e in self.events if e[:3] == (email, purpose, status)]
        return max(times, default=None)

    # -- what the product does ----------------------------------------------------------------

    def build(self, allowed: Iterable[str] | None = None) -> None:
        """Writes the tables as a green build would, or with `allowed` as one gone wrong."""
        self.now += timedelta(minutes=1)
        self.builds += 1
        members = self.members() if allowed is None else set(allowed)
        at = f"timestamp '{self.now}'"
        with self.connect() as connection:
            connection.begin()
            for table in (
                "segment_members",
                self.export.segment,
                "contact_point_permissions",
                "profile_contact_points",
                "int_identity__contact_points",
                "node_results",
            ):
                connection.execute(f"delete from {table}")
            for email in self.present():
                profile = self.profile_of[email]
                for table in ("profile_contact_points", "int_identity__contact_points"):
                    connection.execute(
                        f"insert into {table} values ($1, 'email', $2, true, null)",
                        [profile, email],
                    )
                permitted = email in members
                connection.execute(
                    "insert into contact_point_permissions values ($1, 'email', $2, "
                    "'newsletter', '', $3, $4, null, 'c', 's', null, null)",
                    [profile, email, permitted, "granted" if permitted else "denied"],
                )
            connection.execute(
                f"insert into segment_members select '{self.export.segment}', profile_id, key_type,"
                f" key_value, {at} from contact_point_permissions where is_permitted"
            )
            connection.execute(
                f"insert into {self.export.segment} select profile_id, min(key_type), "
                "min(key_value), 'Ann', 'NL' from contact_point_permissions "
                "where is_permitted group by profile_id"
            )
            for email, name in self.names.items():
                connection.execute(
                    f"update {self.export.segment} set first_name = $1 where profile_id = $2",
                    [name, self.profile_of[email]],
                )
            known = {
                row[0]
                for row in connection.execute("select event_id from consent_events").fetchall()
            }
            for index, (email, purpose, status, time) in enumerate(self.events):
                if str(index) not in known:
                    connection.execute(
                        f"insert into consent_events values ('s', $1, 'email', $2, $3, $4, $5, "
                        f"null, null, null, $1, {at}, null)",
                        [str(index), email, purpose, status, time],
                    )
            connection.execute(
                f"insert into node_results select 'build-{self.builds}', 'build', unnest($1), '', "
                f"'success', {at}, {at}, 0, '', unnest($2)",
                [list(self.project.nodes), fingerprints(self.project)],
            )
            connection.commit()

    def deliver(self, **options: Any) -> Outcome:
        return deliver(self.project, self.export, **options)

    def deliveries(self) -> list[Path]:
        return sorted(path.parent for path in self.destination.glob("[0-9]*/certificate.json"))

    def outstanding(self) -> set[str]:
        rows = self.query("select key_value from delivered_members where removed_at is null")
        return {row[0] for row in rows}


def fingerprints(project: Project) -> list[str | None]:
    """Of each node the fingerprint of its rule, as a build keeps it."""
    rules = [rule_of(node) for node in project.nodes.values()]
    return [None if rule is None else fingerprint(rule) for rule in rules]


def column(path: Path, name: str = "email") -> list[str]:
    """One column of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def make(world: World, **contract: Any) -> Path:
    """Delivers with a changed contract and returns the delivery."""
    world.export = dataclasses.replace(world.export, **contract)
    world.deliver()
    delivery = world.deliveries()[-1]
    answer = verify.verify(str(delivery))
    assert answer.problems == []
    assert answer.members == len(NASTY)
    return delivery
