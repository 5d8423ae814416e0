"""The materialization of connected components, against union-find, on the engine of the tests."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from engines.warehouse import SCHEMA, Warehouse, new_warehouse
from identity_model import Forest

from runner import dbt

ROOT = Path(__file__).resolve().parents[3]
Edge = tuple[int, int]


def drawn(seed: int) -> list[Edge]:
    """A graph of many small and a few large parts, with loops, copies and both directions."""
    draw = Random(seed)
    edges = [(draw.randrange(3000), draw.randrange(3000)) for _ in range(1600)]
    edges += [(one, one) for one in range(0, 3000, 100)]
    edges += [(other, one) for one, other in edges[:200]]
    return edges + edges[:50]


GRAPHS: dict[str, list[Edge]] = {
    "nothing": [],
    "a loop": [(7, 7)],
    "one tie": [(2, 1)],
    "a star": [(5000, leaf) for leaf in range(1, 3000)],
    "a chain": [(node, node + 1) for node in range(1, 3000)],
    "a ring": [(node, node % 2999 + 1) for node in range(1, 3000)],
    "the largest numbers": [(2**31 - 1, 2**31 - 2), (2**31 - 2, 1)],
    "random": drawn(1),
    "random again": drawn(2),
}
NAMES = {name: f"graph_{number}" for number, name in enumerate(GRAPHS)}
SQL = "{{{{ config(materialized='connected_components', max_rounds={rounds}) }}}}\n{query}\n"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Every graph's components, and a model that is given too few rounds."""
    folder = tmp_path_factory.mktemp("components")
    warehouse = new_warehouse(folder, "components")
    (folder / "models").mkdir()
    (folder / "macros").symlink_to(ROOT / "macros")
    outputs = {"lab": {"target": "dev", "outputs": {"dev": warehouse.output}}}
    (folder / "profiles.yml").write_text(json.dumps(outputs))
    project = {
        "name": "dbt_consent",
        "version": "0.1.0",
        "config-version": 2,
        "profile": "lab",
        "flags": {"send_anonymous_usage_stats": False},
    }
    (folder / "dbt_project.yml").write_text(json.dumps(project))
    columns = {"node": "bigint", "other_node": "bigint"}
    for name, edges in GRAPHS.items():
        rows = [dict(zip(columns, edge, strict=True)) for edge in edges]
        warehouse.load(f"lab.{NAMES[name]}", columns, rows)
        query = f"select node, other_node from lab.{NAMES[name]}"
        (folder / f"models/{NAMES[name]}.sql").write_text(SQL.format(rounds=100, query=query))
    query = f"select node, other_node from lab.{NAMES['a chain']}"
    (folder / "models/too_few.sql").write_text(SQL.format(rounds=2, query=query))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "CONSENT_W"))}
    with patch.dict(os.environ, kept, clear=True):
        outcome = dbt.invoke(["run"], folder=folder)
    [failed] = outcome.failed
    assert failed.name == "too_few"
    assert "edges are left after max_rounds = 2" in failed.message
    return warehouse


def expected(edges: Iterable[Edge]) -> set[tuple[int, int]]:
    """Each node that has another one, with the smallest of its component."""
    forest = Forest()
    nodes = set()
    for one, other in edges:
        if one != other:
            forest.join(one, other)
            nodes |= {one, other}
    smallest: dict[object, int] = {}
    for node in sorted(nodes):
        smallest.setdefault(forest.find(node), node)
    return {(node, smallest[forest.find(node)]) for node in nodes}


@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_has_the_smallest_of_its_component(name: str, warehouse: Warehouse) -> None:
    rows = warehouse.rows(f"select record_id, component_id from {SCHEMA}.{NAMES[name]}")
    assert len(rows) == len(set(rows))
    assert set(rows) == expected(GRAPHS[name])


def test_too_few_rounds_leave_no_table(warehouse: Warehouse) -> None:
    tables = warehouse.rows("select table_name from information_schema.tables")
    assert not {name for (name,) in tables if name == "too_few"}
