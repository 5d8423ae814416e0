"""Identity resolution on the shapes that break others: cost per shape, beside other methods.

    python benchmarks/identity.py
    python benchmarks/identity.py --shapes mixed --records 10000000

`shared`: one value on 100,000 records. `chain`: 10,000 records, each tied to the next only.
`singletons`: 1,000,000 records that share nothing. `mixed`: so many records, mostly two per
person, some families and some junk. Each is resolved by `dbt build` (records to profile ids); then
the edges alone go through the materialization, through scipy's connected components and, where it
is installed, through Splink's clustering. Prints CPU seconds and wall seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb

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


def spent(what: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds, all threads of this process."""
    cpu, wall = time.process_time(), time.monotonic()
    what()
    return time.process_time() - cpu, time.monotonic() - wall


def resolve(shape: str, records: int | None) -> None:
    from identity_lab import Lab, failures

    count, email, phone = SHAPES[shape]
    count = records or count
    with tempfile.TemporaryDirectory() as place:
        variables = {"max_records_per_key": 50 if shape == "mixed" else count}
        lab = Lab(Path(place), variables=variables).create()
        with duckdb.connect(str(lab.warehouse)) as connection:
            connection.execute(
                "insert into lab.customers by name select 'a' as source_name,"
                f" i::varchar as source_record_id, {email} as email, {phone} as phone"
                f" from range({count}) as r (i)"
            )
        lab.project  # noqa: B018  parsed before the clock runs

        def build(*chosen: str) -> None:
            outcome = lab.build(*chosen, is_tested=False)
            assert outcome.success, failures(outcome)

        report(shape, count, "records to profile ids, dbt included", spent(lambda: build()))
        edges = lab.rows("select count(*) from int_identity__record_keys where is_tying")[0][0]
        alone = spent(lambda: build("int_identity__linked_records"))
        report(shape, count, f"components of {edges:,} keys, dbt included", alone)
        with duckdb.connect(str(lab.warehouse)) as connection:
            others(shape, count, connection)


def others(shape: str, count: int, connection: duckdb.DuckDBPyConnection) -> None:
    edges = connection.execute(
        "select record_id as node, first_record_id as other_node from int_identity__record_keys"
        " where is_tying and record_id <> first_record_id"
    ).to_arrow_table()

    def scipy_components() -> None:
        import numpy
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        one, other = edges["node"].to_numpy(), edges["other_node"].to_numpy()
        size = (count + 1, count + 1)
        weights = numpy.ones(len(one), dtype=numpy.int8)
        connected_components(coo_array((weights, (one, other)), shape=size), directed=False)

    def splink_components() -> None:
        from splink import DuckDBAPI
        from splink.clustering import cluster_pairwise_predictions_at_threshold

        api = DuckDBAPI()
        nodes = connection.execute(
            "select record_id as unique_id from int_identity__records"
        ).to_arrow_table()
        pairs = edges.rename_columns(["unique_id_l", "unique_id_r"])
        cluster_pairwise_predictions_at_threshold(
            nodes, pairs, db_api=api, node_id_column_name="unique_id"
        ).as_pandas_dataframe()

    for name, method in (("scipy", scipy_components), ("Splink", splink_components)):
        with suppress(ImportError):
            report(shape, count, f"{name} on the same edges", spent(method))


def report(shape: str, count: int, what: str, cost: tuple[float, float]) -> None:
    print(f"{shape}, {count:,} records: {what}: {cost[0]:.1f} s CPU, {cost[1]:.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--records", type=int, help="instead of the shape's own number")
    given = parser.parse_args()
    for shape in given.shapes:
        resolve(shape, given.records)


if __name__ == "__main__":
    main()
