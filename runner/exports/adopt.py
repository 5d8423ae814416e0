"""Deliveries that are at their destination whole and that the warehouse does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner import console
from runner.dbt import Project
from runner.errors import ExportError
from runner.exports.contract import Export
from runner.exports.destination import Destination
from runner.exports.ledger import FILE, read_certificate
from runner.exports.state import record, recorded, require_current
from runner.warehouse import open_warehouse


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
        require_current(project, warehouse)
        known = recorded(project, warehouse, export.name, destination.name)
    if proof.root != destination.root:
        proof.clean()
        for orphan in set(proof.deliveries()) - set(names) - set(known):
            proof.remove(orphan)
    former = read_certificate(destination, names[-1])["export"] if names else export.name
    if former != export.name:
        _follow_rename(project, export, destination, former)
        with open_warehouse(project) as warehouse:
            known = recorded(project, warehouse, export.name, destination.name)
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
                    destination.name,
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
