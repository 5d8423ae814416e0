"""`consent refresh`: freshness of the sources, `dbt build`, exports, and a record of it all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from runner import clock, console
from runner.console import Steps
from runner.dbt import (
    Invocation,
    NodeEvent,
    NodeResult,
    Project,
    ancestors,
    invoke,
    require_selectors,
)
from runner.errors import ConsentError
from runner.exports.contract import Export, exports
from runner.exports.deliver import Outcome, deliver
from runner.exports.gate import NotGreenError, source_ids
from runner.operations import lock
from runner.warehouse import open_warehouse

_LONGEST = 800
STALE = frozenset({"error", "runtime error"})


@dataclass
class Step:
    """One step of a refresh: successful, failed, skipped or cancelled, and why."""

    name: str
    status: str
    detail: str = ""
    seconds: float = 0.0


@dataclass
class Refresh:
    """A refresh from its start to its end.

    Attributes:
        status: successful, failed or cancelled.
        nodes: number of built nodes per status.
    """

    started_at: datetime
    target: str
    status: str = "failed"
    ended_at: datetime | None = None
    steps: list[Step] = field(default_factory=list)
    nodes: dict[str, int] = field(default_factory=dict)
    deliveries: list[Outcome] = field(default_factory=list)

    @property
    def is_green(self) -> bool:
        """Whether everything that was asked for succeeded."""
        return all(step.status == "successful" for step in self.steps)


def refresh(
    project: Project,
    *,
    select: Sequence[str] = (),
    export: bool = True,
    wait: bool = False,
    full_refresh: bool = False,
) -> Refresh:
    """Builds, tests and delivers everything, or what is selected.

    Args:
        project: the parsed project, with its target.
        select: dbt selectors; exports whose ancestors are not all built are skipped.
        export: False builds and delivers nothing.
        wait: wait for a refresh that runs already.
        full_refresh: build anew all that is not state.

    Raises:
        ConsentError: another refresh runs, or dbt could not start.
        KeyboardInterrupt: it was cancelled; what was done is recorded.
    """
    contracts = exports(project)
    require_selectors(project, select)
    run = Refresh(started_at=clock.now(), target=project.target)
    with lock.one_at_a_time(project, "refresh", wait=wait) as interrupted:
        try:
            with console.steps() as shown:
                _run(project, run, contracts, select, export, full_refresh, shown)
            run.status = "successful" if run.is_green else "failed"
        except KeyboardInterrupt:
            run.status = "cancelled"
            raise
        finally:
            run.ended_at = clock.now()
            _remember(project, run, interrupted)
    return run


def export_all(
    project: Project,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    accept_removals: bool = False,
    wait: bool = False,
) -> Refresh:
    """Delivers exports from what is built and green; a dry run only counts.

    Raises:
        ConsentError: a name is unknown, a contract is broken, or a refresh runs.
    """
    chosen = exports(project, names)
    run = Refresh(started_at=clock.now(), target=project.target)
    if dry_run:
        for each in chosen:
            run.deliveries.append(deliver(project, each, dry_run=True))
        run.status = "successful"
        return run
    with lock.one_at_a_time(project, "export", wait=wait), console.steps() as shown:
        shown.plan(1 + len(chosen))
        stale = _freshness(project, run, shown)
        _deliver_all(project, run, chosen, stale, shown, accept_removals=accept_removals)
    run.status = "successful" if run.is_green else "failed"
    return run


def _run(
    project: Project,
    run: Refresh,
    contracts: Sequence[Export],
    select: Sequence[str],
    export: bool,
    full_refresh: bool,
    shown: Steps,
) -> None:
    may_export = export and not (
        project.setting("as_of", None) or project.setting("known_at", None)
    )
    shown.plan(2 + (len(contracts) if may_export else 0))
    stale = _freshness(project, run, shown)
    _build(project, run, select, full_refresh, shown)
    if may_export:
        _deliver_all(project, run, _within(project, contracts, select), stale, shown)


def _freshness(project: Project, run: Refresh, shown: Steps) -> dict[str, NodeResult]:
    """Checks how old the sources are; returns those that are too old to export from."""
    shown.start("freshness")
    outcome = invoke(["source", "freshness", "--quiet"], project=project)
    stale = {each.node_id: each for each in outcome.results if each.status in STALE}
    late = [each for each in outcome.results if each.status == "warn"]
    for each in (*stale.values(), *late):
        source = project.nodes[each.node_id]
        console.warn(
            f"source {source['source_name']}.{source['name']} is older than it should be"
            + (f": {each.message}" if each.message else "")
        )
    named = ", ".join(
        f"{project.nodes[i]['source_name']}.{project.nodes[i]['name']}" for i in stale
    )
    _end(run, shown, "freshness", "failed" if stale else "successful", named)
    return stale


def _build(
    project: Project, run: Refresh, select: Sequence[str], full_refresh: bool, shown: Steps
) -> None:
    shown.start("build")
    # unit tests judge the code, not today's data: they are the developer's, and CI's
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--select", *select] if select else []
    arguments += ["--full-refresh"] if full_refresh else []
    is_planned = not select
    if is_planned:
        shown.plan(sum(_is_shown(node["resource_type"]) for node in project.nodes.values()))
    outcome = invoke(arguments, project=project, on_event=_reporter(shown, is_planned))
    for each in outcome.results:
        run.nodes[each.status] = run.nodes.get(each.status, 0) + 1
    counted = ", ".join(f"{count} {status}" for status, count in sorted(run.nodes.items()))
    if not outcome.success:
        for each in outcome.failed:
            console.complain(f"{each.resource_type} {each.name}: {_first_lines(each.message)}")
        for text in _skips(project, outcome):
            console.say(text)
    _end(run, shown, "build", "successful" if outcome.success else "failed", counted)


def _deliver_all(
    project: Project,
    run: Refresh,
    chosen: Sequence[Export],
    stale: Mapping[str, NodeResult],
    shown: Steps,
    *,
    accept_removals: bool = False,
) -> None:
    for each in chosen:
        step = f"export {each.name}"
        shown.start(step)
        old = [node_id for node_id in source_ids(project, each) if node_id in stale]
        if old:
            source = project.nodes[old[0]]
            reason = f"source {source['source_name']}.{source['name']} is too old to deliver from"
            _end(run, shown, step, "skipped", reason)
            continue
        try:
            outcome = deliver(project, each, accept_removals=accept_removals)
        except NotGreenError as error:
            _end(run, shown, step, "skipped", str(error))
            continue
        except ConsentError as error:
            _end(run, shown, step, "failed", str(error))
            continue
        run.deliveries.append(outcome)
        counts = ", ".join(f"{count:,} {kind}" for kind, count in outcome.counts.items())
        _end(run, shown, step, "successful", f"{outcome.status}: {counts}")


def _within(project: Project, contracts: Sequence[Export], select: Sequence[str]) -> list[Export]:
    """The exports that a selection touches: their segment is in it."""
    if not select:
        return list(contracts)
    listed = invoke(
        ["list", "--select", *select, "--output", "json", "--output-keys", "unique_id", "--quiet"],
        project=project,
    )
    ids = {json.loads(line)["unique_id"] for line in listed.value or ()}
    return [each for each in contracts if each.segment_id in ids]


def _is_shown(resource_type: str) -> bool:
    return resource_type in ("model", "seed")


def _reporter(shown: Steps, is_planned: bool) -> Callable[[NodeEvent], None]:
    def report(event: NodeEvent) -> None:
        if not _is_shown(event.resource_type):
            return
        if event.status is None:
            if not is_planned:
                shown.plan(1)
            shown.start(event.name)
        else:
            status = "successful" if event.status == "success" else event.status
            shown.finish(event.name, "failed" if status == "error" else status)

    return report


def _skips(project: Project, outcome: Invocation) -> list[str]:
    """One line per failed node that others were skipped for."""
    skipped = [each.node_id for each in outcome.results if each.status == "skipped"]
    lines = []
    for bad in outcome.failed:
        blamed = set()
        above = {
            bad.node_id,
            *project.nodes.get(bad.node_id, {}).get("depends_on", {}).get("nodes", ()),
        }
        for node_id in skipped:
            if above & ancestors(project, [node_id]):
                blamed.add(node_id)
        if blamed:
            lines.append(f"skipped because of {bad.name}: {len(blamed)} nodes")
    return lines


def _end(run: Refresh, shown: Steps, name: str, status: str, detail: str) -> None:
    previous = sum(step.seconds for step in run.steps)
    elapsed = (clock.now() - run.started_at).total_seconds() - previous
    run.steps.append(Step(name, status, detail, round(elapsed, 3)))
    shown.finish(name, status, detail)


def _first_lines(message: str) -> str:
    """The beginning of a message of the warehouse, which may quote a row, without addresses."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    text = re.sub(r"[^\s@'\",;]+@[^\s@'\",;]+|\+\d{7,}", "***", " ".join(lines[:4]))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _remember(project: Project, run: Refresh, interrupted: Mapping[str, Any]) -> None:
    """Writes the refresh, and one that was interrupted before it, into the table `refreshes`."""
    table = project.state_relation("refreshes")
    rows = []
    if interrupted.get("what") == "refresh":
        rows.append([interrupted["since"][:19].replace("T", " "), None, "interrupted", "[]"])
    rows.append(
        [
            run.started_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
            run.ended_at.strftime("%Y-%m-%d %H:%M:%S.%f") if run.ended_at else None,
            run.status,
            json.dumps([asdict(step) for step in run.steps]),
        ]
    )
    try:
        with open_warehouse(project, writing=True) as warehouse:
            warehouse.execute(
                f"""
                create table if not exists {table} (
                    started_at timestamp, ended_at timestamp, target varchar(255),
                    status varchar(255), steps text
                )
                """
            )
            for started_at, ended_at, status, steps in rows:
                warehouse.execute(
                    f"""
                    insert into {table} (started_at, ended_at, target, status, steps)
                    values (cast($1 as timestamp), cast($2 as timestamp), $3, $4, $5)
                    """,
                    [started_at, ended_at, run.target, status, steps],
                )
    except ConsentError as error:
        console.warn(f"this refresh could not be recorded: {error.what}")
