"""A whole `consent refresh`: what it costs, how it grows, what a second one costs.

    python benchmarks/refresh.py
    python benchmarks/refresh.py --customers 600000 --rounds 3

Generates the sources of so many people and of a tenth of them (records of three systems, consents
of five, orders, e-mail events), refreshes clones of the project from them with empty state and then
once more with nothing changed, and the demo's own sources for dbt's fixed part. Prints medians: CPU
seconds, wall seconds, the peak of the memory; the growth for ten times as much data, the fixed part
taken off; the second refresh beside the first; and the slowest nodes of the largest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from cost import Cost, median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/python")]
CONSENT = Path(sys.executable).parent / "consent"
TABLES = ("int_identity__records", "consent_events", "profiles", "contact_point_permissions")


def refresh(folder: Path, settings: dict[str, str]) -> Cost:
    """One refresh in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CONSENT_", "DBT_", "PG"))}
    before = time.monotonic()
    with (folder / "refresh.log").open("w") as log:
        process = subprocess.Popen(
            [str(CONSENT), "refresh"],
            cwd=folder,
            env={**kept, "PYTHONPATH": str(folder), **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - before
    if status:
        raise SystemExit((folder / "refresh.log").read_text())
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1e6)


def measure(place: Path, title: str, customers: int | None, rounds: int) -> list[Cost]:
    """Medians of the first and of the second refresh."""
    from clone import clone

    settings = {}
    if customers:
        data = place / f"data-{customers}"
        people = ["--customers", str(customers), "--seed", "5", "--answers", "4"]
        command = [str(CONSENT), "demo", *people, "--output", str(data)]
        if not data.exists():
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        settings = {"CONSENT_DATA": str(data), "CONSENT_DATA_FORMAT": "parquet"}
    costs: list[list[Cost]] = [[], []]
    for number in range(rounds):
        folder = place / f"clone-{customers}-{number}"
        folder.mkdir()
        clone(folder)
        for of_kind, kind in zip(costs, ("first", "second"), strict=True):
            of_kind.append(refresh(folder, settings))
            print(f"{title}, {kind} refresh: {of_kind[-1]}", flush=True)
        if number == rounds - 1:
            tell_sizes(title, folder)
        shutil.rmtree(folder)
    return [median(of_kind) for of_kind in costs]


def tell_sizes(title: str, folder: Path) -> None:
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as connection:
        counts = [
            f"{connection.execute(f'select count(*) from {table}').fetchall()[0][0]:,} {table}"
            for table in TABLES
        ]
    print(f"{title}: {', '.join(counts)}")
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    slowest = sorted(results, key=lambda result: -result["execution_time"])[:10]
    for result in slowest if title == "large" else ():
        print(f"  {result['execution_time']:.1f} s  {result['unique_id']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=60_000, help="of the larger size")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sizes = {"demo": None, "small": given.customers // 10, "large": given.customers}
        medians = {
            title: measure(Path(place), title, customers, given.rounds)
            for title, customers in sizes.items()
        }
    for title, (first, second) in medians.items():
        print(f"{title}, medians of {given.rounds}: first {first}; second {second}")
    demo, small, large = (first for first, _ in medians.values())
    growth = [
        (getattr(large, part) - getattr(demo, part)) / (getattr(small, part) - getattr(demo, part))
        for part in ("cpu", "wall")
    ]
    print(f"growth for ten times as much data: CPU x {growth[0]:.1f}, time x {growth[1]:.1f}")
    again = medians["large"][1].wall / large.wall
    print(f"second refresh of the larger size: {again:.2f} of the first's time")


if __name__ == "__main__":
    main()
