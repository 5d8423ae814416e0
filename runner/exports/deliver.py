"""One delivery from beginning to end, in the order that makes it safe to stop anywhere.

1. `spool`: everything that is needed from the warehouse, read in one go, into a work folder.
2. `write`: the files, beside their place.
3. `check`: the files are read back and every contact point in them is judged from the evidence.
4. `certify`, then `publish_proof` and `publish`: whole or not at all.
5. `point`: the delivery becomes the latest one.
6. `record`: the ledger in the warehouse, in one transaction.

A process that is killed before it has published leaves the last delivery; after that, the next
run finds the new one whole and records it then.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb

from runner import clock, console
from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import (
    audience,
    certificate,
    evidence,
    judge,
    ledger,
    register,
    retention,
    state,
)
from runner.exports.adopt import adopt
from runner.exports.check import Delivery, ledger_problems, problems
from runner.exports.contract import Export, purposes_of
from runner.exports.destination import CERTIFICATE, Destination, named
from runner.exports.files import write_files
from runner.exports.gate import Build, green_build
from runner.exports.lines import compare, make_lines
from runner.exports.local import Work, local_work, spool
from runner.warehouse import Warehouse, open_warehouse

_CONTRACT = ("export", "segment", "required_purposes", "ad_consent", "channel", "format", "layout")
STEPS = ("spool", "write", "check", "certify", "publish_proof", "publish", "point", "record")


@dataclass
class Outcome:
    """What became of one export.

    Attributes:
        status: delivered, unchanged (it would be the last delivery once more) or counted (dry run).
        counts: contact points per kind.
        left_out: members of the segment that do not leave, by reason.
        message: why a dry run would not have delivered.
    """

    export: str
    segment: str
    status: str
    counts: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    location: str = ""
    message: str = ""


def deliver(
    project: Project, export: Export, *, dry_run: bool = False, accept_removals: bool = False
) -> Outcome:
    """Delivers one export from what is built and green, or only counts it.

    Args:
        project: the parsed project, with its target.
        export: the contract.
        dry_run: count who would be added and removed, and write nothing.
        accept_removals: deliver even if more than `max_removed_share` would be removed.

    Raises:
        ExportError: it was not delivered; the last delivery stays in place.
    """
    destination = Destination(export.destination, project.folder)
    proof = Destination(export.proof, project.folder) if export.proof else destination
    folder = project.target_path / "consent" / export.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with local_work(folder) as work:
            if dry_run:
                return _count(project, export, destination, proof, work)
            return _deliver(project, export, destination, proof, work, accept_removals)
    except (OSError, duckdb.Error) as error:
        raise ExportError(
            f"{export.name}: not delivered: {str(error).splitlines()[0]}.",
            "The last delivery stays in place; run `consent export` again when that is mended.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _deliver(
    project: Project,
    export: Export,
    destination: Destination,
    proof: Destination,
    work: Work,
    accept_removals: bool,
) -> Outcome:
    clock.require_present(_now(project, None), export.name)
    names = adopt(project, export, destination, proof, work.folder)
    with open_warehouse(project) as warehouse:
        build = green_build(project, warehouse, export)
        fingerprint = _fingerprint(project, export, build)
        known = state.recorded(project, warehouse, export.name, destination.name)
        done = register.standing(project, warehouse, export.name, fingerprint)
        if done and done["location"] in {destination.where(name) for name in names}:
            return Outcome(
                export.name, export.segment, "unchanged", done["rows"], {}, done["location"]
            )
        left_out = _spool(project, warehouse, export, work)
    _passed(export, "spool")
    before = ledger.look(export, known, names, destination, proof, work)
    if before.warning:
        console.warn(before.warning)
    now = _now(project, before.previous)
    left_out.update(make_lines(export, work, now))
    if too_small := _too_small(export, work):
        console.warn(too_small)
    counts = compare(work, is_baseline=before.is_baseline)
    if not accept_removals:
        _stop_mass_removal(export, before.outstanding, counts["removed"])

    name = f"{now:%Y%m%dT%H%M%S%f}Z-{fingerprint}"
    register.announce(project, export, name, now, build.as_of, destination)
    staging = destination.staging(name, work.folder)
    kept = staging if proof.root == destination.root else proof.staging(name, work.folder)
    files = write_files(export, work, staging)
    evidence_rows = evidence.write_evidence(work, kept / evidence.FILE)
    change = ledger.write_change(work, before, now, kept / ledger.FILE)
    _passed(export, "write")

    delivery = Delivery(
        folder=staging,
        evidence=kept / evidence.FILE,
        ledger=kept / ledger.FILE,
        files={
            kind: {file.name: file.sha256 for file in written} for kind, written in files.items()
        },
        file_format=export.format,
        layout=export.layout,
        channel=export.channel,
        purposes=purposes_of(project),
        required=export.required,
        ad_consent=export.ad_consent,
        delivered_at=now,
    )
    found = problems(delivery, work) or ledger_problems(delivery, work.table("ledger_before"), work)
    document = certificate.make(
        project=project,
        export=export,
        build=build,
        delivery=name,
        delivered_at=now,
        location=destination.where(name),
        proof=proof.where(name),
        files=files,
        evidence={
            **certificate.describe(kept / evidence.FILE, evidence_rows),
            "digest": evidence.digest(work, kept / evidence.FILE),
        },
        ledger={
            **certificate.describe(kept / ledger.FILE, change.pop("rows")),
            **change,
            "whole": before.is_whole or before.previous is None,
            "baseline": before.is_baseline,
        },
        left_out=left_out,
        inputs=_inputs(work),
        previous=before.previous,
    )
    if found:
        for folder in {staging, kept}:
            shutil.rmtree(folder)
        with open_warehouse(project, writing=True) as warehouse:
            refused = {**document, "location": None}
            state.record_deliveries(project, warehouse, refused, destination.name, "discarded")
        raise ExportError(
            f"{export.name}: the written delivery was refused and discarded, and the last one "
            f"stays in place: {'. '.join(found)}.",
            "Nothing was sent. Compare with `consent explain`, and mend what permits it.",
        )
    _passed(export, "check")
    if before.last is not None and not export.deliver_unchanged and _is_same(document, before.last):
        for folder in {staging, kept}:
            shutil.rmtree(folder)
        register.record_unchanged(project, export, before.last, name, now, destination)
        destination.point_to(before.last, now)
        rows = {kind: summary["rows"] for kind, summary in document["kinds"].items()}
        place = before.last["location"]
        return Outcome(export.name, export.segment, "unchanged", rows, left_out, place)

    certificate.write(document, staging / CERTIFICATE)
    if kept != staging:
        certificate.write(document, kept / CERTIFICATE)
    _passed(export, "certify")
    rows_file = shutil.copyfile(kept / ledger.FILE, work.path("ledger_to_record"))
    if kept != staging:
        proof.publish(kept, name)
    _passed(export, "publish_proof")
    destination.publish(staging, name)
    _passed(export, "publish")
    destination.point_to(document)
    _passed(export, "point")
    with open_warehouse(project, writing=True) as warehouse:
        state.record(
            project, warehouse, document, destination.name, rows_file, replace=before.is_whole
        )
    _passed(export, "record")
    retention.expire(project, export, destination, proof, names, now)
    counts = {kind: summary["rows"] for kind, summary in document["kinds"].items()}
    place = document["location"]
    return Outcome(export.name, export.segment, "delivered", counts, left_out, place)


def _is_same(document: Mapping[str, Any], last: Mapping[str, Any]) -> bool:
    """Whether a delivery would be the last one once more.

    The lines to be written, who is out there, and the event that each permission rests on are
    those of the last delivery, and the ledger has nothing to add or to mend.
    """
    lines = [each["kinds"].get("full", {}).get("sha256") for each in (document, last)]
    return (
        document["ledger"]["rows"] == 0
        and not document["ledger"]["whole"]
        and lines[0] == lines[1]
        and set(document["kinds"]) == set(last["kinds"])
        and document["evidence"]["digest"] == last["evidence"]["digest"]
        and all(document[name] == last[name] for name in _CONTRACT)
    )


def _count(
    project: Project, export: Export, destination: Destination, proof: Destination, work: Work
) -> Outcome:
    """The numbers of the next delivery; nothing is written outside the work folder."""
    message = ""
    with open_warehouse(project) as warehouse:
        state.require_current(project, warehouse)
        try:
            green_build(project, warehouse, export)
        except ExportError as error:
            message = error.what
        left_out = _spool(project, warehouse, export, work, with_evidence=False)
        known = state.recorded(project, warehouse, export.name, destination.name)
    names = [name for name in destination.deliveries() if name in known]
    before = ledger.look(export, known, names, destination, proof, work)
    left_out.update(make_lines(export, work, _now(project, before.previous)))
    counts = compare(work, is_baseline=before.is_baseline)
    try:
        _stop_mass_removal(export, before.outstanding, counts["removed"])
    except ExportError as error:
        message = message or error.what
    message = message or before.warning or _too_small(export, work)
    return Outcome(export.name, export.segment, "counted", counts, left_out, "", message)


def _spool(
    project: Project,
    warehouse: Warehouse,
    export: Export,
    work: Work,
    *,
    with_evidence: bool = True,
) -> dict[str, int]:
    """Reads everything from the warehouse and returns who is left out there, by reason."""
    place = named(export.destination)
    state.read(project, warehouse, export.name, place, work.path("ledger_before"))
    queries = {
        "audience": audience.audience(project, export),
        "denied": audience.denied(project, export),
    }
    if with_evidence:
        purposes = judge.read_purposes(purposes_of(project))
        concerned = judge.concerned(purposes, [*export.required, *export.ad_consent.values()])
        points = audience.points_of_members(project, export)
        for name, sql in audience.evidence(project, export, points, concerned).items():
            queries[name] = (sql, [])
    for name, query in queries.items():
        if query is not None:
            spool(warehouse.stream(*query), work.path(name))
    left_out: dict[str, int] = {}
    for query in audience.left_out(project, export):
        for row in warehouse.rows(*query):
            left_out[row["reason"]] = left_out.get(row["reason"], 0) + row["members"]
    return left_out


def _too_small(export: Export, work: Work) -> str:
    """What to tell whoever delivers fewer people than the destination uses; else nothing."""
    people = work.count(f"(select distinct _written from {work.table('lines')})")
    if people >= export.layout.minimum:
        return ""
    return (
        f"{export.name}: {people:,} contact points, and {export.layout.name} takes audiences from "
        f"{export.layout.minimum:,} on: the destination may not use it."
    )


def _stop_mass_removal(export: Export, outstanding: int, removed: int) -> None:
    """Stops what looks like an outage rather than like many withdrawals.

    Raises:
        ExportError: too large a share of what is out there would be removed.
    """
    share = removed / outstanding if outstanding else 0.0
    if share > export.max_removed_share:
        raise ExportError(
            f"{export.name}: {removed:,} of {outstanding:,} contact points ({share:.0%}) would be "
            f"removed, more than max_removed_share ({export.max_removed_share:.0%}) allows.",
            f"If that is right, run `consent export {export.name} --accept-removals` once.",
        )


def _inputs(work: Work) -> dict[str, int]:
    """How many rows of each input the delivery was made and judged from."""
    read = {
        "members_with_permission": "audience",
        "contact_points": "contact_point",
        "consent_events": "event",
        "suppressions": "suppression",
    }
    return {label: work.count(work.table(name)) for label, name in read.items()}


def _fingerprint(project: Project, export: Export, build: Build) -> str:
    """The same for the same build and contract, so that a delivery is made once."""
    contract = project.exposures[export.node_id]["config"]["meta"]["export"]
    text = json.dumps(
        [export.name, build.invocation_id, export.segment, contract], sort_keys=True, default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _now(project: Project, previous: str | None) -> datetime:
    """The time of the delivery, later than the one before it whatever the clock says."""
    given = project.setting("observed_at", None)
    now = clock.from_text(str(given), "vars.observed_at") if given else clock.now()
    if previous:
        last = datetime.strptime(previous.split("-")[0], "%Y%m%dT%H%M%S%fZ")
        now = max(now, last + timedelta(microseconds=1))
    return now


def _passed(export: Export, step: str) -> None:
    """Marks the end of a step.

    CONSENT_CRASH_AT=`step` or `export:step` is a hook for tests: there the process is killed, as
    if the power had gone.
    """
    if os.environ.get("CONSENT_CRASH_AT") in (step, f"{export.name}:{step}"):
        os.kill(os.getpid(), signal.SIGKILL)
