"""The materialization of connected components, against union-find, on the engine of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from engines.warehouse import ENGINE, SCHEMA, Warehouse, new_warehouse
from identity_model import Forest

from runner import dbt

ROOT = Path(__file__).resolve().parents[3]
Edge = tuple[int, int]


def large(seed: int) -> list[Edge]:
    """A graph whose components take a while."""
    draw = Random(seed)
    return [(draw.randrange(1, 100_000), draw.randrange(1, 100_000)) for _ in range(60_000)]


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
WAYS = {"as_the_engine_does": "in_memory=true", "in_sql": "in_memory=false"}
TEXTS = {"node": "one", "other_node": "other"}
CONFIG = "{{{{ config(materialized='connected_components', {}) }}}}\n{}\n"


def new_project(folder: Path, graphs: dict[str, list[Edge]]) -> Warehouse:
    """A project without models, and the graphs in tables `lab.NAME`."""
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
    for name, edges in graphs.items():
        rows = [dict(zip(columns, edge, strict=True)) for edge in edges]
        warehouse.load(f"lab.{name}", columns, rows)
    return warehouse


def write_model(folder: Path, name: str, config: str, graph: str) -> None:
    model = CONFIG.format(config, f"select node, other_node from lab.{graph}")
    (folder / f"models/{name}.sql").write_text(model)


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "CONSENT_W"))}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Every graph's components, and a model that is given too few rounds."""
    folder = tmp_path_factory.mktemp("components")
    warehouse = new_project(folder, {NAMES[name]: edges for name, edges in GRAPHS.items()})
    for name, (way, config) in product(NAMES.values(), WAYS.items()):
        write_model(folder, f"{name}_{way}", config, name)
    write_model(folder, "too_few", "in_memory=false, max_rounds=2", NAMES["a chain"])
    with patch.dict(os.environ, environment(), clear=True):
        outcome = dbt.invoke(["run"], folder=folder)
    messages = {result.name: result.message for result in outcome.failed}
    assert list(messages) == ["too_few"], messages
    assert "edges are left after max_rounds = 2" in messages["too_few"]
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


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_has_the_smallest_of_its_component(
    name: str, way: str, warehouse: Warehouse
) -> None:
    rows = warehouse.rows(f"select record_id, component_id from {SCHEMA}.{NAMES[name]}_{way}")
    assert len(rows) == len(set(rows))
    assert set(rows) == expected(GRAPHS[name])


def test_too_few_rounds_leave_no_table(warehouse: Warehouse) -> None:
    assert "too_few" not in warehouse.tables(SCHEMA)


@pytest.mark.parametrize("config", WAYS.values())
def test_a_run_that_fails_leaves_the_table_as_it_was(config: str, tmp_path: Path) -> None:
    """The second run's nodes are no numbers."""
    warehouse = new_project(tmp_path, {"graph": [(2, 1)]})
    write_model(tmp_path, "components", config, "graph")
    with patch.dict(os.environ, environment(), clear=True):
        assert dbt.invoke(["run"], folder=tmp_path).success
        warehouse.execute("drop table lab.graph")
        warehouse.load("lab.graph", {"node": "varchar", "other_node": "varchar"}, [TEXTS])
        assert not dbt.invoke(["run"], folder=tmp_path).success
    rows = warehouse.rows(f"select record_id, component_id from {SCHEMA}.components")
    assert sorted(rows) == [(1, 1), (2, 1)]
    assert warehouse.tables(SCHEMA) == {"components"}


@pytest.mark.slow
@pytest.mark.skipif(ENGINE == "spark", reason="the session of the tests is one process")
def test_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    """Each reads another graph; two write one table, which ends as the answer to one of them."""
    graphs = {f"graph_{seed}": large(seed) for seed in range(3)}
    warehouse = new_project(tmp_path, graphs)
    write_model(tmp_path, "components", "max_rounds=100", "graph_{{ var('seed') }}")
    schemas = [SCHEMA, SCHEMA, "other"]
    profiles = json.loads((tmp_path / "profiles.yml").read_text())
    profiles["lab"]["outputs"]["dev"]["schema"] = "{{ env_var('SCHEMA') }}"
    (tmp_path / "profiles.yml").write_text(json.dumps(profiles))

    def run(seed: int) -> subprocess.Popen[str]:
        command = "from dbt.cli.main import cli; cli()"
        options = ["--target-path", str(tmp_path / f"target_{seed}")]
        return subprocess.Popen(
            [sys.executable, "-c", command, "run", *options, "--vars", json.dumps({"seed": seed})],
            cwd=tmp_path,
            env=environment() | {"SCHEMA": schemas[seed]},
            stdout=subprocess.PIPE,
            text=True,
        )

    for seed in (0, 2):
        said = run(seed).communicate()[0]
        assert "PASS=1" in said, said
    answers = [expected(edges) for edges in graphs.values()]
    for _ in range(1 if ENGINE == "duckdb" else 2):
        running = [run(seed) for seed in range(3)]
        results = [process.communicate()[0] for process in running]
        failed = [text for text in results if "PASS=1" not in text]
        if ENGINE == "duckdb":  # one process at a time has the file, and the others say so
            assert all("Could not set lock on file" in text for text in failed), failed
            assert len(failed) < 3, failed
        else:
            assert not failed, failed
        for schema, possible in ((SCHEMA, answers[:2]), ("other", answers[2:])):
            rows = warehouse.rows(f"select record_id, component_id from {schema}.components")
            assert len(rows) == len(set(rows))
            assert set(rows) in possible
    assert warehouse.tables(SCHEMA) == warehouse.tables("other") == {"components"}
