"""Every place that keeps a plain value of a person: the one list of them.

Erasure, its search and `consent backup` are made from it. What is in no row of the list is in one
of two kinds of places: tables that every refresh builds anew (rows of the person are deleted, by
their keys), and sources, which are named and left to their owners.

A table of state that the list does not name is treated as the last entry says, and a test fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from runner.dbt import PACKAGE, Project
from runner.operations import log
from runner.warehouse import Warehouse

ERASURES = "erasures"
BASELINE = "int_sources__guard"
"""How many rows each source had: no state to dbt, but what the next run is compared with."""
ASOF = "_asof"


@dataclass(frozen=True)
class Kept:
    """How one table of state keeps people, and how they leave it.

    A row is the person's when its `key_type` and `key_value` are a contact point of theirs, or
    when one of the columns of `profiles`, `records` or `events` names what is theirs. Of such a
    row, the columns in `hashed` get a salted hash and those in `emptied` become null; or it is
    deleted. In every row of the table, and in all other texts, whole values are masked.

    Attributes:
        is_model: made by dbt; otherwise a table in the target's own schema.
        by_contact_point: it has `key_type` and `key_value`.
        profiles: columns with a profile's id, each judged and hashed by itself.
        records: it has `source_name` and `source_record_id`.
        events: columns that name an event or a suppression of the person.
        deleted: the person's rows are deleted.
        hashed, emptied: what becomes of columns of the person's rows.
        as_tombstone: the contact point becomes the bare hash that its tombstone has, by which a
            record that had it is known for ever.
        has_people: False: only counts, names of models and times; still searched.
    """

    table: str
    is_model: bool = True
    by_contact_point: bool = False
    profiles: tuple[str, ...] = ()
    records: bool = False
    events: tuple[str, ...] = ()
    deleted: bool = False
    hashed: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    as_tombstone: bool = False
    has_people: bool = True


STATE: tuple[Kept, ...] = (
    # evidence
    Kept("consent_events", by_contact_point=True, deleted=True),
    Kept("recorded_consents", by_contact_point=True, deleted=True),
    Kept(
        "contact_point_history",
        by_contact_point=True,
        hashed=("key_value",),
        emptied=("raw_key_value",),
        as_tombstone=True,
    ),
    Kept(
        "suppression_events",
        by_contact_point=True,
        hashed=("key_value", "suppression_id", "version_id"),
        emptied=("raw_key_value",),
    ),
    Kept("retractions", events=("event_id", "suppression_id")),
    # a record stays withheld when its contact points are forgotten
    Kept("withheld_records"),
    # identities
    Kept("profile_ids", profiles=("profile_id",), records=True, deleted=True),
    Kept("profile_id_changes", profiles=("old_profile_id", "new_profile_id")),
    Kept("partings", profiles=("old_profile_id", "profile_id")),
    Kept("segment_history", profiles=("profile_id",)),
    # what was sent
    Kept(
        "delivered_members",
        by_contact_point=True,
        profiles=("profile_id",),
        hashed=("key_value",),
    ),
    Kept("deliveries", has_people=False),
    Kept("filtered_contact_points", has_people=False),
    # requests themselves: their plain values go last, when all else is done
    Kept("tombstones", has_people=False),
    Kept(ERASURES),
    # runs
    Kept("run_counts", has_people=False),
    Kept("node_results", is_model=False, has_people=False),
    Kept("refreshes", is_model=False, has_people=False),
    Kept("backups", is_model=False, has_people=False),
    Kept("state_version", is_model=False, has_people=False),
)
UNLISTED = Kept(
    "", by_contact_point=True, profiles=("profile_id",), records=True, hashed=("key_value",)
)


@dataclass(frozen=True)
class Table:
    """A table that is there.

    Attributes:
        kept: how state keeps people in it; None for what every refresh builds anew.
        columns: names of its columns, in their order.
        texts: those that hold texts.
        nested: those that may hold texts inside of lists, structures or documents.
        is_source: dbt only reads it.
        is_built: a model, a seed, or what dbt left of one.
    """

    relation: str
    kept: Kept | None
    columns: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    is_source: bool = False
    is_built: bool = False


def state_tables(project: Project) -> dict[str, str]:
    """Every table of state and its relation: what a backup holds, and what erasure goes through."""
    models = {
        node["name"]: str(node["relation_name"])
        for node in project.nodes.values()
        if node["resource_type"] == "model"
        and node["package_name"] == PACKAGE
        and ("state" in node["tags"] or node["name"] == BASELINE)
    }
    own = {each.table: project.state_relation(each.table) for each in STATE if not each.is_model}
    return dict(sorted({**models, **own}.items()))


def tables(project: Project, warehouse: Warehouse) -> Iterator[Table]:
    """Every table of the project's schemas, those of as-of runs and of nobody's among them."""
    state = {_bare(relation): name for name, relation in state_tables(project).items()}
    known = {each.table: each for each in STATE}
    sources = set(_relations(project, "source"))
    built = set(_relations(project, "model", "seed"))
    for (schema, name), columns in _catalog(warehouse, _schemas(project)).items():
        kept = None
        if (schema, name) in state and state[schema, name] != BASELINE:
            kept = known.get(state[schema, name], UNLISTED)
        yield replace(
            table(f'"{schema}"."{name}"', kept, columns),
            is_source=(schema, name) in sources,
            is_built=(schema.removesuffix(ASOF), _DBTS_OWN.sub("", name)) in built,
        )


def table_of(warehouse: Warehouse, relation: str) -> Table:
    """One table or view by its name, as one that is built anew."""
    schema, name = _bare(relation)
    columns = [
        (str(row["column_name"]), str(row["data_type"]).lower())
        for row in warehouse.rows(
            "select column_name, data_type from information_schema.columns"
            " where table_schema = $1 and table_name = $2 order by ordinal_position",
            [schema, name],
        )
    ]
    return table(relation, None, columns)


def files(project: Project) -> Iterator[Path]:
    """Files and logs of dbt, the lock, and what a killed command left beside the warehouse."""
    yield from _below(project.target_path)
    yield from _below(log.folder(project))
    warehouse = warehouse_file(project)
    if warehouse:
        for name in leftovers(warehouse):
            path = warehouse.with_name(name)
            if path.is_file():
                yield path


def warehouse_file(project: Project) -> Path | None:
    """The file of the warehouse, where a link leads to; None on a server."""
    if project.engine != "duckdb":
        return None
    return (project.folder / str(project.credentials.path)).resolve()


def leftovers(warehouse: Path) -> list[str]:
    """Names of files beside a warehouse's own that belong to it: its lock, logs, unfinished copies.

    Copies that somebody made by another name are theirs.
    """
    copies = [f"{mark}{warehouse.name}" for mark in ("", ".compact-", ".partial-")]
    return [f"{warehouse.name}.lock", *copies[1:], *(f"{each}.wal" for each in copies)]


def _below(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def table(relation: str, kept: Kept | None, columns: list[tuple[str, str]]) -> Table:
    """A table from the names and types of its columns."""
    return Table(
        relation,
        kept,
        tuple(column for column, _ in columns),
        tuple(column for column, kind in columns if kind in _TEXTS),
        tuple(column for column, kind in columns if _NESTED.search(kind)),
    )


_TEXTS = frozenset({"text", "varchar", "character varying"})
_NESTED = re.compile(r"\[|struct|map|json|array|union|variant")
_DBTS_OWN = re.compile(r"__dbt_(?:tmp|backup)\w*$")
"""What dbt calls a table while it makes it anew; a killed run leaves it."""


def _relations(project: Project, *resource_types: str) -> Iterator[tuple[str, str]]:
    for node in project.nodes.values():
        if node["resource_type"] in resource_types and node.get("relation_name"):
            schema, table = _bare(str(node["relation_name"]))
            yield schema.removesuffix(ASOF), table


def _schemas(project: Project) -> list[str]:
    built = {
        str(node["schema"])
        for node in project.nodes.values()
        if node["resource_type"] in ("model", "seed", "snapshot")
    }
    own = {project.credentials.schema, *built}
    return sorted({*own, *(f"{schema}{ASOF}" for schema in own)})


def _catalog(
    warehouse: Warehouse, schemas: list[str]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    listed = ", ".join("'" + schema.replace("'", "''") + "'" for schema in schemas)
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in warehouse.rows(
        f"""
        select
            columns.table_schema, columns.table_name, columns.column_name,
            lower(columns.data_type) as data_type
        from information_schema.columns as columns
        inner join information_schema.tables as tables
            on
                columns.table_catalog = tables.table_catalog
                and columns.table_schema = tables.table_schema
                and columns.table_name = tables.table_name
        where
            tables.table_type = 'BASE TABLE'
            and columns.table_catalog = current_database()
            and columns.table_schema in ({listed})
        order by columns.table_schema, columns.table_name, columns.ordinal_position
        """
    ):
        place = found.setdefault((row["table_schema"], row["table_name"]), [])
        place.append((row["column_name"], row["data_type"]))
    return found


def _bare(relation: str) -> tuple[str, str]:
    schema, table = (part.strip('"') for part in relation.split(".")[-2:])
    return schema, table
