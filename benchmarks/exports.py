"""Deliveries of a large audience: time per step, and memory above the warehouse's own.

    python benchmarks/exports.py --members 10000000

Makes a DuckDB warehouse with that many members (each with one e-mail address and two to three
consent events), delivers it twice through the library, with one percent of changes between, and
prints one line per delivery. Memory is the peak of a process of its own, less what a process
needs that only reads the same tables through the same engine.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from runner.dbt import Project

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "python" / "exports")]
LIMIT = "1GB"


def make(path: Path, members: int, segment: str) -> None:
    """Fills the tables that an export reads."""
    from exports_world import _TABLES

    with duckdb.connect(str(path)) as connection:
        connection.execute("set memory_limit = '4GB'; set preserve_insertion_order = false")
        for sql in _TABLES.format(schema="main", segment=segment).split(";"):
            connection.execute(sql)
        people = f"range({members}) as numbers (i)"
        who = "md5(i::varchar) as profile_id, 'email' as key_type"
        email = "'person.' || i || '@example.com'"
        # every twentieth says no, after having said yes
        allowed = "i % 20 <> 7"
        connection.execute(
            f"""
            insert into profile_contact_points
                select {who}, {email}, true, null from {people};
            insert into contact_point_permissions
                select {who}, {email}, 'newsletter', '', {allowed}, 'granted', null,
                    i::varchar, 's', timestamp '2026-01-01', null from {people};
            insert into consent_events
                select 's', i::varchar, 'email', {email}, 'newsletter', 'granted',
                    timestamp '2026-01-01', null, null, null, 'g' || i,
                    timestamp '2026-01-02', null
                from {people};
            insert into consent_events
                select 's', 'u' || i, 'email', {email}, 'use', 'granted',
                    timestamp '2026-01-01', null, null, null, 'u' || i,
                    timestamp '2026-01-02', null
                from {people} where i % 3 = 0;
            insert into consent_events
                select 's', 'd' || i, 'email', {email}, 'newsletter', 'denied',
                    timestamp '2026-02-01', null, null, null, 'd' || i,
                    timestamp '2026-02-02', null
                from {people} where not ({allowed});
            """
        )
        connection.execute(
            f"""
            insert into segment_members
                select '{segment}', profile_id, key_type, key_value, timestamp '2026-03-01'
                from contact_point_permissions where is_permitted;
            insert into {segment}
                select profile_id, key_type, key_value, 'Ann', 'NL'
                from contact_point_permissions where is_permitted;
            """
        )


def green(path: Path, project: Project, build: int) -> None:
    """A build in which everything was green."""
    from exports_world import fingerprints

    from runner import clock

    at = f"timestamp '{clock.now()}'"
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from node_results")
        connection.execute(
            f"insert into node_results select 'build-{build}', 'build', unnest($1), '', "
            f"'success', {at}, {at}, 0, '', unnest($2)",
            [list(project.nodes), fingerprints(project)],
        )


def change(path: Path, segment: str) -> None:
    """One percent withdraws, one percent comes."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            insert into consent_events
                select 's', 'w' || consent_id, 'email', key_value, 'newsletter', 'denied',
                    timestamp '2026-03-01 12:00:00', null, null, null, 'w' || event_id,
                    timestamp '2026-03-01 13:00:00', null
                from consent_events
                where purpose = 'newsletter' and status = 'granted'
                    and consent_id::bigint % 100 = 3;
            update contact_point_permissions set is_permitted = false
                where consent_id::bigint % 100 = 3;
            delete from segment_members where profile_id in (
                select profile_id from contact_point_permissions where not is_permitted
            );
            delete from {segment} where profile_id in (
                select profile_id from contact_point_permissions where not is_permitted
            );
            """
        )


def _deliver(folder: Path, file_format: str) -> None:
    """In a process of its own: one delivery, its time and its peak."""
    from exports_project import ScratchProject

    from runner.dbt import open_project
    from runner.exports.contract import exports
    from runner.exports.deliver import deliver

    scratch = ScratchProject(folder, {}, {})
    with scratch.environment_of():
        project = open_project()
    (export,) = exports(project)
    export = dataclasses.replace(export, format=file_format)
    started, cpu = time.monotonic(), time.process_time()
    outcome = deliver(project, export)
    _report(
        {
            "counts": outcome.counts,
            "seconds": round(time.monotonic() - started, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
        }
    )


def _baseline(folder: Path) -> None:
    """In a process of its own: the same tables read by the engine, and nothing kept."""
    from exports_project import ScratchProject

    from runner.dbt import open_project
    from runner.exports import audience, judge
    from runner.exports.contract import exports, purposes_of
    from runner.warehouse import open_warehouse

    scratch = ScratchProject(folder, {}, {})
    with scratch.environment_of():
        project = open_project()
    (export,) = exports(project)
    purposes = judge.concerned(judge.read_purposes(purposes_of(project)), export.required)
    with open_warehouse(project) as warehouse:
        points = audience.points_of_members(project, export)
        read = audience.evidence(project, export, points, purposes)
        for query in (
            audience.audience(project, export),
            (read["contact_point"], []),
            (read["event"], []),
        ):
            for batch in warehouse.stream(*query):
                del batch
    _report({})


def _report(found: dict[str, object]) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({**found, "peak_mb": peak}))


def _run(*arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=10_000_000)
    parser.add_argument("--format", default="csv", choices=["csv", "parquet", "jsonl"])
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder")
    parser.add_argument("--deliver", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--baseline", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.deliver:
        _deliver(options.deliver, options.format)
        return
    if options.baseline:
        _baseline(options.baseline)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        _measure(Path(temporary), options.members, options.format)


def _measure(folder: Path, members: int, file_format: str) -> None:
    from exports_project import ScratchProject

    from runner.dbt import open_project

    scratch = ScratchProject(
        folder,
        {
            "newsletter": {
                "segment": "newsletter_audience",
                "destination": "exports/newsletter",
                "deliver": ["full", "added", "removed"],
            }
        },
        {"newsletter_audience": "newsletter"},
    )
    scratch.write()
    profiles = json.loads((folder / "profiles.yml").read_text())
    settings = profiles["scratch"]["outputs"]["dev"]["settings"]
    settings |= {"memory_limit": LIMIT, "temp_directory": str(folder / "spill")}
    (folder / "profiles.yml").write_text(json.dumps(profiles))
    with scratch.environment_of():
        project = open_project()
    warehouse = folder / "warehouse.duckdb"
    make(warehouse, members, "newsletter_audience")
    baseline = _run("--baseline", str(folder))
    print(f"{members:,} contact points; the engine's own peak {baseline['peak_mb']} MB")
    for build in (1, 2):
        green(warehouse, project, build)
        found = _run("--deliver", str(folder), "--format", file_format)
        above = int(str(found["peak_mb"])) - int(str(baseline["peak_mb"]))
        print(
            f"delivery {build}: {found['counts']}  {found['seconds']} s "
            f"({found['cpu_seconds']} CPU s)  peak {found['peak_mb']} MB, {above} MB above"
        )
        change(warehouse, "newsletter_audience")
        scratch.deliveries()


if __name__ == "__main__":
    os.environ.setdefault("CONSENT_EXPORT_MEMORY", "256MB")
    main()
