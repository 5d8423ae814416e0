"""`consent erase WHO`: a person's request not to be kept, from the first minute to the proof.

Two states. *Suppressed*, at once: the request is written down with all that it reaches, a tombstone
per contact point, and the person leaves every table that is used. *Complete*, as soon as every
destination has received the removal: plain values leave all deliveries, logs, tables, and in the
end the request itself; the warehouse's file is written anew, and a search over everything that the
project owns shows that nothing is left. What sources and backups still hold is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from runner import clock
from runner.dbt import Project
from runner.environment import PEPPER
from runner.erasure import backups, reach, request, search, tables
from runner.erasure.hashes import digest, has_pepper
from runner.erasure.pending import masked
from runner.erasure.request import Request
from runner.erasure.search import Found
from runner.erasure.steps import passed
from runner.exports import destinations, erasure
from runner.exports.contract import exports
from runner.operations import lock
from runner.warehouse import Warehouse, open_warehouse, rewrite

SUPPRESSED, COMPLETE = "suppressed", "complete"


@dataclass
class Report:
    """What became of a request.

    Attributes:
        contact_points: masked.
        shared: contact points that another profile has too; they stay that one's.
        doubtful: records of the profile that no exact key ties to the person, or whose merge is
            under review: not erased. Whoever they are named by as well, they are.
        waiting: exports whose destinations have not received the removal yet.
        retired: of these, those that no refresh delivers to any more: the export has moved, or is
            gone from the project.
        removed: what was removed where.
        at_sources: models over sources that still bring the person, and files of the project that
            name the person: the owner of the source deletes it there. Nothing of it is used.
        backups: backups that hold the person; one that is restored is erased again.
        unreached: places of former deliveries that could not be looked at.
        left: places in which the search afterwards still found a plain value; empty when complete.
        repeat: the command that completes the request.
        warnings: what whoever runs it should mend.
    """

    state: str
    requested_at: datetime
    contact_points: list[str]
    shared: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    removed: list[Found] = field(default_factory=list)
    at_sources: list[Found] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    left: list[Found] = field(default_factory=list)
    repeat: str = ""
    warnings: list[str] = field(default_factory=list)


def erase(
    project: Project,
    whom: Sequence[str],
    *,
    wait: bool = False,
    without_places: Iterable[str] = (),
) -> Report:
    """Suppresses a person at once, and erases as soon as all removals were delivered.

    Args:
        project: the parsed project, built.
        whom: what the person is known by: e-mail addresses, telephone numbers, other keys, or a
            profile id; several mean one request.
        wait: wait for a refresh that runs.
        without_places: places of former deliveries that are gone for good.

    Raises:
        UsageError: the text is no contact point and no profile, or several profiles have it.
        ConsentError: nothing is built yet, or a refresh runs.
    """
    with lock.one_at_a_time(project, "erase", wait=wait):
        now = clock.now()
        asked = reach.find(project, whom)
        _suppress(project, asked, now)
        passed("suppress")
        report = _report(project, asked, now)
        if report.waiting:
            return report
        delivered, unreached = destinations.places(project, without_places)
        report.unreached = unreached
        report.removed = _purge(project, asked, now, without_places)
        report.left = [
            *search.in_tables(project, asked),
            *search.in_files(project, asked, delivered),
        ]
        if not report.left and not report.unreached:
            report.left = _finish(project, asked, now)
        if not report.left and not report.unreached:
            report.state, report.repeat = COMPLETE, ""
    return report


def _report(project: Project, asked: Request, now: datetime) -> Report:
    waiting = sorted(erasure.still_out(project, asked.sent_as))
    declared = {each.name for each in exports(project)}
    report = Report(
        SUPPRESSED,
        asked.requested_at or now,
        [masked(point) for point in sorted(asked.points)],
        [masked(point) for point in sorted(asked.shared)],
        list(asked.doubtful),
        waiting,
        [name for name in waiting if name not in declared],
        at_sources=search.at_sources(project, asked),
        backups=backups.holding(project, asked),
        repeat=f"consent erase {' '.join(value for _, value in sorted(asked.points))}",
    )
    if not has_pepper():
        report.warnings.append(
            f"{PEPPER} is not set: the hashes that stand for erased contact points are not salted, "
            "and whoever guesses an address can tell that it was erased. Set it (at most 64 "
            "printable ASCII characters, kept as a secret, the same for every command) before the "
            "first erasure."
        )
    return report


def _suppress(project: Project, asked: Request, now: datetime) -> None:
    """The request, its tombstones, and the profile leaves every table that is rebuilt; at once."""
    with open_warehouse(project, writing=True) as warehouse:
        request.write_down(project, warehouse, asked, now)
        tables.leave_built(project, warehouse, asked)


def _purge(
    project: Project, asked: Request, now: datetime, without_places: Iterable[str]
) -> list[Found]:
    """Deliveries first, then files, and tables in one transaction."""
    person = erasure.Person(asked.ids[0], frozenset(asked.sent_as), asked.values)
    removed = search.clean_files(project, asked.values)
    passed("clean")
    removed += [
        Found(f"delivery {each.export} {each.delivery}", each.lines + each.evidence_rows)
        for each in erasure.erase(project, person, now, without_places)
        if each.lines + each.evidence_rows
    ]
    passed("sent")
    with open_warehouse(project, writing=True) as warehouse:
        counts = tables.purge(project, warehouse, asked)
        for point in sorted(asked.points):
            warehouse.execute(
                f"update {project.relation('tombstones')} set erased_at = cast($1 as timestamp)"
                " where contact_point_hash = $2 and erased_at is null",
                [str(now), digest(point)],
            )
    passed("tables")
    return [*removed, *(Found(where, rows) for where, rows in counts.items())]


def _finish(project: Project, asked: Request, now: datetime) -> list[Found]:
    """The request forgets its own plain values, and no byte of the old file is left.

    Returns:
        Where the new file still said something; then the old one stays, and the request with it.
    """
    table = request.relation(project)
    with open_warehouse(project) as warehouse:
        rows = request.stored_rows(project, warehouse)
    ids = set(asked.ids)
    mine = [row for row in rows if row["erasure_id"] in ids]
    forgotten = request.forget(mine, now)
    # complete is said when nothing is left, not before
    waiting = [{**row, "completed_at": None} for row in forgotten if _is_open(row, mine)]
    done = [row for row in forgotten if not _is_open(row, mine)]
    others = [row for row in rows if row["erasure_id"] not in ids]
    hidden = search.hidden_in_others(project, asked)
    needles = [each for each in asked.values.parts() if each not in hidden]
    left: list[Found] = []

    def fill(warehouse: Warehouse, into: str) -> None:
        request.insert(warehouse, into, [*others, *waiting, *done])
        passed("rewrite")

    def look(path: Path) -> bool:
        hits = search.bytes_of(path, needles)
        if hits:
            left.append(Found(str(project.credentials.path), hits))
        return not hits

    rewrite(project, table, fill, look)
    passed("replace")
    if left:
        return left
    backups.note(project, forgotten)
    with open_warehouse(project, writing=True) as warehouse:
        for each in sorted(ids):
            warehouse.execute(
                f"update {table} set completed_at = cast($1 as timestamp)"
                " where erasure_id = $2 and completed_at is null",
                [str(now), each],
            )
    return []


def _is_open(row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        each["erasure_id"] == row["erasure_id"] and each["completed_at"] is None for each in rows
    )
