"""`consent retract`: a mistake in the evidence is taken back, and who would be permitted by it.

The rule: docs/consent.md, "Mistakes in the evidence". Nothing is taken out of the evidence; the
table of state `retractions` says what counts for nothing from now on, why, and who said so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from runner import clock
from runner.dbt import Project
from runner.errors import UsageError
from runner.evidence.trial import Change, permissions_changed
from runner.operations import lock
from runner.warehouse import Warehouse, open_warehouse


@dataclass(frozen=True)
class Taken:
    """What a retraction takes back: an event, the load of a model, or a suppression."""

    event_id: str | None = None
    consent_model: str | None = None
    first_seen_at: str | None = None
    suppression_id: str | None = None


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes:
        events: event ids as in consent_events, or SOURCE/CONSENT_ID for all of its purposes.
        model: a consent or suppression model, together with first_seen.
        first_seen: the load, as consent_events.first_seen_at has it.
        suppression: an id of suppression_events.
        because: why, in words.
        by: who says so.
        denials_too: denials and suppressions are taken back as well.
        undo: an earlier retraction is taken back.
    """

    events: Sequence[str] = ()
    model: str | None = None
    first_seen: str | None = None
    suppression: str | None = None
    because: str = ""
    by: str = ""
    denials_too: bool = False
    undo: bool = False


@dataclass(frozen=True)
class Found:
    """What the request names.

    Attributes:
        taken: one entry per row of `retractions`.
        versions: how many versions of evidence they are about.
        denials: how many of those are denials.
    """

    taken: Sequence[Taken]
    versions: int
    denials: int


def find(project: Project, request: Request) -> Found:
    """What a request names, looked up in the evidence.

    Raises:
        UsageError: it names nothing, too much, or something that is not there.
    """
    given = [bool(request.events), request.model is not None, request.suppression is not None]
    if sum(given) != 1:
        raise UsageError(
            "Name what is taken back: one or several events, or --model with --first-seen, or "
            "--suppression."
        )
    if (request.model is None) != (request.first_seen is None):
        raise UsageError("--model and --first-seen belong together: a model and one of its loads.")
    if not request.because.strip() and not request.undo:
        raise UsageError("--because is missing: say in words why it was a mistake.")
    with open_warehouse(project) as warehouse:
        if request.suppression is not None:
            found = _suppression(project, warehouse, request.suppression)
        elif request.model is not None and request.first_seen is not None:
            found = _load(project, warehouse, request.model, request.first_seen)
        else:
            parts = [_events(project, warehouse, each) for each in request.events]
            found = Found(
                [taken for part in parts for taken in part.taken],
                sum(part.versions for part in parts),
                sum(part.denials for part in parts),
            )
        if request.undo:
            found = _standing(project, warehouse, found)
    return found


def _standing(project: Project, warehouse: Warehouse, found: Found) -> Found:
    """Those of what was found that a retraction takes back."""
    table = project.relation("retractions")
    taken = [
        each
        for each in found.taken
        if warehouse.rows(f"select 1 as found from {table} where {_SAME}", _values(each))
    ]
    if not taken:
        raise UsageError(
            "There is no retraction of this that stands.",
            "`consent retract` without --undo takes evidence back.",
        )
    return Found(taken, found.versions, found.denials)


def preview(project: Project, request: Request, found: Found) -> list[Change]:
    """Whose permission would change, decided by dbt on trial.

    Raises:
        ConsentError: nothing is built yet, or the trial failed.
    """
    entries = [
        {
            **{name: value for name, value in asdict(each).items() if value is not None},
            "denials_too": request.denials_too,
        }
        for each in found.taken
    ]
    return permissions_changed(project, {"undo" if request.undo else "retract": entries})


def write(project: Project, request: Request, found: Found) -> datetime:
    """Writes the retractions, or ends them; returns the moment from which that counts.

    Raises:
        BusyError: a refresh is running.
    """
    table = project.relation("retractions")
    now = clock.now()
    with (
        lock.one_at_a_time(project, "consent retract"),
        open_warehouse(project, writing=True) as warehouse,
    ):
        for each in found.taken:
            if request.undo:
                warehouse.execute(
                    f"update {table} set undone_at = cast($5 as timestamp) where {_SAME}",
                    [*_values(each), str(now)],
                )
                continue
            warehouse.execute(
                f"insert into {table} (event_id, consent_model, first_seen_at, suppression_id,"
                " denials_too, reason, retracted_at, retracted_by, undone_at) values ($1, $2,"
                " cast($3 as timestamp), $4, $5, $6, cast($7 as timestamp), $8, null)",
                [
                    each.event_id,
                    each.consent_model,
                    each.first_seen_at,
                    each.suppression_id,
                    request.denials_too,
                    request.because.strip(),
                    str(now),
                    request.by,
                ],
            )
    return now


_SAME = (
    "undone_at is null and coalesce(event_id, '') = $1 and coalesce(consent_model, '') = $2"
    " and coalesce(suppression_id, '') = $3"
    " and coalesce(first_seen_at, timestamp '0001-01-01') = cast($4 as timestamp)"
)
"""A retraction that stands, of the same; its values are `_values`."""


def _values(each: Taken) -> list[str]:
    return [
        each.event_id or "",
        each.consent_model or "",
        each.suppression_id or "",
        each.first_seen_at or "0001-01-01",
    ]


def _events(project: Project, warehouse: Warehouse, name: str) -> Found:
    source, slash, consent_id = name.partition("/")
    condition = (
        "(event_id = $1 or (source_name = $2 and consent_id = $3))" if slash else "event_id = $1"
    )
    rows = warehouse.rows(
        f"""
        select event_id, count(*) as versions,
            sum(case when status = 'denied' then 1 else 0 end) as denials
        from {project.relation("int_consent__interpreted")}
        where {condition}
        group by event_id
        order by event_id
        """,
        [name, source, consent_id] if slash else [name],
    )
    if not rows:
        raise UsageError(
            "No consent event has that id.",
            "Name it as consent_events.event_id has it, or as SOURCE/CONSENT_ID; `consent explain` "
            "shows source and consent id.",
        )
    return Found(
        [Taken(event_id=str(row["event_id"])) for row in rows],
        sum(int(row["versions"]) for row in rows),
        sum(int(row["denials"]) for row in rows),
    )


def _load(project: Project, warehouse: Warehouse, model: str, first_seen: str) -> Found:
    moment = str(clock.from_text(first_seen, "--first-seen"))
    suppressions = project.setting("suppression_models", [])
    if model in suppressions:
        table, column, is_denied = "suppression_events", "suppression_model", "1"
    else:
        table, column = "int_consent__interpreted", "consent_model"
        is_denied = "case when status = 'denied' then 1 else 0 end"
    rows = warehouse.rows(
        f"select count(*) as versions, sum({is_denied}) as denials"
        f" from {project.relation(table)} where {column} = $1 and first_seen_at ="
        " cast($2 as timestamp)",
        [model, moment],
    )
    if not rows[0]["versions"]:
        loads = warehouse.rows(
            f"select distinct first_seen_at from {project.relation(table)} where {column} = $1"
            " order by first_seen_at desc",
            [model],
        )
        known = ", ".join(str(row["first_seen_at"]) for row in loads[:5])
        raise UsageError(
            f"{model} brought nothing new at {moment} UTC.",
            f"Its latest loads that did: {known}." if known else f"Nothing came through {model}.",
        )
    return Found(
        [Taken(consent_model=model, first_seen_at=moment)],
        int(rows[0]["versions"]),
        int(rows[0]["denials"]),
    )


def _suppression(project: Project, warehouse: Warehouse, suppression: str) -> Found:
    rows = warehouse.rows(
        f"select count(*) as versions from {project.relation('suppression_events')}"
        " where suppression_id = $1",
        [suppression],
    )
    versions: Any = rows[0]["versions"]
    if not versions:
        raise UsageError(
            "No suppression has that id.", "suppression_events.suppression_id has the ids."
        )
    return Found([Taken(suppression_id=suppression)], int(versions), int(versions))
