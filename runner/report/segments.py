"""Segments in numbers: from rule to delivery, over time, and who is in two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.dbt import Project
from runner.exports.contract import Export
from runner.report.figures import Figure, Row, SegmentPart
from runner.report.history import History
from runner.report.small import Count, Unsaid, parts, said
from runner.segments.listing import Funnel, counted_before, overlaps
from runner.warehouse import Warehouse

_LARGEST = 25
"""Segments that the picture of overlaps has at most."""


def segments(
    project: Project,
    warehouse: Warehouse,
    funnels: Sequence[Funnel],
    contracts: Sequence[Export],
    past: History,
    exact: bool,
) -> list[SegmentPart]:
    """Each listed segment with its funnel and its size over time."""
    delivered = _delivered(project, warehouse)
    older = counted_before(project, warehouse)
    found = []
    for each in funnels:
        model = project.model(each.segment)
        names = [export.name for export in contracts if export.segment == each.segment]
        out = {name: delivered.get(name, 0) for name in names}
        part = SegmentPart(
            name=each.segment,
            description=str(model.get("description") or ""),
            rule=model["config"]["meta"]["segment"],
            exports=names,
            note=older.get(each.segment, ""),
        )
        if not part.note:
            part.figures.append(funnel(each, out, exact))
        size = _size(each.segment, past, exact)
        if size.rows:
            part.figures.append(size)
        found.append(part)
    return found


def funnel(given: Funnel, delivered: Mapping[str, int], exact: bool) -> Figure:
    """Who matches the rule, whom consent leaves out and why, who is in, who was delivered."""
    members = ("members", "")
    counts = {members: given.members, **{("left_out", r): n for r, n in given.left_out.items()}}
    # the members stand in the size over time too, so it is the whole that is kept back with them
    told, whole = parts(counts, exact, told=[members])
    matches = said(given.matches, exact) if whole else Unsaid.KEPT_BACK
    rows: list[Row] = [{"step": "matches", "what": "", "people": matches}]
    rows += [
        {"step": step, "what": reason, "people": count}
        for (step, reason), count in told.items()
        if step == "left_out"
    ]
    rows.append({"step": "members", "what": "", "people": told[members]})
    rows += [
        {"step": "delivered", "what": name, "people": said(count, exact)}
        for name, count in delivered.items()
    ]
    return Figure("funnel", ("step", "what", "people"), rows, "funnel", about=given.segment)


def overlap(project: Project, sizes: Mapping[str, int], exact: bool) -> Figure:
    """Members of two segments at once. What is shared and what is not make up the smaller one."""
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:_LARGEST]
    names = [name for name in sizes if name in largest and sizes[name]]
    shared = {(one.segment, one.other): one.members for one in overlaps(project)}
    rows: list[Row] = []
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            both = shared.get((one, other), shared.get((other, one), 0))
            rows.append(
                {
                    "segment": one,
                    "other": other,
                    "members": _both(both, sizes[one], sizes[other], exact),
                }
            )
    return Figure(
        "overlap",
        ("segment", "other", "members"),
        rows,
        "heat",
        {"x": "other", "y": "segment", "value": "members"},
    )


def _both(both: int, one: int, other: int, exact: bool) -> Count:
    told = [parts({"both": both, "rest": size - both}, exact)[0]["both"] for size in (one, other)]
    return next((each for each in told if isinstance(each, Unsaid)), both)


def _size(segment: str, past: History, exact: bool) -> Figure:
    rows: list[Row] = []
    for run in past.runs:
        members = past.at("segment", run).get((segment, ""))
        entered = past.at("entered", run).get((segment, ""), 0)
        gone = past.at("left", run).get((segment, ""), 0)
        if members is not None or gone:
            rows.append(
                {
                    "run": run,
                    "members": said(members or 0, exact),
                    "entered": said(entered, exact),
                    "left": said(gone, exact),
                }
            )
    columns = ("run", "members", "entered", "left")
    return Figure("size", columns, rows, "size", {"of": "run"}, about=segment)


def _delivered(project: Project, warehouse: Warehouse) -> dict[str, int]:
    rows = warehouse.rows(
        f"""
        select export_name, count(*) as counted
        from (
            select export_name, key_type, key_value
            from {project.relation("delivered_members")}
            where removed_at is null
            group by export_name, key_type, key_value
        ) as out_there
        group by export_name
        """
    )
    return {row["export_name"]: row["counted"] for row in rows}
