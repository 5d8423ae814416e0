"""Deliveries that are at their destination whole and that the warehouse does not know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner import console
from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import register, trust
from runner.exports.contract import Export
from runner.exports.destination import PARTIAL, Destination
from runner.exports.ledger import own_rows
from runner.exports.state import record, recorded, require_current
from runner.warehouse import open_warehouse


def adopt(
    project: Project, export: Export, destination: Destination, proof: Destination, folder: Path
) -> list[str]:
    """Records deliveries that are there whole and that the warehouse does not know.

    They were interrupted before their last step, or the warehouse was lost or put back to an
    earlier state. Also clears away what an interrupted delivery left. What is no delivery of this
    project is set aside with a warning: not read further, and not touched.

    Returns:
        The names of the deliveries that are there, oldest first.

    Raises:
        ExportError: the destination holds the deliveries of another export of the project.
    """
    names = destination.deliveries()
    with open_warehouse(project) as warehouse:
        require_current(project, warehouse)
        known = recorded(project, warehouse, export.name, destination.name)
    found = {name: trust.kept(destination, proof, name) for name in names if name not in known}
    names = [name for name in names if found.get(name) or name in known]
    last = (found.get(names[-1]) or trust.kept(destination, proof, names[-1])) if names else None
    if last is not None and last["export"] != export.name:
        _follow_rename(project, export, destination, last["export"])
        with open_warehouse(project) as warehouse:
            known = recorded(project, warehouse, export.name, destination.name)
    _clear_away(project, export, destination, proof, names)
    documents: list[tuple[dict[str, Any], Path]] = []
    for name in (name for name in names if name not in known):
        document = found[name]
        rows = own_rows(proof, name, document, folder) if document else None
        if document is None or rows is None:
            console.warn(
                f"{export.name}: the delivery {name} has lost its ledger ({proof.where(name)}); "
                "who was in it is known from the other deliveries only."
            )
        else:
            documents.append((document, rows))
    if documents:
        with open_warehouse(project, writing=True) as warehouse:
            for document, rows in documents:
                name = document["delivery"]
                newest = document["delivery"] > max(known, default="")
                record(
                    project,
                    warehouse,
                    # where its proof was looked for, not where it says that it is
                    {**document, "export": export.name, "proof": proof.where(name)},
                    destination.name,
                    rows,
                    replace=newest and document["ledger"]["whole"],
                )
                register.restate(project, warehouse, document)
        listed = ", ".join(document["delivery"] for document, _ in documents)
        console.say(f"{export.name}: recorded {listed}, delivered before and not recorded yet.")
    if last is not None and destination.latest() != last["delivery"]:
        destination.point_to(last)
    return names


def _clear_away(
    project: Project,
    export: Export,
    destination: Destination,
    proof: Destination,
    names: Sequence[str],
) -> None:
    """Removes what interrupted deliveries left: those that were announced, and are not there."""
    with open_warehouse(project) as warehouse:
        begun = register.begun(project, warehouse, export.name, destination.name)
    for name in begun:
        if name in names:
            continue
        destination.discard(name)
        if proof.root != destination.root:
            proof.remove(f"{PARTIAL}{name}")
            proof.remove(name)
        with open_warehouse(project, writing=True) as warehouse:
            register.forget(project, warehouse, name)


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
