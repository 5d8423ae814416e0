"""Identity resolution on the shapes that break others: cost per shape, beside another method.

    python benchmarks/identity.py
    python benchmarks/identity.py --shapes mixed --records 10000000

`shared`: one value on 100,000 records. `chain`: 10,000 records, each tied to the next only.
`singletons`: 1,000,000 records that share nothing. `mixed`: so many records, mostly two per
person, some families and some junk. Each is resolved by `dbt build` (records to profile ids); then
the edges alone go through the materialization, in memory and in SQL, and, where it is installed,
through Splink's clustering, which gets no node without an edge. Each of these has a process of its
own; the medians of the rounds are printed: CPU seconds, wall seconds and the peak of the memory
(dbt and imports included), and the ratios to Splink. The number of components must be equal.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import yaml
from cost import Cost, median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / part) for part in ("python", "python/identity"))]
SHAPES = {
    "shared": (100_000, "'one@example.com'", "null"),
    "chain": (10_000, "'e' || i // 2", "'p' || (i + 1) // 2"),
    "singletons": (1_000_000, "i || '@example.com'", "null"),
    "mixed": (
        1_000_000,
        "case when i % 7 <> 0 then (hash(i) % (1 + i // 2)) || '@example.com' end",
        "case when i % 3 = 0 then '+31' || (hash(i + 1) % (1 + i))"
        " when i % 500 = 1 then '+31000' end",
    ),
}
"""Per shape: records, and SQL of e-mail and phone of record `i`."""


COMPONENTS = "int_identity__linked_records"


def spent(what: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.monotonic()
    what()
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    return Cost(cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def build(lab: Any, *chosen: str) -> Cost:
    from identity_lab import failures

    lab.project  # noqa: B018  parsed before the clock runs
    outcomes = []
    cost = spent(lambda: outcomes.append(lab.build(*chosen, is_tested=False)))
    assert outcomes[0].success, failures(outcomes[0])
    return cost


def resolve(folder: Path, shape: str, count: int) -> Cost:
    """Writes the records and builds everything, up to the ids."""
    from identity_lab import Lab

    _, email, phone = SHAPES[shape]
    variables = {"max_records_per_key": 50 if shape == "mixed" else count}
    lab = Lab(folder, variables=variables).create()
    with duckdb.connect(str(lab.warehouse)) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            "insert into lab.customers by name select 'a' as source_name,"
            f" i::varchar as source_record_id, {email} as email, {phone} as phone"
            f" from range({count}) as r (i)"
        )
    return build(lab)


def materialize(folder: Path, in_memory: bool) -> tuple[Cost, int]:
    """The materialization alone; its cost and the number of components."""
    from identity_lab import Lab

    settings = folder / "dbt_project.yml"
    project = yaml.safe_load(settings.read_text())
    of_models = {"identity": {COMPONENTS: {"+in_memory": in_memory}}}
    project["models"]["dbt_consent"]["intermediate"].update(of_models)
    settings.write_text(yaml.safe_dump(project))
    lab = Lab(folder)
    cost = build(lab, COMPONENTS)
    return cost, lab.rows(f"select count(distinct component_id) from {COMPONENTS}")[0][0]


def splink(folder: Path, _: bool) -> tuple[Cost, int]:
    """Splink's clustering in a DuckDB in memory, with as many threads."""
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            "set enable_progress_bar = false;"
            f"attach '{folder}/warehouse.duckdb' as warehouse (read_only);"
            "create view edges as"
            " select record_id as unique_id_l, first_record_id as unique_id_r"
            " from warehouse.int_identity__record_keys"
            " where is_tying and record_id <> first_record_id;"
            f"create view nodes as select record_id as unique_id from warehouse.{COMPONENTS}"
        )
        found = []
        cost = spent(
            lambda: found.append(
                cluster_pairwise_predictions_at_threshold(
                    "nodes",
                    "edges",
                    db_api=DuckDBAPI(connection=connection),
                    node_id_column_name="unique_id",
                )
            )
        )
        query = f"select count(distinct cluster_id) from {found[0].physical_name}"
        return cost, connection.execute(query).fetchall()[0][0]


METHODS: dict[str, tuple[Callable[[Path, bool], tuple[Cost, int]], bool]] = {
    "in memory, dbt included": (materialize, True),
    "in SQL, dbt included": (materialize, False),
    "Splink": (splink, False),
}


def alone(what: Callable[..., Any], *arguments: object) -> Any:
    """The result of a call in a new process, whose memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(what, *arguments).result()


def measure(shape: str, count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        title = f"{shape}, {count:,} records"
        print(
            f"{title}: records to profile ids: {alone(resolve, folder, shape, count)}", flush=True
        )
        costs: dict[str, list[Cost]] = {}
        answers = {}
        for _ in range(rounds):
            for name, (method, argument) in METHODS.items():
                if method is splink and find_spec("splink") is None:
                    continue
                cost, answers[name] = alone(method, folder, argument)
                costs.setdefault(name, []).append(cost)
                print(f"{title}: components {name}: {cost}", flush=True)
    assert len(set(answers.values())) == 1, answers
    medians = {name: median(of_name) for name, of_name in costs.items()}
    for name, cost in medians.items():
        other = medians.get("Splink", cost)
        against = "" if other is cost else f"; {cost.share_of(other)}"
        print(f"{title}: components {name}, median of {rounds}: {cost}{against}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--records", type=int, help="instead of the shape's own number")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for shape in given.shapes:
        measure(shape, given.records or SHAPES[shape][0], given.rounds)


if __name__ == "__main__":
    main()
