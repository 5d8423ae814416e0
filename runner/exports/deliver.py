"""One delivery from beginning to end: a whole one, or, where that must not leave, removals alone.

Everything that is needed is read from the warehouse in one go into a work folder (step `spool`);
what follows is finish.py's.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable

import duckdb

from runner import clock, console
from runner.dbt import Project
from runner.errors import ConsentError, ExportError
from runner.exports import audience, judge, ledger, out_there, register, signals, state, steps
from runner.exports.adopt import adopt
from runner.exports.contract import Export, purposes_of
from runner.exports.destination import Destination
from runner.exports.files import write_files
from runner.exports.finish import (
    Draft,
    Outcome,
    Places,
    fingerprint,
    finish,
    removal_reasons,
    time_of,
)
from runner.exports.gate import HeldError, green_build
from runner.exports.lines import compare, make_lines
from runner.exports.local import Work, local_work, spool
from runner.exports.reduced import remove
from runner.warehouse import Warehouse, open_warehouse

FEW = 20
"""Up to so many contact points out there, any share of them may leave at once."""


class HeldBackError(HeldError):
    """A whole delivery did not leave; what became of the withdrawals is said.

    Attributes:
        outcome: the delivery of removals, if there was one.
    """

    def __init__(self, error: HeldError, outcome: Outcome | None, also: str) -> None:
        """Why it did not leave, and what became of the withdrawals."""
        self.outcome = outcome
        super().__init__(f"{error.what} {also}", error.fix, error.because)


def deliver(
    project: Project,
    export: Export,
    *,
    dry_run: bool = False,
    accept_removals: bool = False,
    only_removals: bool = False,
) -> Outcome:
    """Delivers one export from what is built and green, or only counts it.

    Args:
        project: the parsed project, with its target.
        export: the contract.
        dry_run: count who would be added and removed, and write nothing.
        accept_removals: deliver even if more than `max_removed_share` would leave.
        only_removals: deliver withdrawals and nothing else.

    Raises:
        HeldBackError: it was not delivered; withdrawals were, where there were some.
        ExportError: it was not delivered; the last delivery stays in place.
    """
    clock.require_present(time_of(project, None), export.name)
    if dry_run:
        return _in_work(project, export, lambda places, work: _count(project, export, places, work))
    if only_removals:
        return _in_work(project, export, lambda places, work: remove(project, export, places, work))
    try:
        return _in_work(
            project,
            export,
            lambda places, work: _deliver(project, export, places, work, accept_removals),
        )
    except HeldError as error:
        raise held_back(project, export, error) from error


def held_back(project: Project, export: Export, error: HeldError) -> HeldBackError:
    """Delivers withdrawals where a whole delivery must not leave, and says what became of both."""
    try:
        outcome = deliver(project, export, only_removals=True)
    except ConsentError as second:
        return HeldBackError(error, None, f"No withdrawals were delivered: {second.what}")
    also = ""
    if outcome.status != "nothing":
        also = f"{outcome.counts_removed:,} withdrawals were delivered as removed."
    if outcome.waiting:
        also += (
            f" {outcome.waiting:,} withdrawals wait, because they rest on identity, whose tests "
            "are not green."
        )
    if outcome.missing:
        also += (
            f" Without {outcome.missing}, only what was said of each contact point itself could "
            "be asked: other withdrawals wait."
        )
    delivered = None if outcome.status == "nothing" else outcome
    return HeldBackError(error, delivered, also.strip() or "Nobody who is out there has withdrawn.")


def _in_work(project: Project, export: Export, what: Callable[[Places, Work], Outcome]) -> Outcome:
    destination = Destination(export.destination, project.folder)
    proof = Destination(export.proof, project.folder) if export.proof else destination
    folder = project.target_path / "consent" / export.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        with local_work(folder) as work:
            return what(Places(destination, proof), work)
    except (OSError, duckdb.Error) as error:
        raise ExportError(
            f"{export.name}: not delivered: {str(error).splitlines()[0]}.",
            "The last delivery stays in place; run `consent export` again when that is mended.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _deliver(
    project: Project, export: Export, places: Places, work: Work, accept_removals: bool
) -> Outcome:
    destination, proof = places.destination, places.proof
    names = adopt(project, export, destination, proof, work.folder)
    with open_warehouse(project) as warehouse:
        build = green_build(project, warehouse, export)
        known = state.recorded(project, warehouse, export.name, destination.name)
        mark = fingerprint(project, export, build)
        done = register.standing(project, warehouse, export.name, mark)
        if done and done["location"] in {destination.where(name) for name in names}:
            return Outcome(
                export.name, export.segment, "unchanged", done["rows"], {}, done["location"]
            )
        left_out = _spool(project, warehouse, export, places, work)
    steps.passed(export.name, "spool")
    before = ledger.look(export, known, names, destination, proof, work)
    if before.warning:
        console.warn(before.warning)
    now = time_of(project, before.previous)
    left_out.update(make_lines(export, work, now))
    if too_small := _too_small(export, work):
        console.warn(too_small)
    out_there.find(project, export, work, now)
    if lost := signals.part(export, before, destination, work):
        left_out["lost_ad_consent"] = lost
    compare(work, is_baseline=before.is_baseline)
    if not accept_removals:
        _stop_mass_removal(export, before.outstanding, removal_reasons(work)["left"])
    draft = Draft(
        project=project,
        export=export,
        build=build,
        work=work,
        places=places,
        before=before,
        now=now,
        write=lambda staging: write_files(export, work, staging),
        left_out=left_out,
        names=names,
    )
    return finish(draft)


def _count(project: Project, export: Export, places: Places, work: Work) -> Outcome:
    """The numbers of the next delivery; nothing is written outside the work folder."""
    message = ""
    with open_warehouse(project) as warehouse:
        state.require_current(project, warehouse)
        try:
            green_build(project, warehouse, export)
        except ExportError as error:
            message = error.what
        left_out = _spool(project, warehouse, export, places, work, with_evidence=False)
        known = state.recorded(project, warehouse, export.name, places.destination.name)
    names = [name for name in places.destination.deliveries() if name in known]
    before = ledger.look(export, known, names, places.destination, places.proof, work)
    now = time_of(project, before.previous)
    left_out.update(make_lines(export, work, now))
    out_there.find(project, export, work, now)
    if lost := signals.part(export, before, places.destination, work):
        left_out["lost_ad_consent"] = lost
    counts = compare(work, is_baseline=before.is_baseline)
    reasons = removal_reasons(work)
    try:
        _stop_mass_removal(export, before.outstanding, reasons["left"])
    except HeldError as error:
        message = message or error.what
    message = message or before.warning or _too_small(export, work)
    return Outcome(export.name, export.segment, "counted", counts, left_out, "", message, reasons)


def _spool(
    project: Project,
    warehouse: Warehouse,
    export: Export,
    places: Places,
    work: Work,
    *,
    with_evidence: bool = True,
) -> dict[str, int]:
    """Reads everything from the warehouse and returns who is left out there, by reason."""
    ledger_before = work.path("ledger_before")
    state.read(project, warehouse, export.name, places.destination.name, ledger_before)
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
    out_there.spool_out_there(project, warehouse, export, work, is_red=False)
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


def _stop_mass_removal(export: Export, outstanding: int, left: int) -> None:
    """Stops what looks like an outage: many who leave without having withdrawn.

    Raises:
        HeldError: too large a share of what is out there would leave.
    """
    share = left / outstanding if outstanding >= FEW else 0.0
    if share > export.max_removed_share:
        raise HeldError(
            f"{export.name}: {left:,} of {outstanding:,} contact points ({share:.0%}) would be "
            "removed without having withdrawn, more than max_removed_share "
            f"({export.max_removed_share:.0%}) allows.",
            f"If that is right, run `consent export {export.name} --accept-removals` once.",
        )
