"""`make test-postgres`: the same product on DuckDB and on PostgreSQL, row for row.

Starts a server of its own (see `engines.server`) and

1. refreshes the demo three times on both engines, with changed sources in between, compares all
   that the warehouses hold and all that was delivered;
2. plants differences of the kinds that engines are known for, each of which must be found;
3. builds a generated project of 20,000 records and 100,000 consents on both, and compares;
4. runs the operator's commands, a refresh from two machines at once, and the tests of macros, of
   random rules and of random consents on PostgreSQL.

The two engines build side by side. Everything but the server is in a folder of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from clone import clone, run
from engines.changes import change_sources
from engines.delivered import compare_deliveries
from engines.postgres_commands import BACKUP, check_commands, check_erase
from engines.server import programs, server

Step = partial[None]
ROOT = Path(__file__).resolve().parents[3]
ENGINES = ("duckdb", "postgres")
REFRESHES = 3
GENERATED = ("--customers", "12100", "--seed", "5", "--answers", "12")
RECORDS, CONSENTS = 20_000, 100_000
SUITES = (
    "tests/python/engines",
    "tests/python/identity/test_connected_components.py",
    "tests/python/segments/test_segments_random.py",
    "tests/python/consent/test_consent_agreement.py",
    "tests/python/consent/test_evidence_loads.py",
    "tests/python/consent/test_evidence_meanings.py",
    "tests/python/consent/test_late_withdrawals.py",
    "tests/python/consent/test_listed_answers.py",
    "tests/python/erasure/test_on_a_server.py",
)
PLANTED = {
    # a null key read as text
    "profile_contact_points": "update profile_contact_points set last_seen_at = null, "
    "key_value = 'None' where key_value = (select min(key_value) from profile_contact_points)",
    # a three-valued not
    "profiles": "update profiles set consent_newsletter = null where profile_id = "
    "(select min(profile_id) from profiles where not consent_newsletter)",
    # an integer division
    "int_activities__orders": "update int_activities__orders set total = trunc(total) where "
    "ctid = (select min(ctid) from int_activities__orders where total <> trunc(total))",
    # a time zone shift
    "consent_events": "update consent_events set recorded_at = recorded_at + interval '1 hour' "
    "where event_id = (select min(event_id) from consent_events)",
    # a locale-dependent lower case
    "profile_consents": "update profile_consents set key_value = replace(key_value, 'i', 'ı') "
    "where ctid = (select min(ctid) from profile_consents where key_value like '%i%')",
}
"""What is done to one row of a table on PostgreSQL, by table."""


class Pair:
    """A clone of the project per engine, and a process each that types commands in it.

    Attributes:
        folders: the clone of each engine.
        environment: what their commands find in the environment.
    """

    def __init__(self, folders: Mapping[str, Path], environment: Mapping[str, str]) -> None:
        self.folders = folders
        self.environment = environment
        # a fork beside the threads of the pools would wait for their locks for ever
        fresh = get_context("spawn")
        self._typists = {engine: ProcessPoolExecutor(1, fresh) for engine in folders}

    def typed(
        self, engine: str, *command: str, **environment: str
    ) -> Future[subprocess.CompletedProcess[str]]:
        """Types a command in the engine's clone, without waiting for its end."""
        given = {**self.environment, **environment}
        return self._typists[engine].submit(run, self.folders[engine], shlex.join(command), **given)

    def run(self, engine: str, *command: str, **environment: str) -> str:
        """Runs a command in the engine's clone; returns what it printed."""
        return printed(self.typed(engine, *command, **environment).result())

    @contextmanager
    def asked(self) -> Iterator[Any]:
        """A cursor on the server, committed in the end."""
        import psycopg2

        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
        address = {name: self.environment[key] for name, key in names.items()}
        connection = psycopg2.connect(options="-c search_path=main", **address)
        with connection, connection.cursor() as cursor:
            yield cursor
        connection.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What the server answers."""
        with self.asked() as cursor:
            cursor.execute(sql)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def on_both(self, *command: str, **environment: str) -> None:
        """Runs a command with each engine as target, side by side."""
        running = [
            self.typed(engine, *command, "--target", engine, **environment) for engine in ENGINES
        ]
        for each in running:
            printed(each.result())

    def differences(self, **environment: str) -> dict[str, Any]:
        """What `consent compare` finds, with exit code and what it printed."""
        words = ["compare", "--json", *(word for e in ENGINES for word in ("--target", e))]
        done = self.typed("postgres", "consent", *words, **environment).result()
        return {"exit": done.returncode, **json.loads(printed(done, also=1))}


def printed(done: subprocess.CompletedProcess[str], also: int = 0) -> str:
    """What a command printed; ends the gate where it failed, or did not end with `also`."""
    if done.returncode not in (0, also):
        raise SystemExit(f"{done.args}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def demo(pair: Pair) -> None:
    """Three refreshes with deliveries, compared."""
    start = datetime.now(UTC) + timedelta(hours=1)
    for number in range(REFRESHES):
        for folder in pair.folders.values():
            change_sources(folder / "data/demo", number)
        pair.run("postgres", "consent", "demo", "--load", "--target", "postgres")
        now = (start + timedelta(days=number)).isoformat(timespec="seconds")
        pair.on_both("consent", "refresh", CONSENT_NOW=now)
    require_no_differences("the demo", pair.differences())
    files, rows = compare_deliveries(*(pair.folders[engine] / "exports" for engine in ENGINES))
    print(f"delivered files: 0 differences in {rows:,} rows of {files} files", flush=True)


def planted(pair: Pair) -> None:
    """Every planted difference is found, and nothing else."""
    with pair.asked() as cursor:
        for sql in PLANTED.values():
            cursor.execute(sql)
            assert cursor.rowcount == 1, sql
    found = pair.differences()
    differing = {t["table"]: t for t in found["tables"] if t["only_in_first"] + t["only_in_second"]}
    assert found["exit"] == 1, "planted differences, and an exit code of 0"
    # a view over one of the tables shows its difference as well
    assert set(differing) - {"contact_point_permissions"} == set(PLANTED), (
        f"planted {set(PLANTED)}, found {set(differing)}"
    )
    for name in PLANTED:
        table = differing[name]
        assert (table["only_in_first"], table["only_in_second"]) == (1, 1), table
    print(f"planted differences: {len(PLANTED)} of {len(PLANTED)} found", flush=True)


def commands(pair: Pair) -> None:
    """The operator's commands that read or write state."""

    def on_postgres(*words: str) -> str:
        return pair.run("postgres", *words, CONSENT_NOW=after_demo(hours=2))

    check_commands(on_postgres, pair.folders["postgres"])
    two_machines(pair)
    check_erase(on_postgres, pair.folders["postgres"])
    print("commands: all answer on postgres", flush=True)


def two_machines(pair: Pair) -> None:
    """A restored backup is refreshed; meanwhile another machine is told who does that."""
    target = ("--target", "postgres")
    there = {"PGSCHEMA": "restored", "CONSENT_NOW": after_demo(hours=2)}
    pair.run("postgres", "consent", "restore", BACKUP, *target, **there)
    refresh = ("consent", "refresh", "--no-export", *target)
    first = pair.typed("postgres", *refresh, **there)
    while not pair.query("select 1 from pg_locks where locktype = 'advisory'"):
        assert not first.done(), "it ended before it took the lock"
        time.sleep(0.2)
    second = pair.typed("duckdb", *refresh, **there).result()
    assert second.returncode == 1, second.stdout
    assert "has been running on this warehouse since" in second.stderr, second.stderr
    printed(first.result())
    ids = "select source_name, source_record_id, profile_id from {}.profile_ids order by 1, 2"
    assert pair.query(ids.format("restored")) == pair.query(ids.format("main"))
    print("two machines: one refreshes what was restored, the other is told", flush=True)


def after_demo(hours: int) -> str:
    """So many hours after the demo's last refresh, at the latest."""
    now = datetime.now(UTC) + timedelta(days=REFRESHES - 1, hours=hours)
    return now.isoformat(timespec="seconds")


def generated(pair: Pair, folder: Path) -> None:
    """A project of the size that the name promises, compared."""
    data = {"CONSENT_DATA": str(folder), "CONSENT_DATA_FORMAT": "parquet"}
    words = ("demo", *GENERATED, "--output", str(folder), "--load", "--target", "postgres")
    pair.run("postgres", "consent", *words)
    pair.on_both("dbt", "--quiet", "build", "--exclude-resource-type", "test", "unit_test", **data)
    # its texts are dirty in ways that the demo's are not
    pair.run("postgres", "dbt", "--quiet", "source", "freshness", "--target", "postgres", **data)
    found = pair.differences(**data)
    rows = {table["table"]: table["rows"] for table in found["tables"]}
    require_no_differences("the generated project", found)
    assert rows["profile_ids"] >= RECORDS and rows["consent_events"] >= CONSENTS, rows


def require_no_differences(what: str, found: Mapping[str, Any]) -> None:
    """Prints each table; ends the gate where one differs."""
    for table in found["tables"]:
        differences = table["only_in_first"] + table["only_in_second"]
        print(f"  {table['table']:<32}{table['rows']:>10,} rows {differences:>6} differences")
        print(*(f"    {text}" for text in table["examples"]), sep="\n", end="")
    total = sum(table["rows"] for table in found["tables"])
    print(f"{what}: {total:,} rows compared, exit code {found['exit']}", flush=True)
    if found["exit"]:
        raise SystemExit(f"{what} differs between {' and '.join(ENGINES)}")


def suites(environment: Mapping[str, str]) -> None:
    """The tests that take their warehouse from `engines.warehouse`, on PostgreSQL."""
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *SUITES],
        cwd=ROOT,
        env={**os.environ, **environment, "CONSENT_TEST_TARGET": "postgres"},
        check=True,
    )


def main() -> int:
    """Returns the exit code."""
    for name in [each for each in os.environ if each.startswith(("CONSENT_", "DBT_", "PG"))]:
        del os.environ[name]
    with server() as address, tempfile.TemporaryDirectory() as work:
        demonstrated = pair_in(Path(work), "demo", address)
        made = pair_in(Path(work), "generated", {**address, "PGDATABASE": new_database(address)})
        lines: tuple[tuple[Step, ...], ...] = (
            (
                partial(demo, demonstrated),
                partial(planted, demonstrated),
                partial(commands, demonstrated),
            ),
            (partial(suites, address), partial(generated, made, Path(work) / "generated-data")),
        )
        with ThreadPoolExecutor(len(lines)) as pool:
            for line in [pool.submit(in_turn, steps) for steps in lines]:
                line.result()
    return 0


def new_database(address: Mapping[str, str]) -> str:
    """Makes a second database on the server, for sources and tables of the same names."""
    command = [
        "createdb",
        "-h",
        address["PGHOST"],
        "-p",
        address["PGPORT"],
        "-U",
        address["PGUSER"],
    ]
    subprocess.run([str(programs() / command[0]), *command[1:], "generated"], check=True)
    return "generated"


def in_turn(steps: Sequence[Step]) -> None:
    """Does the steps, and says what each took."""
    for step in steps:
        started = time.monotonic()
        step()
        print(f"[{step.func.__name__}: {time.monotonic() - started:.0f} s]", flush=True)


def pair_in(folder: Path, name: str, environment: Mapping[str, str]) -> Pair:
    """Clones that deliver from both engines."""
    folders = {engine: clone(folder / f"{name}-{engine}") for engine in ENGINES}
    for each in folders.values():
        deliver_from(each / "dbt_project.yml")
    more = {"PGSCHEMA": "main", "CONSENT_WAREHOUSE": str(folder / f"{name}.duckdb")}
    return Pair(folders, {**environment, **more})


def deliver_from(project: Path) -> None:
    """Lets the PostgreSQL target deliver too."""
    text = project.read_text(encoding="utf-8")
    assert "delivery_targets: [duckdb]" in text
    project.write_text(text.replace("[duckdb]", "[duckdb, postgres]"), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
