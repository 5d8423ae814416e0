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
from runner.warehouse.base import BATCH_ROWS, Fill, Look, NotBuiltError, Warehouse

__all__ = ["BATCH_ROWS", "Warehouse", "open_warehouse", "rewrite"]

_ENGINES = {"duckdb": duckdb.opened, "postgres": postgres.opened}
_REWRITES = {"duckdb": duckdb.rewrite, "postgres": postgres.rewrite}


@contextmanager
def open_warehouse(
    project: Project, *, writing: bool = False, scratch: bool = False
) -> Iterator[Warehouse]:
    """Opens the warehouse that the project's target names.

    Args:
        project: the parsed project, with its target.
        writing: open it for one transaction, which is committed at the end and rolled back when
            the block raises. Otherwise read only.
        scratch: temporary tables may be made; they are gone at the end.

    Raises:
        ConsentError: it does not exist, another process holds it, or the engine is not known.
    """
    if project.engine not in _ENGINES:
        raise ConsentError(
            f"The target '{project.target}' is of type {project.engine}, which the consent "
            "command cannot open.",
            f"Use a target of type {' or '.join(_ENGINES)}.",
        )
    try:
        with _ENGINES[project.engine](project, writing, scratch) as warehouse:
            yield warehouse
    except NotBuiltError as error:
        clocks = [("--as-of", "as_of"), ("--known-at", "known_at")]
        given = [
            f" {option} {at}" for option, name in clocks if (at := project.setting(name, None))
        ]
        raise NotBuiltError(error.what, f"Run `consent refresh{''.join(given)}` first.") from error


def rewrite(project: Project, relation: str, fill: Fill, look: Look = lambda path: True) -> bool:
    """Writes the warehouse anew, since deleted rows leave their bytes behind.

    Args:
        project: the parsed project, with its target.
        relation: a table that is written by `fill` instead of being copied: of its old rows not
            a byte is left either.
        fill: writes its rows.
        look: of a file, decides whether the new one takes the old one's place; what it raises or
            denies leaves the old one as it was. A server is not asked.

    Returns:
        Whether the new one has taken the old one's place.

    Raises:
        ConsentError: it does not exist, or another process holds it.
    """
    return _REWRITES[project.engine](project, relation, fill, look)
