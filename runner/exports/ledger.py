"""What was sent, and is still out there: state in the warehouse, mirrored beside the deliveries.

`deliveries` and `delivered_members` are tables of the warehouse that only this module writes.
Each delivery carries in `ledger.parquet` the rows of `delivered_members` that it changed, or all
of them; so the warehouse can be rebuilt from the deliveries, and the deliveries go on from the
warehouse. A row is the whole truth about one contact point of one export:

    key_type, key_value, profile_id, delivered_at, removed_at (null: still out there)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runner import console
from runner.dbt import Project
from runner.errors import ExportError
from runner.exports.contract import KINDS, Export
from runner.exports.destination import CERTIFICATE, Destination, shown
from runner.exports.local import Work, batches_of, moment, parquet, spool
from runner.warehouse import Warehouse, open_warehouse

FILE = "ledger.parquet"
_ROW = "key_type, key_value, profile_id, delivered_at, removed_at"
_CHANGED_AT = "coalesce(greatest(delivered_at, removed_at), delivered_at)"


@dataclass(frozen=True)
class Before:
    """What is out there before a delivery, and how sure that is.

    Attributes:
        outstanding: contact points that are out there.
        is_baseline: it is not known what is out there; everyone counts as added.
        is_whole: the delivery must carry the whole ledger, because the ones before it cannot
            rebuild it, or because the warehouse's own was wrong.
        previous: the last delivery's name.
        warning: what to tell whoever runs it.
    """

    outstanding: int
    is_baseline: bool
    is_whole: bool
    previous: str | None
    warning: str = ""


def recorded(project: Project, warehouse: Warehouse, export: str) -> dict[str, dict[str, Any]]:
    """The deliveries of an export that the warehouse knows, oldest first, by their names.

    Each has `location` and `rows`, the number of rows per kind.
    """
    rows = warehouse.rows(
        f"""
        select delivery_id, kind, location, row_count
        from {project.relation("deliveries")}
        where export_name = $1 and status = 'delivered'
        order by delivery_id
        """,
        [export],
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["delivery_id"].removesuffix(f"-{row['kind']}")
        entry = found.setdefault(name, {"location": row["location"], "rows": {}})
        entry["rows"][row["kind"]] = row["row_count"]
    return found


def read(project: Project, warehouse: Warehouse, export: str, to: Path) -> None:
    """Every row of the export's ledger, into a file."""
    batches = warehouse.stream(
        f"select {_ROW} from {project.relation('delivered_members')} where export_name = $1",
        [export],
    )
    spool(batches, to)


def fingerprint(work: Work, rows: str) -> dict[str, Any]:
    """How many contact points are out there, and a digest of which, whatever their order."""
    count, digest = work.connection.execute(
        f"""
        select
            count(*),
            coalesce(sum(cast(md5_number_lower(key_type || ':' || key_value) as hugeint)), 0)
        from {rows} as ledger
        where removed_at is null
        """
    ).fetchall()[0]
    return {"outstanding": count, "digest": f"{int(digest):x}"}


def fold(work: Work, files: Sequence[Path], to: Path) -> None:
    """The ledger after some deliveries: per contact point, the row that was written last.

    Args:
        work: where to compute.
        files: ledger files, oldest first.
        to: the file to write.
    """
    parts = [
        f"select {_ROW}, {position} as position from {parquet(path)}"
        for position, path in enumerate(files)
    ]
    work.save(
        f"""
        select {_ROW}
        from (
            select
                *,
                row_number() over (
                    partition by key_type, key_value
                    order by {_CHANGED_AT} desc, position desc
                ) as recency
            from ({" union all ".join(parts)}) as versions
        ) as ranked
        where recency = 1
        """,
        to,
    )


def adopt(
    project: Project, export: Export, destination: Destination, proof: Destination, folder: Path
) -> list[str]:
    """Records deliveries that are there whole and that the warehouse does not know.

    They were interrupted before their last step, or the warehouse was lost or put back to an
    earlier state. Also clears away what an interrupted delivery left. Returns their names.

    Raises:
        ExportError: the destination holds the deliveries of another export of the project.
    """
    destination.clean()
    names = destination.deliveries()
    with open_warehouse(project) as warehouse:
        known = recorded(project, warehouse, export.name)
    if proof.root != destination.root:
        proof.clean()
        for orphan in set(proof.deliveries()) - set(names) - set(known):
            proof.remove(orphan)
    former = read_certificate(destination, names[-1])["export"] if names else export.name
    if former != export.name:
        _follow_rename(project, export, destination, former)
        with open_warehouse(project) as warehouse:
            known = recorded(project, warehouse, export.name)
    documents: list[tuple[dict[str, Any], Path]] = []
    for name in (name for name in names if name not in known):
        if not proof.exists(name, FILE):
            console.warn(
                f"{export.name}: the delivery {name} has lost its ledger ({proof.where(name)}); "
                "who was in it is known from the other deliveries only."
            )
            continue
        document = {**read_certificate(destination, name), "export": export.name}
        documents.append((document, proof.fetch(folder / f"{name}.ledger.parquet", name, FILE)))
    if documents:
        with open_warehouse(project, writing=True) as warehouse:
            for document, rows in documents:
                newest = document["delivery"] > max(known, default="")
                record(
                    project,
                    warehouse,
                    document,
                    rows,
                    replace=newest and document["ledger"]["whole"],
                )
        listed = ", ".join(document["delivery"] for document, _ in documents)
        console.say(f"{export.name}: recorded {listed}, delivered before and not recorded yet.")
    if names and destination.latest() != names[-1]:
        destination.point_to(read_certificate(destination, names[-1]))
    return [document["delivery"] for document, _ in documents]


def _follow_rename(project: Project, export: Export, destination: Destination, former: str) -> None:
    """An export that was renamed goes on with the ledger of its former name."""
    if any(node["name"] == former for node in project.exposures.values()):
        raise ExportError(
            f"{export.name}: the destination {destination.url} holds the deliveries of the "
            f"export {former}.",
            "Give each export a folder of its own.",
        )
    with open_warehouse(project, writing=True) as warehouse:
        for table in ("deliveries", "delivered_members"):
            warehouse.execute(
                f"update {project.relation(table)} set export_name = $1 where export_name = $2",
                [export.name, former],
            )
    console.say(f"{export.name}: goes on with the ledger of {former}, as it was called before.")


def look(
    export: Export,
    known: Mapping[str, Mapping[str, Any]],
    destination: Destination,
    proof: Destination,
    work: Work,
) -> Before:
    """What is out there, after a look at whether the two copies of the ledger agree.

    `ledger_before` is the warehouse's copy; it is replaced where the deliveries know better.
    """
    names = destination.deliveries()
    own = fingerprint(work, work.table("ledger_before"))
    missing = [name for name in known if name not in names]
    is_whole = bool(missing) and not _is_whole_since(destination, names, max(missing))
    reasons: list[str] = []
    notes: list[str] = []
    document = read_certificate(destination, names[-1]) if names else None
    if document is not None and names[-1] == max(known, default=""):
        stated = {key: document["ledger"][key] for key in ("outstanding", "digest")}
        if stated != own:
            is_whole = True
            if _rebuild(names, stated, proof, work):
                notes.append(
                    f"the ledger in the warehouse ({own['outstanding']:,} contact points) was not "
                    f"what had been delivered ({stated['outstanding']:,}) and was rebuilt from "
                    "the deliveries"
                )
            else:
                reasons.append(
                    f"the ledger in the warehouse ({own['outstanding']:,} contact points) is not "
                    f"what was delivered ({stated['outstanding']:,}), and the deliveries cannot "
                    "rebuild it"
                )
            own = fingerprint(work, work.table("ledger_before"))
    if document is not None and document["layout"]["name"] != export.layout.name:
        reasons.append(f"the layout was {document['layout']['name']}, and is {export.layout.name}")
    if document is None and known:
        reasons += _moved_or_lost(export, list(known.values())[-1], own["outstanding"])
    if reasons:
        notes.append(
            f"{'; '.join(reasons)}: this delivery starts the ledger anew, and everyone in it "
            "counts as added. Replace the whole audience at the destination by it"
        )
    return Before(
        outstanding=own["outstanding"],
        is_baseline=bool(reasons),
        is_whole=is_whole or bool(reasons),
        previous=max([*names, *known], default=None),
        warning=f"{export.name}: {'. '.join(notes)}." if notes else "",
    )


def _moved_or_lost(export: Export, last: Mapping[str, Any], outstanding: int) -> list[str]:
    place = str(last["location"]).rsplit("/", 1)[0]
    now = shown(export.destination).rstrip("/")
    if place != now:
        return [f"the destination was {place}, and is {now}"]
    if last["rows"].get("full") and not outstanding:
        return ["the ledger in the warehouse is empty, and the deliveries are gone"]
    return []


def _is_whole_since(destination: Destination, names: Sequence[str], missing: str) -> bool:
    """Whether a later delivery carries the whole ledger, so that a missing one is not missed."""
    return any(
        read_certificate(destination, name)["ledger"]["whole"]
        for name in reversed(names)
        if name > missing
    )


def _rebuild(
    names: Sequence[str], stated: Mapping[str, Any], proof: Destination, work: Work
) -> bool:
    """Rebuilds `ledger_before` from the deliveries; True when that gave what the last one states.

    Otherwise it becomes all that either copy knows: nothing ever delivered is forgotten.
    """
    files = [
        proof.fetch(work.folder / f"{name}.ledger.parquet", name, FILE)
        for name in names
        if proof.exists(name, FILE)
    ]
    before, rebuilt = work.path("ledger_before"), work.path("ledger_rebuilt")
    if files:
        fold(work, files, rebuilt)
        if fingerprint(work, parquet(rebuilt)) == stated:
            rebuilt.replace(before)
            return True
    fold(work, [*files, before], rebuilt)
    rebuilt.replace(before)
    return False


def write_change(work: Work, before: Before, now: datetime, to: Path) -> dict[str, Any]:
    """Writes the ledger file of a delivery: the rows that it changes, or all rows.

    Returns:
        Its number of rows, and the fingerprint of what is out there after the delivery.
    """
    at = moment(now)
    anew = str(before.is_baseline).lower()
    work.save(
        f"""
        select
            key_type,
            key_value,
            coalesce(lines.profile_id, old.profile_id) as profile_id,
            case
                when
                    lines.profile_id is not null
                    and (old.delivered_at is null or old.removed_at is not null or {anew})
                    then {at}
                else old.delivered_at
            end as delivered_at,
            case
                when lines.profile_id is null then coalesce(old.removed_at, {at})
            end as removed_at,
            old.delivered_at is null
            or {anew}
            or (old.removed_at is null) <> (lines.profile_id is not null)
            or old.profile_id is distinct from coalesce(lines.profile_id, old.profile_id)
            as is_changed
        from {work.table("lines")} as lines
        full join {work.table("ledger_before")} as old using (key_type, key_value)
        """,
        work.path("ledger_after"),
    )
    after = work.table("ledger_after")
    rows = work.save(
        f"""
        select {_ROW} from {after}
        where is_changed or {str(before.is_whole).lower()}
        order by key_type, key_value
        """,
        to,
    )
    return {"rows": rows, **fingerprint(work, after)}


def record(
    project: Project,
    warehouse: Warehouse,
    certificate: Mapping[str, Any],
    rows: Path,
    *,
    replace: bool,
) -> None:
    """Writes one delivery into the warehouse; the caller commits. Twice is the same as once.

    Args:
        project: the parsed project.
        warehouse: opened for writing.
        certificate: of the delivery.
        rows: the delivery's ledger file. A row that is older than the warehouse's is not taken.
        replace: forget the export's rows first; the file is the whole ledger.
    """
    export = certificate["export"]
    members = project.relation("delivered_members")
    warehouse.execute("drop table if exists _incoming_rows")
    warehouse.load("_incoming_rows", batches_of(rows))
    if replace:
        warehouse.execute(f"delete from {members} where export_name = $1", [export])
    warehouse.execute(
        f"""
        delete from _incoming_rows
        where exists (
            select 1 from {members} as kept
            where
                kept.export_name = $1
                and kept.key_type = _incoming_rows.key_type
                and kept.key_value = _incoming_rows.key_value
                and coalesce(kept.removed_at, kept.delivered_at)
                    > coalesce(_incoming_rows.removed_at, _incoming_rows.delivered_at)
        )
        """,
        [export],
    )
    warehouse.execute(
        f"""
        delete from {members}
        where export_name = $1 and exists (
            select 1 from _incoming_rows as incoming
            where
                incoming.key_type = {members}.key_type
                and incoming.key_value = {members}.key_value
        )
        """,
        [export],
    )
    warehouse.execute(
        f"""
        insert into {members} (export_name, {_ROW})
        select cast($1 as varchar) as export_name, {_ROW} from _incoming_rows
        """,
        [export],
    )
    warehouse.execute("drop table _incoming_rows")
    record_deliveries(project, warehouse, certificate, "delivered")


def record_deliveries(
    project: Project, warehouse: Warehouse, certificate: Mapping[str, Any], status: str
) -> None:
    """Writes the rows of `deliveries` that a certificate stands for, one per kind."""
    deliveries = project.relation("deliveries")
    for kind in KINDS:
        warehouse.execute(
            f"delete from {deliveries} where delivery_id = $1",
            [f"{certificate['delivery']}-{kind}"],
        )
    for kind, summary in certificate["kinds"].items():
        warehouse.execute(
            f"""
            insert into {deliveries} (
                delivery_id, export_name, segment_name, kind, delivered_at, as_of, location,
                row_count, sha256, status
            )
            values ($1, $2, $3, $4, cast($5 as timestamp), cast($6 as timestamp), $7, $8, $9, $10)
            """,
            [
                f"{certificate['delivery']}-{kind}",
                certificate["export"],
                certificate["segment"],
                kind,
                plain_time(certificate["delivered_at"]),
                plain_time(certificate["as_of"]),
                certificate["location"],
                summary["rows"],
                summary["sha256"],
                status,
            ],
        )


def read_certificate(place: Destination, name: str) -> dict[str, Any]:
    """The certificate of one delivery."""
    return place.read_json(name, CERTIFICATE)


def plain_time(text: str) -> str:
    """A certificate's time as SQL reads it."""
    return text.replace("T", " ").removesuffix("Z")
