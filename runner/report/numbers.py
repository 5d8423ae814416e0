"""All numbers of the report, read from the warehouse at one moment."""

from __future__ import annotations

from datetime import datetime

from runner import clock
from runner.dbt import Project
from runner.exports.contract import exports, purposes_of
from runner.operations import record, rejected
from runner.operations.outstanding import out_there
from runner.report import consent, deliveries, people, segments
from runner.report.figures import Numbers, Tile
from runner.report.history import history
from runner.report.small import said
from runner.segments.listing import funnel
from runner.warehouse import Warehouse, open_warehouse


def numbers(project: Project, exact: bool = False, now: datetime | None = None) -> Numbers:
    """Counts of everything that the page shows.

    Args:
        project: the parsed project, with its target.
        exact: say small counts too.
        now: what "ahead" and "overdue" are counted from, UTC; the present.

    Raises:
        ConsentError: nothing is built yet, or a rule has errors.
    """
    now = now or clock.now()
    today = now.date()
    contracts = exports(project)
    # the rights that all else rests on come last
    purposes = sorted(purposes_of(project), key=lambda name: name in ("use", "sale", "storage"))
    funnels = funnel(project)
    sizes = {each.segment: each.members for each in funnels}
    guards = [(each.segment, each.purpose) for each in funnels if each.purpose]
    found = Numbers()
    with open_warehouse(project) as warehouse:
        past = history(project, warehouse, now)
        lines = out_there(project, warehouse, contracts, now)
        found.tiles = _tiles(project, warehouse, sum(line.overdue for line in lines), exact)
        found.parts = {
            "glance": [consent.permitted(project, warehouse, purposes, past, exact)],
            "consent": [
                consent.statuses(project, warehouse, purposes, exact),
                consent.weekly(project, warehouse, today, exact),
                consent.origins(project, warehouse, exact),
            ],
            "ahead": [
                consent.expiring(project, warehouse, now, exact),
                consent.losses(project, warehouse, guards, now, exact),
            ],
            "deliveries": [
                deliveries.removals(project, warehouse, lines, exact),
                deliveries.delivered(project, warehouse, today, exact),
            ],
            "people": [
                people.records(project, warehouse, exact),
                people.ties(project, warehouse, exact),
                people.reviews(project, warehouse, exact),
            ],
            "quality": [
                people.rejected(project, warehouse, exact),
                people.rejected_over_time(past, exact),
                people.unreadable(project, warehouse, exact),
                people.unmatched(project, warehouse, exact),
            ],
        }
        found.segments = segments.segments(project, warehouse, funnels, contracts, past, exact)
    found.parts["segments"] = [segments.overlap(project, sizes, exact)]
    return found


def _tiles(project: Project, warehouse: Warehouse, overdue: int, exact: bool) -> list[Tile]:
    (counted,) = warehouse.rows(
        f"""
        select
            (select count(*) from {project.relation("profiles")}) as people,
            (select count(*) from {project.relation("profile_contact_points")}) as contact_points
        """
    )
    runs = record.recorded(project, warehouse, 50)
    last = next((row for row in runs if row["command"] == "refresh"), None)
    warnings = len(rejected.stored(project, warehouse))
    return [
        Tile("people", said(counted["people"], exact)),
        Tile("contact_points", said(counted["contact_points"], exact)),
        Tile(
            "last_refresh",
            last["started_at"] if last else None,
            note=str(last["status"]) if last else "none_recorded",
            is_bad=last is not None and last["status"] != "successful",
        ),
        Tile("overdue", said(overdue, exact), is_bad=overdue > 0),
        Tile("warnings", warnings, note="see_rejected" if warnings else ""),
    ]
