"""May this export leave at all? Only from a green build, an allowed target, fresh sources.

Every ancestor of the export and each of their tests must have been green in one and the same
invocation, and nothing of it may have been built again since. Withdrawals leave from less: what
permissions are made of was built in one invocation, whatever the tests say; and where that was
skipped, from the evidence that was built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from runner import clock
from runner.dbt import GREEN, Project, ancestors
from runner.errors import ExportError
from runner.exports.contract import Export
from runner.segments.written import fingerprint, rule_of, unlike_written
from runner.warehouse import Warehouse

READ = (
    "segment_members",
    "contact_point_permissions",
    "profile_contact_points",
    "consent_events",
    "int_consent__interpreted",
    "int_identity__former_points",
    "int_identity__point_stretches",
    "retractions",
    "suppression_events",
    "int_consent__erasure_marks",
    "int_consent__withheld_profiles",
    "partings",
    "deliveries",
    "delivered_members",
)
"""What every export reads beside its segment."""

_WITHDRAWALS_NEED = tuple(name for name in READ if name not in ("segment_members", "partings"))
"""What tells who was withdrawn."""
_EVIDENCE = (
    "consent_events",
    "int_consent__interpreted",
    "suppression_events",
    "retractions",
    "deliveries",
    "delivered_members",
)
"""What tells who was withdrawn on a contact point itself, whoever has it."""
_A_LIST_NEEDS = {"profile_consents", "int_consent__point_statuses", "int_consent__suppressions"}
"""What a list from elsewhere is looked up in besides: it is no segment."""
_IDENTITY = (
    "profile_ids",
    "profile_id_changes",
    "profile_matches",
    "profile_contact_points",
    "contact_point_history",
    "merge_reviews",
)
"""The models of identity beside those that are named after it."""

_SHOWN = 5


class HeldError(ExportError):
    """A whole delivery must not leave; withdrawals may.

    Attributes:
        because: what upstream stands in the way; empty where nothing upstream does.
    """

    def __init__(self, what: str, fix: str, because: str = "") -> None:
        """The message, and what stands in the way."""
        self.because = because
        super().__init__(what, fix)


@dataclass(frozen=True)
class Build:
    """The invocation that an export delivers from.

    Attributes:
        observed_at: when it started, UTC.
        as_of: the moment that it decided for; the same in a run that may deliver.
    """

    invocation_id: str
    observed_at: datetime
    as_of: datetime


@dataclass(frozen=True)
class RemovalBuild:
    """The invocation that withdrawals are known from, and how far it got.

    Attributes:
        is_identity_green: what rests on identity may be used.
        missing: which of the models that decide were not built; empty when all were. Then only
            what was said of a contact point itself tells of withdrawals.
    """

    build: Build
    is_identity_green: bool
    missing: str = ""


def green_build(project: Project, warehouse: Warehouse, export: Export) -> Build:
    """The one invocation in which everything that the export is made of was green.

    Raises:
        HeldError: naming what was not, or what is missing.
        ExportError: nothing may leave at all.
    """
    stop_wrong_target(project, export)
    needed = _needed(project, export)
    results = _latest_results(project, warehouse, needed)
    build = _one_build(project, export, needed, results)
    _stop_after_unfinished(project, warehouse, export, build.observed_at)
    bad = [node_id for node_id, row in results.items() if row["status"] not in GREEN]
    if bad:
        guilty = [i for i in bad if results[i]["status"] != "skipped"] or bad
        listed = ", ".join(
            f"{project.nodes[node_id]['name']} ({results[node_id]['status']})"
            for node_id in sorted(guilty)[:_SHOWN]
        )
        more = f" and {len(guilty) - _SHOWN} more" if len(guilty) > _SHOWN else ""
        raise HeldError(
            f"{export.name}: the build of {build.observed_at:%Y-%m-%d %H:%M} UTC was not "
            f"green for {listed}{more}.",
            "Mend it and run `consent refresh`; the last delivery stays in place.",
            _described(project, min(guilty)),
        )
    _stop_other_moment(export, build)
    _stop_old_build(project, export, build)
    _stop_other_rule(project, export, results)
    return build


def removal_build(project: Project, warehouse: Warehouse, export: Export) -> RemovalBuild:
    """The invocation that withdrawals are known from.

    What is needed was built, with all that it is made of, in one invocation; its tests do not
    matter, and neither does its age. What rests on identity asks for identity's own tests. Where
    a red test made dbt skip the models that decide, the evidence that was built is enough.

    Raises:
        ExportError: withdrawals cannot be told from this build, or nothing may leave at all.
    """
    stop_wrong_target(project, export)
    above = ancestors(project, [project.model(name)["unique_id"] for name in _WITHDRAWALS_NEED])
    needed = [node_id for node_id in _needed(project, export) if node_id in above]
    results = _latest_results(project, warehouse, _needed(project, export))
    build = _one_build(project, export, needed, {i: results[i] for i in needed if i in results})
    _stop_after_unfinished(project, warehouse, export, build.observed_at)
    bad = sorted(node_id for node_id in needed if results[node_id]["status"] not in GREEN)
    evidence = ancestors(project, [project.model(name)["unique_id"] for name in _EVIDENCE])
    if lost := [node_id for node_id in bad if node_id in evidence]:
        raise ExportError(
            f"{export.name}: {_named(project, lost)} {_was(lost)} not built at "
            f"{build.observed_at:%Y-%m-%d %H:%M} UTC, so that withdrawals cannot be told either.",
            "Mend what stopped it and run `consent refresh`.",
        )
    _stop_other_moment(export, build)
    if bad:
        return RemovalBuild(build, False, _named(project, bad))
    tests = _tests_of_identity(project)
    found = _latest_results(project, warehouse, tests)
    is_green = all(
        node_id in found
        and found[node_id]["invocation_id"] == build.invocation_id
        and found[node_id]["status"] in GREEN
        for node_id in tests
    )
    return RemovalBuild(build, is_green)


def _tests_of_identity(project: Project) -> list[str]:
    """The data tests on the models that say which records are one person, and what they have."""
    models = {
        node_id
        for node_id, node in project.nodes.items()
        if node["resource_type"] == "model"
        and (node["name"].startswith("int_identity__") or node["name"] in _IDENTITY)
    }
    return [
        node_id
        for node_id, node in project.nodes.items()
        if node["resource_type"] == "test"
        and (node.get("config") or {}).get("enabled", True)
        and models & set(node["depends_on"]["nodes"])
    ]


def stop_wrong_target(project: Project, export: Export) -> None:
    """Nothing leaves from a target that may not deliver, or from another moment than now.

    Raises:
        ExportError: which it is.
    """
    allowed = project.setting("delivery_targets", [])
    if project.target not in allowed:
        raise ExportError(
            f"{export.name}: the target '{project.target}' may not deliver.",
            f"Allowed are {', '.join(allowed) or 'none'}; add it to `vars: delivery_targets:` if "
            "it is a production target.",
        )
    if project.setting("as_of", None) or project.setting("known_at", None):
        raise ExportError(
            f"{export.name}: a run for another moment (as_of, known_at) never delivers.",
            "Leave --as-of away, or look at the counts with --dry-run.",
        )


def _one_build(
    project: Project,
    export: Export,
    needed: Sequence[str],
    results: Mapping[str, Mapping[str, Any]],
) -> Build:
    """The one invocation that all nodes were last seen in.

    Raises:
        HeldError: some never were, or in another one.
    """
    missing = [node_id for node_id in needed if node_id not in results]
    if missing:
        raise HeldError(
            f"{export.name}: {_named(project, missing)} {_was(missing)} never built here.",
            "Run `consent refresh`.",
        )
    latest = max(results.values(), key=lambda row: (row["observed_at"], row["invocation_id"]))
    other = [i for i, row in results.items() if row["invocation_id"] != latest["invocation_id"]]
    if other:
        raise HeldError(
            f"{export.name}: not all that it is made of comes from one build: the last one "
            f"({latest['observed_at']:%Y-%m-%d %H:%M} UTC) left out {_named(project, other)}.",
            "Run `consent refresh`, which builds and tests everything together.",
        )
    return Build(latest["invocation_id"], latest["observed_at"], latest["as_of"])


def _stop_other_moment(export: Export, build: Build) -> None:
    """Stops for a build that decided for another moment than its own.

    Raises:
        ExportError: which.
    """
    if build.as_of != build.observed_at:
        raise ExportError(
            f"{export.name}: the build of {build.observed_at:%Y-%m-%d %H:%M} UTC decided for "
            f"another moment ({build.as_of:%Y-%m-%d %H:%M} UTC), and is never delivered.",
            "Run `consent refresh`.",
        )


def _stop_old_build(project: Project, export: Export, build: Build) -> None:
    """A build is as old as what it read: a fresh source does not make it fresh.

    Raises:
        HeldError: it is older than some source of it may be (`freshness: error_after`).
    """
    age = clock.now() - build.observed_at
    for source_id in source_ids(project, export):
        source = project.nodes[source_id]
        limits = (source.get("config") or {}).get("freshness") or source.get("freshness") or {}
        limit = limits.get("error_after") or {}
        if not limit.get("count") or not limit.get("period"):
            continue
        if age > timedelta(**{f"{limit['period']}s": limit["count"]}):
            raise HeldError(
                f"{export.name}: the build of {build.observed_at:%Y-%m-%d %H:%M} UTC is older "
                f"than its source {source['source_name']}.{source['name']} may be "
                f"({limit['count']} {limit['period']}s): it misses what was withdrawn since.",
                "Run `consent refresh`; the last delivery stays in place.",
            )


def _stop_other_rule(
    project: Project, export: Export, results: Mapping[str, Mapping[str, Any]]
) -> None:
    """A segment is delivered by the rule that stands in its file, and by no other.

    Raises:
        HeldError: dbt reads another one than is written, or another one was built.
    """
    above = ancestors(project, [export.segment_id])
    rules = sorted(i for i in above if i in project.nodes and rule_of(project.nodes[i]) is not None)
    unlike = unlike_written(project, rules)
    if unlike:
        raise HeldError(
            f"{export.name}: the rule is not the one that is written: {unlike[0]}",
            "`consent validate` tells all of it; the last delivery stays in place.",
            _described(project, rules[0]),
        )
    for node_id in rules:
        built = results[node_id]["rule_fingerprint"]
        if built != fingerprint(rule_of(project.nodes[node_id])):
            raise HeldError(
                f"{export.name}: the segment {project.nodes[node_id]['name']} was built by "
                "another rule than its file has now.",
                "Run `consent refresh`; the last delivery stays in place.",
                _described(project, node_id),
            )


def source_ids(project: Project, export: Export) -> list[str]:
    """The sources that the export is made of."""
    return sorted(
        node_id
        for node_id in ancestors(project, _roots(project, export))
        if node_id.startswith("source.")
    )


def _roots(project: Project, export: Export) -> list[str]:
    if not export.node_id:
        names = set(_WITHDRAWALS_NEED) | _A_LIST_NEEDS
        return [project.model(name)["unique_id"] for name in sorted(names)]
    read = [project.model(name)["unique_id"] for name in READ if project.has_model(name)]
    return [*project.exposures[export.node_id]["depends_on"]["nodes"], *read]


def _needed(project: Project, export: Export) -> list[str]:
    """Models and seeds that are its ancestors, and every data test on any of them."""
    above = ancestors(project, _roots(project, export))
    wanted = []
    for node_id, node in project.nodes.items():
        kind, config = node["resource_type"], node.get("config") or {}
        if not config.get("enabled", True):
            continue
        if kind in ("model", "seed", "snapshot"):
            if node_id in above and config.get("materialized") != "ephemeral":
                wanted.append(node_id)
        elif kind == "test" and above & set(node["depends_on"]["nodes"]):
            wanted.append(node_id)
    return wanted


def _latest_results(
    project: Project, warehouse: Warehouse, needed: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    table = project.state_relation("node_results")
    if not warehouse.has(table):
        return {}
    rows = warehouse.rows(
        f"""
        select node_id, status, invocation_id, observed_at, as_of, rule_fingerprint
        from (
            select
                node_id, status, invocation_id, observed_at, as_of, rule_fingerprint,
                row_number() over (
                    partition by node_id order by observed_at desc, invocation_id desc
                ) as recency
            from {table}
        ) as results
        where recency = 1
        """
    )
    wanted = set(needed)
    return {row["node_id"]: row for row in rows if row["node_id"] in wanted}


def _stop_after_unfinished(
    project: Project, warehouse: Warehouse, export: Export, observed_at: datetime
) -> None:
    """Stops when a build has begun since and never ended: it was killed in the middle.

    Raises:
        ExportError: with its start.
    """
    begun = warehouse.rows(
        f"""
        select max(observed_at) as observed_at
        from {project.state_relation("node_results")}
        where
            resource_type = 'invocation'
            and status = 'running'
            and observed_at >= cast($1 as timestamp)
        """,
        [str(observed_at)],
    )[0]["observed_at"]
    if begun is not None:
        raise ExportError(
            f"{export.name}: the build of {begun:%Y-%m-%d %H:%M} UTC has not ended, so that its "
            "tables may be of two builds.",
            "Run `consent refresh`, which builds and tests everything together.",
        )


def _described(project: Project, node_id: str) -> str:
    return f"{project.nodes[node_id]['resource_type']} {project.nodes[node_id]['name']}"


def _named(project: Project, node_ids: Sequence[str]) -> str:
    names = [project.nodes[node_id]["name"] for node_id in node_ids]
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _was(node_ids: Sequence[str]) -> str:
    return "was" if len(node_ids) == 1 else "were"
