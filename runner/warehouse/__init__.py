"""Opening the warehouse beside dbt: read only for queries, for writing only to record state.

A query is portable SQL with `$1`, `$2` … for its values, and comes back as a stream of Arrow
record batches, so that memory does not grow with the result. What differs between engines is in
one module per engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runner.dbt import Project
from runner.errors import ConsentError
from runner.warehouse import duckdb, postgres
from runner.warehouse.base import BATCH_ROWS, Warehouse

__all__ = ["BATCH_ROWS", "Warehouse", "compact", "open_warehouse"]

_ENGINES = {"duckdb": duckdb.opened, "postgres": postgres.opened}
_COMPACTS = {"duckdb": duckdb.compact, "postgres": postgres.compact}


@contextmanager
def open_warehouse(project: Project, *, writing: bool = False) -> Iterator[Warehouse]:
    """Opens the warehouse that the project's target names.

    Args:
        project: the parsed project, with its target.
        writing: open it for one transaction, which is committed at the end and rolled back when
            the block raises. Otherwise read only.

    Raises:
        ConsentError: it does not exist, another process holds it, or the engine is not known.
    """
    if project.engine not in _ENGINES:
        raise ConsentError(
            f"The target '{project.target}' is of type {project.engine}, which the consent "
            "command cannot open.",
            f"Use a target of type {' or '.join(_ENGINES)}.",
        )
    with _ENGINES[project.engine](project, writing) as warehouse:
        yield warehouse


def compact(project: Project) -> None:
    """Writes the warehouse anew, since deleted rows leave their bytes behind.

    Raises:
        ConsentError: it does not exist, or another process holds it.
    """
    _COMPACTS[project.engine](project)
