"""Invoking dbt in this process: the one module that imports it.

What to know about it, so that no other module has to:

- A failed node gives `success=False` and no exception; a project that does not parse gives the
  exception and no result. `invoke` tells the two apart.
- `dbtRunner` swallows KeyboardInterrupt into its result; `invoke` raises it again.
- A selector that matches nothing "succeeds"; `require_selectors` rejects unknown names first.
- Callbacks run on dbt's worker threads, and one that raises breaks the node that it reports on;
  `invoke` shields them.
- dbt runs one invocation at a time per process and keeps the DuckDB file open afterwards;
  `invoke` locks, and `release` closes.
- Paths of file sources are relative to the project; `invoke` works in the project's folder.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from runner import environment
from runner.errors import ConsentError, UsageError, nearest, warehouse_in_use
from runner.masking import masked

PACKAGE = "dbt_consent"
DEMO_SETTINGS = "dbt_consent_demo"
GREEN = frozenset({"success", "pass", "warn", "no-op"})
_one_at_a_time = threading.Lock()

Node = Mapping[str, Any]
"""A node of the manifest, as in manifest.json."""


@dataclass(frozen=True)
class NodeEvent:
    """One node started or ended. `status` is None at its start."""

    node_id: str
    name: str
    resource_type: str
    status: str | None


@dataclass(frozen=True)
class NodeResult:
    """What became of one node in one invocation.

    Attributes:
        message: of the warehouse or of dbt, without what it quotes from rows.
        loaded_at: of a source, when its data arrived, UTC.
    """

    node_id: str
    name: str
    resource_type: str
    status: str
    message: str
    seconds: float
    failures: int | None = None
    loaded_at: datetime | None = None


@dataclass(frozen=True)
class Invocation:
    """The result of one dbt command."""

    success: bool
    results: tuple[NodeResult, ...]
    value: Any = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def failed(self) -> list[NodeResult]:
        """Nodes that ended badly, those that were only skipped left out."""
        return [r for r in self.results if r.status not in GREEN and r.status != "skipped"]


@dataclass(frozen=True)
class Project:
    """A parsed dbt project and where its results live.

    Attributes:
        folder: the folder of dbt_project.yml.
        target: the target's name.
        variables: what `--vars` overrides.
        declared: the vars of dbt_project.yml, those that win first.
        nodes: the manifest's nodes and sources, by unique id.
        exposures: the manifest's exposures, by unique id.
        parents: unique ids of the direct parents of each node.
        credentials: the adapter's credentials of the target.
    """

    folder: Path
    name: str
    target: str
    target_path: Path
    variables: Mapping[str, Any]
    declared: Sequence[Mapping[str, Any]]
    nodes: Mapping[str, Node]
    exposures: Mapping[str, Node]
    parents: Mapping[str, Sequence[str]]
    credentials: Any
    manifest: Any

    @property
    def engine(self) -> str:
        """The adapter's type: duckdb, postgres, spark."""
        return str(self.credentials.type)

    def model(self, name: str) -> Node:
        """The model (or seed) of that name; ours wins over another package's of the same name.

        Raises:
            UsageError: nothing enabled has that name.
        """
        found = [
            node
            for node in self.nodes.values()
            if node["name"] == name and node["resource_type"] in ("model", "seed")
        ]
        if not found:
            names = [n["name"] for n in self.nodes.values() if n["resource_type"] == "model"]
            raise UsageError(
                f"The project has no enabled model '{name}'{nearest(name, names)}.",
                "Enable it in dbt_project.yml.",
            )
        found.sort(key=lambda node: (node["package_name"] != PACKAGE, node["unique_id"]))
        return found[0]

    def has_model(self, name: str) -> bool:
        """Whether an enabled model of that name exists."""
        return any(
            node["name"] == name and node["resource_type"] in ("model", "seed")
            for node in self.nodes.values()
        )

    def relation(self, name: str) -> str:
        """The quoted name of a model's table or view."""
        return str(self.model(name)["relation_name"])

    def state_relation(self, name: str) -> str:
        """The quoted name of a table that a macro makes in the target's own schema."""
        return f'"{self.credentials.schema}"."{name}"'

    def setting(self, name: str, default: Any) -> Any:
        """A var as our models see it: command line, root project, its section for us, our own.

        Where the root project brings a value for the package (`vars: dbt_consent:`), that one
        stands before its global one, as in dbt.
        """
        for given in (self.variables, *self.declared):
            if given.get(name) is not None:
                return given[name]
        return default


def project_folder() -> Path:
    """The project: DBT_PROJECT_DIR, else the nearest folder upwards with a dbt_project.yml.

    Raises:
        UsageError: there is none.
    """
    given = os.environ.get("DBT_PROJECT_DIR")
    start = Path(given or os.curdir).resolve()
    candidates = [start] if given else [start, *start.parents]
    for folder in candidates:
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise UsageError(
        f"There is no dbt_project.yml in {start}" + ("." if given else " or above it."),
        "Go to the folder of the project, or name it in DBT_PROJECT_DIR.",
    )


def open_project(target: str | None = None, variables: Mapping[str, Any] | None = None) -> Project:
    """Parses the project (quickly when little changed since the last time).

    Raises:
        ConsentError: it does not parse, or the target does not exist.
    """
    environment.check()
    folder = project_folder()
    given = dict(variables or {})
    # what dbt writes of a project is written by the commands that build it
    outcome = invoke(["--no-write-json", "parse"], folder=folder, target=target, variables=given)
    manifest = outcome.value
    written = manifest.writable_manifest().to_dict(omit_none=False)
    from dbt.config.runtime import load_profile

    flags: Any = importlib.import_module("dbt.flags")

    with _working_in(folder):
        profile = load_profile(str(folder), given, None, target)
    target_path = os.environ.get("DBT_TARGET_PATH") or flags.get_flags().TARGET_PATH or "target"
    return Project(
        folder=folder,
        name=written["metadata"]["project_name"],
        target=profile.target_name,
        target_path=folder / target_path,
        variables=given,
        declared=tuple(_declared_vars(folder, written)),
        nodes={**written["nodes"], **written["sources"], **written.get("unit_tests", {})},
        exposures=written["exposures"],
        parents=written["parent_map"],
        credentials=profile.credentials,
        manifest=manifest,
    )


def invoke(
    arguments: Sequence[str],
    *,
    folder: Path | None = None,
    project: Project | None = None,
    target: str | None = None,
    variables: Mapping[str, Any] | None = None,
    on_event: Callable[[NodeEvent], None] | None = None,
    on_message: Callable[[str], None] | None = None,
    log: Callable[[str, str], None] | None = None,
) -> Invocation:
    """Runs one dbt command and returns what became of each node.

    Args:
        arguments: as on dbt's command line, such as `["build", "--select", "profiles"]`.
        folder: the project's folder, where it is not parsed yet.
        project: a parsed project; saves parsing it again and gives folder, target and variables.
        target: a target of profiles.yml, where it is not the project's.
        variables: settings to override, where they are not the project's.
        on_event: called on worker threads as nodes start and end; what it raises is dropped.
        on_message: called with each text that dbt logs, those for debugging included.
        log: called on worker threads with level and text of each of dbt's events.

    Raises:
        ConsentError: dbt could not do what it was asked to (a parse error, no such target).
        KeyboardInterrupt: it was interrupted.
    """
    from dbt.cli.main import dbtRunner

    folder = folder or (project.folder if project else project_folder())
    target = target or (project.target if project else None)
    given = dict(variables if variables is not None else (project.variables if project else {}))
    command = [*arguments, "--project-dir", str(folder), "--no-use-colors", "--log-level", "none"]
    command += ["--log-level-file", os.environ.get("DBT_LOG_LEVEL_FILE", "none")]
    if target:
        command += ["--target", target]
    if given:
        command += ["--vars", json.dumps(given, default=str)]
    callbacks = [_shielded(on_event)] if on_event else []
    if on_message:
        callbacks.append(lambda message: on_message(str(message.info.msg)))
    if log:
        callbacks.append(lambda message: log(str(message.info.level), str(message.info.msg)))
    runner = dbtRunner(manifest=project.manifest if project else None, callbacks=callbacks)
    started_at = datetime.now(UTC)
    with _one_at_a_time, _working_in(folder):
        try:
            outcome = runner.invoke(command)
        finally:
            release()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    if outcome.exception is not None:
        in_use = warehouse_in_use(str(outcome.exception))
        if in_use is not None:
            raise in_use from outcome.exception
        reason = _plain(outcome.exception)
        command_name = next(each for each in arguments if not each.startswith("-"))
        fix = _fix(reason, folder)
        stop = "." if fix and reason[-1] not in ".:!?" else ""
        raise ConsentError(f"dbt {command_name} stopped: {reason}{stop}", fix) from (
            outcome.exception
        )
    results = tuple(_node_results(outcome.result))
    return Invocation(bool(outcome.success), results, outcome.result, started_at)


def operation(
    name: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    folder: Path | None = None,
    project: Project | None = None,
    target: str | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Any:
    """Runs one of our macros as an operation; returns what it logs as `dbt_consent.<name> <JSON>`.

    Raises:
        ConsentError: dbt could not run it, or it logged nothing.
    """
    found: list[Any] = []
    complaints: list[str] = []
    mark = f"{PACKAGE}.{name} "
    failure = "Encountered an error while running operation: "

    def keep(message: str) -> None:
        if message.startswith(mark):
            found.append(json.loads(message.removeprefix(mark)))
        elif message.startswith(failure):
            complaints.append(message.removeprefix(failure).strip())

    # what it is asked about may be a person: nothing of it is written to files
    command = ["--no-write-json", "run-operation", f"{PACKAGE}.{name}"]
    command += ["--args", json.dumps(arguments or {})]
    outcome = invoke(
        command,
        folder=folder,
        project=project,
        target=target,
        variables=variables,
        on_message=keep,
    )
    if not outcome.success or not found:
        told = complaints or [result.message for result in outcome.results if result.message]
        raise ConsentError(
            f"The operation {name} failed: {'; '.join(told) or 'it gave no answer'}."
        )
    return found[-1]


def release() -> None:
    """Closes what dbt leaves open, the DuckDB file above all, so that it can be opened again."""
    factory: Any = importlib.import_module("dbt.adapters.factory")
    with contextlib.suppress(Exception):
        factory.cleanup_connections()
    duckdb_manager: Any = importlib.import_module(
        "dbt.adapters.duckdb.connections"
    ).DuckDBConnectionManager
    if duckdb_manager._ENV is not None:
        duckdb_manager._ENV.close()
    duckdb_manager.close_all_connections()
    factory.reset_adapters()


def require_selectors(project: Project, selectors: Iterable[str]) -> None:
    """Rejects a selector that names nothing: dbt itself would do nothing and call it a success.

    Raises:
        UsageError: with the nearest name.
    """
    for selector in (part for text in selectors for part in text.split()):
        outcome = invoke(["list", "--select", selector, "--quiet"], project=project)
        if not outcome.value:
            names = [
                n["name"] for n in project.nodes.values() if n["resource_type"] in ("model", "seed")
            ]
            core = selector.strip("+@0123456789")
            raise UsageError(
                f"--select '{selector}' matches nothing in the project{nearest(core, names)}.",
                "`dbt ls` lists what there is.",
            )


def ancestors(project: Project, node_ids: Iterable[str]) -> set[str]:
    """The nodes themselves and everything that they are made of, sources included."""
    found: set[str] = set()
    open_ids = list(node_ids)
    while open_ids:
        node_id = open_ids.pop()
        if node_id not in found:
            found.add(node_id)
            open_ids.extend(project.parents.get(node_id, ()))
    return found


def _node_results(result: object) -> Iterator[NodeResult]:
    for item in getattr(result, "results", None) or ():
        # an operation's result names its node, all others carry it
        node = getattr(item, "node", None) or item
        name = getattr(node, "name", None) or str(node.unique_id).split(".")[-1]
        kind = getattr(node, "resource_type", "operation")
        yield NodeResult(
            node_id=node.unique_id,
            name=name,
            resource_type=str(getattr(kind, "value", kind)),
            status=str(getattr(item.status, "value", item.status)),
            message=masked(str(item.message or "")),
            seconds=float(item.execution_time or 0.0),
            failures=getattr(item, "failures", None),
            loaded_at=_utc(getattr(item, "max_loaded_at", None)),
        )


def _shielded(on_event: Callable[[NodeEvent], None]) -> Callable[[Any], None]:
    def callback(message: Any) -> None:
        if message.info.name not in ("NodeStart", "NodeFinished"):
            return
        node = message.data.node_info
        status = message.data.run_result.status if message.info.name == "NodeFinished" else None
        with contextlib.suppress(Exception):
            on_event(NodeEvent(node.unique_id, node.node_name, node.resource_type, status))

    return callback


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def _plain(error: BaseException) -> str:
    text = str(getattr(error, "msg", None) or error).strip()
    return masked(text) or type(error).__name__


def _fix(reason: str, folder: Path) -> str:
    """What to do about an error of parsing, where it is a frequent one."""
    missing = re.search(r"depends on a node named '(\w+)' which", reason)
    if missing:
        return _fix_of_a_name(missing[1], reason, folder)
    if "Could not find profile named" in reason:
        return (
            "`profile:` of dbt_project.yml and the first line of profiles.yml are one name; "
            "profiles.yml is looked for in the project's folder, then in ~/.dbt."
        )
    if "does not have a target named" in reason:
        return "Name one of these with --target."
    return ""


def _fix_of_a_name(name: str, reason: str, folder: Path) -> str:
    settings = _read_yaml(folder / "dbt_project.yml").get("vars") or {}
    sections = [settings, settings.get(PACKAGE) or {}, settings.get(DEMO_SETTINGS) or {}]
    if "segment_members" in reason:
        listed = [each for section in sections for each in section.get("segments") or []]
        gone = [each for each in listed if not [*folder.glob(f"models/**/{each}.sql")]]
        others = "".join(f", - {each}" for each in gone if each != name)
        return (
            f"'{name}' is listed in vars: segments: of dbt_project.yml, but no enabled model "
            f"of that name is a segment. Remove: - {name}{others}"
        )
    if "which is disabled" in reason and (folder / f"seeds/reference/{name}.csv").is_file():
        return (
            f"seeds/reference/{name}.csv is switched off while the demo is there, and "
            "seeds/demo is gone: take always_match, never_match, purpose_labels and status_labels "
            "out of seeds: reference: of dbt_project.yml."
        )
    naming = sorted(
        key
        for section in sections
        for key, value in section.items()
        if key.endswith("_models") and re.search(rf"\b{name}\b", json.dumps(value, default=str))
    )
    where = f"vars: {naming[0]}: of dbt_project.yml names it. " if naming else ""
    names = [path.stem for kind in ("sql", "csv") for path in folder.glob(f"*/**/*.{kind}")]
    return f"{where}Correct the name{nearest(name, names)}, or enable the model of that name."


def _declared_vars(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    folders = [folder]
    if manifest["metadata"]["project_name"] != PACKAGE:
        folders += [
            path.parent
            for path in (folder / "dbt_packages").glob("*/dbt_project.yml")
            if _read_yaml(path).get("name") == PACKAGE
        ]
    for place in folders:
        given = _read_yaml(place / "dbt_project.yml").get("vars") or {}
        yield given.get(PACKAGE) or {}
        yield given
        if place == folder and manifest["metadata"]["project_name"] == PACKAGE:
            yield given.get(DEMO_SETTINGS) or {}


def _read_yaml(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
