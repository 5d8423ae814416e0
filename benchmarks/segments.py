"""Many segments over many profiles: what dbt and segment_members cost beside the bare filters.

    python benchmarks/segments.py --segments 1000 --profiles 1000000

Makes a DuckDB warehouse with that many profiles, writes a project with that many segments of three
to five conditions, builds it with `dbt build` (views, segment_members, segment_history; warm, that
is parsed before), and runs the same filters bare, one `create table as` each. Prints the CPU
seconds of both, their medians, and the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / part) for part in ("python", "python/segments"))]
COUNTRIES = ("NL", "BE", "DE", "FR", "US")


def rules(count: int) -> dict[str, Any]:
    """So many rules of three to five conditions; every tenth asks for orders."""
    draw = Random(1)

    def condition() -> dict[str, Any]:
        kinds: list[dict[str, Any]] = [
            {"field": "country", "in": draw.sample(COUNTRIES, 2)},
            {"field": "points", "gte": draw.randrange(500, 950)},
            {"field": "value", "between": [draw.randrange(400), draw.randrange(450, 700)]},
            {"field": "birth_date", "age": {"gte": draw.randrange(40, 80)}},
            {"field": "first_name", "contains": draw.choice("aeiou")},
            {"not": {"field": "points", "eq": draw.randrange(999)}},
            {"consent": "profiling"},
        ]
        return draw.choice(kinds)

    found: dict[str, Any] = {}
    for number in range(count):
        conditions = [condition() for _ in range(draw.randrange(3, 6))]
        if number % 10 == 0:
            conditions[0] = {"activity": "orders", "count": {"gte": draw.randrange(1, 4)}}
        guard = {"contact_for": "newsletter"} if number % 2 else {"contacts_nobody": "a benchmark"}
        found[f"segment_{number:04d}"] = {**guard, "where": {"all": conditions}}
    return found


def fill(path: Path, profiles: int, tables: dict[str, list[str]]) -> None:
    """Fills the lab's tables; a column that is not named is null."""
    values = {
        "profiles": {
            "profile_id": "md5(i::varchar)",
            "country": f"list_value{COUNTRIES}[1 + i % 5]",
            "points": "hash(i) % 1000",
            "value": "(hash(i + 1) % 100000) / 100.0",
            "birth_date": "date '1940-01-01' + (hash(i + 2) % 25000)::int",
            "first_name": "substr(md5((i % 5000)::varchar), 1, 6)",
            "consent_newsletter": "i % 3 <> 0",
            "consent_profiling": "i % 4 <> 0",
        },
        "int_consent__chosen_contact_points": {
            "profile_id": "md5(i::varchar)",
            "purpose": "'newsletter'",
            "key_type": "'email'",
            "key_value": "i || '@example.com'",
            "is_permitted": "i % 3 <> 0",
            "reason": "'granted'",
        },
        "int_activities__orders": {
            "profile_id": "md5((i % (1 + i // 3))::varchar)",
            "occurred_at": "timestamp '2026-01-01' - to_days((i % 500)::int)",
            "total": "(i % 200)::double",
        },
    }
    values["profile_consents"] = values["int_consent__chosen_contact_points"]
    with duckdb.connect(str(path)) as connection:
        for name, given in values.items():
            listed = ", ".join(given.get(column, "null") for column in tables[name])
            connection.execute(
                f"insert into lab.{name} select {listed} from range({profiles}) as r (i)"
            )


def spent(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def build(folder: Path) -> float:
    """CPU seconds of `dbt build` in a process of its own."""
    before = spent(resource.RUSAGE_CHILDREN)
    dbt = Path(sys.executable).parent / "dbt"
    # as `consent refresh` calls it: the log of its own replaces dbt's
    command = [str(dbt), "--log-level-file", "none", "build", "-q"]
    command += ["-s", "segments", "--exclude", "test_type:data"]
    subprocess.run(
        command, cwd=folder, check=True, env={**os.environ, "DBT_PROFILES_DIR": str(folder)}
    )
    return spent(resource.RUSAGE_CHILDREN) - before


def bare(folder: Path, names: list[str]) -> float:
    """CPU seconds of the same filters in DuckDB alone."""
    place = folder / "target/compiled/dbt_consent/models/segments"
    statements = [(place / f"{name}.sql").read_text(encoding="utf-8") for name in names]
    code = (
        "import duckdb, json, sys\n"
        "given = json.load(sys.stdin)\n"
        "with duckdb.connect(given['path']) as connection:\n"
        '    connection.execute("set threads = 2; create schema bare")\n'
        "    for number, sql in enumerate(given['statements']):\n"
        "        connection.execute(f'create table bare.s{number} as {sql}')\n"
        "    connection.execute('drop schema bare cascade')\n"
    )
    before = spent(resource.RUSAGE_CHILDREN)
    given = json.dumps({"path": str(folder / "warehouse.duckdb"), "statements": statements})
    subprocess.run([sys.executable, "-c", code], input=given, text=True, check=True)
    return spent(resource.RUSAGE_CHILDREN) - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=1000)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    from segment_lab import Lab

    with tempfile.TemporaryDirectory() as place:
        lab = Lab(
            folder=Path(place),
            attributes={
                "country": "string",
                "points": "bigint",
                "value": "double",
                "birth_date": "date",
                "first_name": "string",
            },
            activities={"orders": {"total": "double"}},
        )
        lab.create()
        lab.load({})
        with duckdb.connect(str(lab.folder / "warehouse.duckdb")) as connection:
            columns = connection.execute(
                "select table_name, list(column_name order by ordinal_position)"
                " from information_schema.columns where table_schema = 'lab' group by all"
            ).fetchall()
        fill(lab.folder / "warehouse.duckdb", given.profiles, dict(columns))
        lab.segments(rules(given.segments))
        lab.require_build("fixtures")
        build(lab.folder)
        rounds = []
        for number in range(given.rounds):
            ours, theirs = build(lab.folder), bare(lab.folder, lab.listed)
            rounds.append((ours, theirs))
            print(
                f"round {number + 1}: dbt build {ours:.1f} s CPU, bare filters {theirs:.1f} s CPU"
            )
        ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
        members = lab.rows("select count(*) from segment_members")[0][0]
        share = members / given.segments / given.profiles
        print(
            f"{given.segments} segments over {given.profiles:,} profiles: dbt build {ours:.1f} s"
            f" CPU, bare filters {theirs:.1f} s CPU, ratio {ours / theirs:.2f} (target 4);"
            f" a segment holds {share:.1%} of the profiles"
        )


if __name__ == "__main__":
    main()
