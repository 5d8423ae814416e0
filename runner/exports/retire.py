"""Closing a destination that nothing is delivered to any more, so that nobody stays out there.

The export was taken out of the project, or it delivers elsewhere now. Everybody who is still out
there is delivered as removed, in the form of the last delivery; or somebody states that the
destination has removed them, and only that is recorded.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

from runner.dbt import Project
from runner.errors import ConsentError, ExportError, UsageError, nearest
from runner.exports import ledger, register, signing, state, trust
from runner.exports.adopt import adopt
from runner.exports.contract import KINDS, Export, exports
from runner.exports.destination import Destination, named
from runner.exports.files import write_files
from runner.exports.finish import Draft, Outcome, Places, finish, time_of
from runner.exports.gate import Build, stop_wrong_target
from runner.exports.layouts import as_data, from_data, layouts
from runner.exports.local import Work, local_work
from runner.warehouse import open_warehouse


def left_behind(project: Project, name: str) -> dict[str, int]:
    """The destinations of an export that it does not deliver to, and how many are out there.

    Raises:
        UsageError: there is none.
    """
    places = {each.name: named(each.destination) for each in exports(project)}
    with open_warehouse(project) as warehouse:
        state.require_current(project, warehouse)
        found = state.outstanding(project, warehouse)
    mine = {place: count for (export, place), count in found.items() if export == name}
    closed = {place: count for place, count in mine.items() if place != places.get(name)}
    if closed:
        return closed
    if mine:
        raise UsageError(
            f"The export '{name}' still delivers to {places[name]}, and nobody is out there "
            "elsewhere.",
            "Take it out of the project, or give it another destination, before you retire it.",
        )
    known = sorted({export for export, _ in found})
    raise UsageError(
        f"Nobody is out there by an export '{name}'{nearest(name, known)}.",
        "`consent status` lists what is out there.",
    )


def retire(project: Project, name: str, place: str, *, is_done: bool) -> Outcome:
    """Closes one destination.

    Args:
        project: the parsed project, with its target.
        name: the export.
        place: the destination, as `left_behind` names it.
        is_done: the destination has removed everybody; nothing is delivered.

    Raises:
        ExportError: the removal could not be delivered; everybody stays out there.
    """
    if is_done:
        now = time_of(project, None)
        with open_warehouse(project, writing=True) as warehouse:
            count = state.close(project, warehouse, name, place, now)
        return Outcome(name, "", "retired", reasons={"withdrawn": 0, "left": count})
    destination = Destination(place, project.folder)
    document = _last_of(project, name, destination)
    export = _as_it_was(name, place, document)
    stop_wrong_target(project, export)
    folder = project.target_path / "consent" / f"{name}.retire"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with local_work(folder) as work:
            proof = Destination(export.proof, project.folder) if export.proof else destination
            return _deliver(project, export, document, Places(destination, proof), work)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _last_of(project: Project, name: str, destination: Destination) -> dict[str, Any]:
    """The certificate of the last delivery to a destination, as the warehouse recorded it.

    What it says of the proof's place and of the form is followed, so it must be our own.

    Raises:
        ExportError: it is not there, or another one.
    """
    with open_warehouse(project) as warehouse:
        known = state.recorded(project, warehouse, name, destination.name)
        last = max(known, default="")
        hashes = {
            row["certificate_sha256"]
            for row in register.of_delivery(project, warehouse, last).values()
        }
    try:
        document = trust.read(destination, last) if last else None
    except ConsentError:
        document = None
    if document is None or hashes - {None} != {signing.digest(document)}:
        raise ExportError(
            f"{name}: the last delivery is not at {destination.url} as it was recorded, so that "
            "nothing tells in what form a removal goes there.",
            "Have everybody removed there who got it, and say so: "
            f"`consent export {name} --retire --done`.",
        )
    return document


def _deliver(
    project: Project, export: Export, document: Mapping[str, Any], places: Places, work: Work
) -> Outcome:
    names = adopt(project, export, places.destination, places.proof, work.folder)
    with open_warehouse(project) as warehouse:
        known = state.recorded(project, warehouse, export.name, places.destination.name)
        state.read(
            project, warehouse, export.name, places.destination.name, work.path("ledger_before")
        )
    before = ledger.look(export, known, names, places.destination, places.proof, work)
    now = time_of(project, before.previous)
    signals = "".join(f", false as _signal_{name}" for name in export.ad_consent)
    out = f"(select * from {work.table('ledger_before')} where removed_at is null)"
    text = ", ".join(
        f"cast(null as varchar) as {name}"
        for name in (
            "profile_id",
            "_ledger_profile_id",
            "key_type",
            "key_value",
            "_written",
            "_reason",
            "_consent_id",
            "_source_name",
        )
    )
    times = "cast(null as timestamp) as _recorded_at, cast(null as timestamp) as _expires_at"
    work.save(f"select {text}, {times}{signals} where false", work.path("lines"))
    work.connection.execute(
        f"create or replace temporary view added as select * from {work.table('lines')}"
    )
    work.save(
        f"""
        select key_type, key_value, profile_id, 'left' as reason from {out}
        order by profile_id, key_type, key_value
        """,
        work.path("removed"),
    )
    outcome = finish(
        Draft(
            project=project,
            export=export,
            build=Build("retired", now, now),
            work=work,
            places=places,
            before=before,
            now=now,
            write=lambda staging: write_files(export, work, staging),
            left_out={},
            names=names,
            reduces=document["delivery"],
        )
    )
    if outcome.status == "removals only":
        with open_warehouse(project, writing=True) as warehouse:
            state.close(
                project,
                warehouse,
                export.name,
                places.destination.name,
                now,
                outcome.counts_removed,
            )
        outcome.status = "retired"
    return outcome


def _as_it_was(name: str, place: str, document: Mapping[str, Any]) -> Export:
    """The contract of a destination, read from its last delivery."""
    kinds = document["kinds"]
    files = [file["name"] for summary in kinds.values() for file in summary["files"]]
    required = document["required_purposes"]
    declared = layouts().get(document["layout"]["name"])
    same = declared is not None and as_data(declared) == document["layout"]
    proof = document["proof"].rsplit("/", 1)[0]
    return Export(
        name=name,
        node_id="",
        segment=document["segment"],
        segment_id="",
        purpose=required[0] if required else None,
        channel=document["channel"],
        attributes=(),
        destination=place,
        proof="" if named(proof) == place else proof,
        format=document["format"],
        compression="gzip" if any(file.endswith(".gz") for file in files) else "none",
        layout=declared if declared and same else from_data(document["layout"]),
        deliver=tuple(kind for kind in KINDS if kind in kinds),
        third_party="sale" in required,
        ad_consent=document["ad_consent"],
    )
