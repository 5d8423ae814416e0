"""`consent refresh`: freshness of the sources, `dbt build`, exports, and a record of it all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

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
from runner.errors import ConsentError, WarehouseInUseError
from runner.exports.contract import Export, exports
from runner.exports.deliver import HeldBackError, deliver, held_back
from runner.exports.finish import Outcome
from runner.exports.gate import HeldError, source_ids
from runner.exports.retire import left_behind, retire
from runner.failures import first_lines, told
from runner.masking import masked
from runner.operations import freshness, lock, record, rejected, retry
from runner.operations.log import RunLog, run_log
from runner.operations.record import Refresh
from runner.operations.signals import terminated_as_interrupted
from runner.operations.steps import CANCELLED, FAILED, RUNNING, Plan, crash_point
from runner.segments.written import unlike_written
from runner.warehouse import open_warehouse

_NAMED = 5
Stop = Callable[[], bool]


def refresh(
    project: Project,
    *,
    select: Sequence[str] = (),
    export: bool = True,
    wait: bool = False,
    full_refresh: bool = False,
    stop: Stop = lambda: False,
) -> Refresh:
    """Builds, tests and delivers everything, or what is selected.

    Args:
        project: the parsed project, with its target.
        select: dbt selectors; exports whose segment is not among it are left out.
        export: False builds and delivers nothing.
        wait: wait for a refresh that runs already, and for a dbt that holds the warehouse.
        full_refresh: build anew all that is not state.
        stop: asked between two steps; True cancels those that are left.

    Raises:
        ConsentError: another refresh runs, or dbt could not start.
        KeyboardInterrupt: it was cancelled; what was done is recorded.
    """
    contracts = exports(project)
    require_selectors(project, select)
    is_present = not (project.setting("as_of", None) or project.setting("known_at", None))
    chosen = _within(project, contracts, select) if export and is_present else []
    with _run(project, "refresh", wait, stop) as (run, plan, log):
        plan.add(["freshness", "build", *(f"export {each.name}" for each in chosen)])
        stale = _freshness(project, run, plan, log)
        if not _is_stopped(plan, stop):
            _build(project, run, plan, log, select, full_refresh, wait, count=is_present)
        for each in chosen:
            if not _is_stopped(plan, stop):
                _deliver(project, run, plan, each, stale)
    return run


def export_all(
    project: Project,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    accept_removals: bool = False,
    only_removals: bool = False,
    wait: bool = False,
) -> Refresh:
    """Delivers exports from what is built and green; a dry run only counts, and with
    `only_removals` nobody is delivered but who has withdrawn, as removed.

    Raises:
        ConsentError: a name is unknown, a contract is broken, or a refresh runs.
    """
    chosen = exports(project, names)
    if dry_run:
        run = Refresh(started_at=clock.now(), target=project.target, command="export")
        run.deliveries = [deliver(project, each, dry_run=True) for each in chosen]
        run.status = "successful"
        return run
    with _run(project, "export", wait) as (run, plan, log):
        plan.add(["freshness", *(f"export {each.name}" for each in chosen)])
        stale = _freshness(project, run, plan, log)
        for each in chosen:
            _deliver(
                project,
                run,
                plan,
                each,
                stale,
                accept_removals=accept_removals,
                only_removals=only_removals,
            )
    return run


def retire_all(
    project: Project,
    names: Sequence[str],
    *,
    is_done: bool = False,
    dry_run: bool = False,
    wait: bool = False,
) -> Refresh:
    """Closes the destinations that exports do not deliver to any more.

    Raises:
        ConsentError: an export has none with people out there, or a refresh runs.
    """
    left = [(name, place, n) for name in names for place, n in left_behind(project, name).items()]
    if dry_run:
        run = Refresh(started_at=clock.now(), target=project.target, command="export")
        run.deliveries = [
            Outcome(name, "", "counted", {"removed": count}, location=place)
            for name, place, count in left
        ]
        run.status = "successful"
        return run
    with _run(project, "export", wait) as (run, plan, _):
        steps = [(f"retire {name} at {place}", name, place) for name, place, _ in left]
        plan.add([step for step, _, _ in steps])
        for title, name, place in steps:
            with plan.step(title) as step:
                try:
                    outcome = retire(project, name, place, is_done=is_done)
                except ConsentError as error:
                    step.status, step.detail = FAILED, masked(str(error))
                else:
                    run.deliveries.append(outcome)
                    step.detail = f"{outcome.status}: {outcome.counts_removed:,} removed"
    return run


@contextmanager
def _run(
    project: Project, command: str, wait: bool, stop: Stop = lambda: False
) -> Iterator[tuple[Refresh, Plan, RunLog]]:
    """A run with its lock, log and display, which is recorded however it ends."""
    with (
        lock.one_at_a_time(project, command, wait=wait, stop=stop) as held,
        terminated_as_interrupted(),
        console.steps() as shown,
    ):
        run = Refresh(started_at=clock.now(), target=project.target, command=command)
        with run_log(project, command, run.started_at) as log:
            run.log = os.path.relpath(log.path, project.folder)
            plan = Plan(run.steps, shown, lambda: held.tell(run=run.to_keep()))
            try:
                yield run, plan, log
                run.status = _status(run)
            except KeyboardInterrupt:
                plan.cancel_rest()
                run.status = CANCELLED
                raise
            except Exception as error:
                log.write("error", str(error))
                failed = next((step.name for step in run.steps if step.status == FAILED), command)
                plan.skip_rest(failed)
                run.status = FAILED
                raise
            finally:
                run.ended_at = clock.now()
                crash_point("record")
                record.remember(project, run, held)
                for step in run.steps:
                    log.write("info", f"{step.name}: {step.status} {step.detail}".strip())
                log.write("info", f"{command} {run.status}")


def _status(run: Refresh) -> str:
    if any(step.status == CANCELLED for step in run.steps):
        return CANCELLED
    return "successful" if run.is_green else FAILED


def _is_stopped(plan: Plan, stop: Stop) -> bool:
    if stop():
        plan.cancel_rest()
    return all(step.status not in ("queued", RUNNING) for step in plan.steps)


def _freshness(project: Project, run: Refresh, plan: Plan, log: RunLog) -> dict[str, NodeResult]:
    """Checks how old the sources are; returns those that are too old to deliver from."""
    with plan.step("freshness") as step:
        outcome = _invoke(
            project, "freshness", ["--no-write-json", "source", "freshness", "--quiet"], log
        )
        run.freshness = freshness.ages(project, outcome)
        stale = freshness.stale(outcome)
        for each in freshness.asked(outcome):
            if each.status in (*freshness.STALE, "warn"):
                name = freshness.name_of(project, each.node_id)
                console.warn(
                    f"source {name} "
                    + (
                        f"could not be asked for its age: {first_lines(each.message)}"
                        if each.status == "runtime error"
                        else "is older than it should be"
                        + (f": {first_lines(each.message)}" if each.message else "")
                    )
                )
        if stale:
            step.status = FAILED
            step.detail = ", ".join(freshness.name_of(project, node_id) for node_id in stale)
    return stale


def _build(
    project: Project,
    run: Refresh,
    plan: Plan,
    log: RunLog,
    select: Sequence[str],
    full_refresh: bool,
    wait: bool,
    count: bool,
) -> None:
    name = "build"
    with plan.step(name) as step:
        # unit tests judge the code, not today's data: they are the developer's, and CI's
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        arguments += ["--select", *select] if select else []
        arguments += ["--full-refresh"] if full_refresh else []
        outcome = _invoke(project, "build", arguments, log, shown=plan.shown, wait=wait)
        for each in outcome.results:
            run.nodes[each.status] = run.nodes.get(each.status, 0) + 1
        run.warnings = rejected.of_results(project, outcome.results)
        step.detail = ", ".join(
            f"{number} {status}" for status, number in sorted(run.nodes.items())
        )
        if not outcome.success:
            step.status = FAILED
            for each in outcome.failed:
                console.complain(told(project, each))
            for text in _skips(project, outcome):
                console.say(text)
            named = [f"{each.resource_type} {each.name}" for each in outcome.failed[:_NAMED]]
            step.detail += f": {', '.join(named)}"
        elif unlike := unlike_written(project):
            step.status = FAILED
            for text in unlike:
                console.complain(text)
            step.detail += f": {len(unlike)} rules are not read as they are written"
        elif count:
            with open_warehouse(project) as warehouse:
                run.row_counts = record.count_rows(project, warehouse)
            console.say(", ".join(f"{n:,} {name}" for name, n in run.row_counts.items()))


def _deliver(
    project: Project,
    run: Refresh,
    plan: Plan,
    export: Export,
    stale: Mapping[str, NodeResult],
    *,
    accept_removals: bool = False,
    only_removals: bool = False,
) -> None:
    name = f"export {export.name}"
    with plan.step(name) as step:
        old = [node_id for node_id in source_ids(project, export) if node_id in stale]

        def work() -> Outcome:
            if only_removals:
                return deliver(project, export, only_removals=True)
            if old:
                raise held_back(project, export, _too_old(project, export, stale[old[0]]))
            return deliver(project, export, accept_removals=accept_removals)

        try:
            outcome = _try_again(name, work)
        except HeldError as error:
            if isinstance(error, HeldBackError) and error.outcome:
                run.deliveries.append(error.outcome)
            if error.because:
                step.skip(error.because, masked(str(error)))
            else:
                step.status, step.detail = FAILED, masked(str(error))
        except ConsentError as error:
            step.status, step.detail = FAILED, masked(str(error))
        else:
            run.deliveries.append(outcome)
            counts = ", ".join(f"{count:,} {kind}" for kind, count in outcome.counts.items())
            step.detail = ": ".join(filter(None, [outcome.status, counts]))


def _too_old(project: Project, export: Export, found: NodeResult) -> HeldError:
    """What to say of a source that stops an export."""
    source = f"source {freshness.name_of(project, found.node_id)}"
    if found.status != "error":
        return HeldError(
            f"{export.name}: {source} could not be asked for its age: "
            f"{first_lines(found.message) or 'it gave no answer'}.",
            "Look at its `loaded_at_query`, and at whether it is there.",
            source,
        )
    arrived = f" (it arrived {found.loaded_at:%Y-%m-%d %H:%M} UTC)" if found.loaded_at else ""
    return HeldError(
        f"{export.name}: the data of {source} is older than its `freshness: error_after` allows"
        f"{arrived}.",
        "Bring it newer data; where it is right that it is quiet, raise that limit, or leave it "
        "out for a list that does not grow old.",
        source,
    )


def _try_again(name: str, work: Callable[[], Outcome]) -> Outcome:
    """Does something, again after a pause where it failed for a moment only."""
    for seconds in retry.pauses():
        try:
            return work()
        except HeldBackError as error:
            if error.outcome or not retry.is_transient(str(error)):
                raise
            retry.pause(seconds, name, retry.reason_of(error))
        except ConsentError as error:
            if not retry.is_transient(str(error)):
                raise
            retry.pause(seconds, name, retry.reason_of(error))
    return work()


def _invoke(
    project: Project,
    name: str,
    arguments: Sequence[str],
    log: RunLog,
    *,
    shown: Steps | None = None,
    wait: bool = False,
) -> Invocation:
    """Runs dbt, all of it again after a pause where all that failed may be well in a moment.

    Exports need everything green in one invocation, so nothing less than the whole is repeated.
    """
    pauses = retry.pauses()
    while True:
        problem = ""
        try:
            on_event = _reporter(project, shown, "--select" in arguments) if shown else None
            outcome = invoke(arguments, project=project, on_event=on_event, log=log.write)
            failed = [each for each in outcome.failed if each.status in ("error", "runtime error")]
            if not failed or not all(retry.is_transient(each.message) for each in failed):
                return outcome
            problem = f"{failed[0].name}: {first_lines(failed[0].message)}"
            seconds = next(pauses, None)
            if seconds is None:
                return outcome
        except ConsentError as error:
            seconds = next(pauses, None)
            is_held = isinstance(error, WarehouseInUseError)
            if is_held and wait:
                seconds = seconds or 5.0
            if seconds is None or not retry.is_transient(str(error)):
                raise
            problem = retry.reason_of(error)
        retry.pause(seconds, name, problem)


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


def _reporter(project: Project, shown: Steps, is_partial: bool) -> Callable[[NodeEvent], None]:
    if not is_partial:
        shown.plan(sum(_is_shown(node["resource_type"]) for node in project.nodes.values()))

    def report(event: NodeEvent) -> None:
        if not _is_shown(event.resource_type):
            return
        if event.status is None:
            if is_partial:
                shown.plan(1)
            shown.start(event.name)
        else:
            status = "successful" if event.status == "success" else event.status
            shown.finish(event.name, "failed" if status == "error" else status, part=True)

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
