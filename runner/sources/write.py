"""`consent new source FILE`: what a file is, and the files of the project that say so."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from runner.dbt import Project
from runner.errors import UsageError, nearest
from runner.identity.keys import key_names
from runner.project_file import add_to_list, require_lists
from runner.sources.activities import activities_model, joined_activities_model
from runner.sources.answers import read_answers
from runner.sources.columns import SourceFile, identifier, read_source_file, rows_of
from runner.sources.layouts import layout_by_header, layout_named
from runner.sources.models import (
    answers_model,
    consents_model,
    customers_model,
    suppressions_model,
)
from runner.sources.plan import KINDS, Plan
from runner.sources.preview import Preview, preview
from runner.sources.properties import properties
from runner.sources.propose import Context, propose
from runner.sources.sql import plain_name
from runner.sources.times import require_zone
from runner.sources.vocabulary import RIGHTS, folded

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SEEDS = {"purpose": "purpose_labels", "status": "status_labels"}


@dataclass(frozen=True)
class Options:
    """What a person says about a file.

    Attributes:
        name: the source's; the file's own, up to its kind, by default.
        kind: one of KINDS.
        like: a known layout.
        encoding: of a CSV file.
        record_id: the column with the primary key.
        time_zone: of clock times without one.
        mapped: `COLUMN=MEANING`.
        ignored: columns that do not matter.
    """

    name: str | None = None
    kind: str | None = None
    like: str | None = None
    encoding: str | None = None
    record_id: str | None = None
    time_zone: str | None = None
    mapped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What a file is and would bring; nothing is written yet.

    Attributes:
        system: the source's name.
        table: of the source.
        key: the columns that are the primary key where the file has no id; none: the whole row.
    """

    system: str
    table: str
    plan: Plan
    preview: Preview
    key: tuple[str, ...]


@dataclass
class NewSource:
    """What was written.

    Attributes:
        files: paths, relative to the project.
        settings: entries that dbt_project.yml got, such as `customer_sources: acme`.
        labels: rows that the seeds of labels got.
        notes: what a person is to know or to do.
    """

    source: str
    kind: str
    files: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def propose_source(project: Project, file: str, options: Options) -> Proposal:
    """Reads a file and proposes what it is; writes nothing.

    Args:
        project: the parsed project.
        file: a path, or a pattern of several files of one kind.
        options: what a person says about it.

    Raises:
        UsageError: the file cannot be read, lacks what the contract needs, or something that was
            said about it does not fit.
    """
    if options.kind is not None and options.kind not in KINDS:
        raise UsageError(f"--as {options.kind} is none of {', '.join(KINDS)}.")
    if options.time_zone is not None:
        require_zone(options.time_zone)
    pattern = str(Path(file).absolute())
    shown = Path(os.path.relpath(pattern, project.folder)).as_posix()
    source = read_source_file(pattern, shown, options.encoding)
    header = [column.name for column in source.columns]
    layout = (
        layout_named(options.like, header, source.files)
        if options.like
        else layout_by_header(header)
    )
    if layout and not options.like and options.kind not in (None, layout.kind):
        layout = None
    system, table = _names(source, options, layout.kind if layout else options.kind)
    context = _context(project, system)
    roles = (*context.keys, *context.attributes)
    answers = read_answers(options.mapped, options.ignored, header, roles, list(context.purposes))
    if options.record_id is not None and options.record_id not in header:
        raise UsageError(
            f"--id {options.record_id} is no column{nearest(options.record_id, header)}."
        )
    with rows_of(source) as connection:
        plan = propose(
            source,
            connection,
            context,
            answers,
            kind=options.kind,
            layout=layout,
            record_id=options.record_id,
            time_zone=options.time_zone,
        )
        key = _key(plan, connection)
        _note_what_consents_need(plan)
        if plan.kind != "activities":
            table = plan.kind
        return Proposal(system, table, plan, preview(plan, connection), key)


def write_source(project: Project, found: Proposal) -> NewSource:
    """Writes a source, its staging models and tests for it; lists them.

    Raises:
        UsageError: the source is there already.
        ConsentError: dbt_project.yml has no list for it.
    """
    plan, system, table = found.plan, found.system, found.table
    written = NewSource(system, plan.kind, notes=list(plan.notes))
    files, models = _models(project, found)
    folder = f"models/staging/{system}"
    files[f"{folder}/_{system}__{table}.yml"] = properties(plan, system, table, models)
    for each in files:
        if (project.folder / each).exists():
            raise UsageError(f"{each} is there already.", "Give the source another --name.")
    entries = _entries(found)
    require_lists(project.folder, [("vars", key) for key, _ in entries])
    labels = dict(_new_labels(project, found))
    for each in sorted(files):
        (project.folder / each).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / each).write_text(files[each], encoding="utf-8")
        written.files.append(each)
    for path, rows in labels.items():
        _append(path, rows)
        written.files.append(path.relative_to(project.folder).as_posix())
        written.labels += [f"{label}: {meaning}" for _, label, meaning in rows]
    for key, entry in entries:
        if add_to_list(project.folder, ("vars", key), entry):
            written.settings.append(f"{key}: {entry}")
    if plan.kind == "activities":
        written.notes.append(
            f"List it in dbt_project.yml: activity_models: {{{table}: int_activities__{table}}}."
        )
    return written


def _names(source: SourceFile, options: Options, kind: str | None) -> tuple[str, str]:
    """The source's name and its table's.

    Raises:
        UsageError: the file's name is none for a source.
    """
    stem = re.sub(r"(\.\w+)+$", "", Path(source.shown).name)
    plain = plain_name(stem)
    system = options.name or re.sub(rf"_({'|'.join(KINDS)})$", "", plain)
    if not _NAME.fullmatch(system):
        raise UsageError(
            f"'{system}' is no name for a source.", "Give one with --name, such as acme."
        )
    return system, plain.removeprefix(f"{system}_") or str(kind)


def _context(project: Project, system: str) -> Context:
    declared = {name: entry or {} for name, entry in project.setting("purposes", {}).items()}
    purposes: dict[str, list[str]] = {name: [] for name in (*declared, *RIGHTS)}
    for label, purpose in _labels(project, "purpose_labels", system).items():
        if purpose in purposes:
            purposes[purpose].append(label)
    return Context(
        keys=key_names(project),
        attributes=tuple(project.setting("profile_attributes", {})),
        purposes=purposes,
        statuses=_labels(project, "status_labels", system),
        channels={
            name: entry["channel"] for name, entry in declared.items() if entry.get("channel")
        },
        time_zone=str(project.setting("time_zone", "UTC")),
    )


def _label_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: v or "" for k, v in row.items()} for row in csv.DictReader(file)]


def _labels(project: Project, seed: str, system: str) -> dict[str, str]:
    """Label → meaning, of those that hold for the source; its own win."""
    path = _seed_path(project, seed)
    if path is None:
        return {}
    found: dict[str, str] = {}
    for owner in ("", system):
        for row in _label_rows(path):
            if row.get("source_name", "").strip() == owner:
                meaning = row.get("purpose") or row.get("status") or ""
                found[row.get("label", "").strip()] = meaning.strip()
    return found


def _seed_path(project: Project, seed: str) -> Path | None:
    """Where a seed lies, if it is the project's own."""
    if not project.has_model(seed):
        return None
    node: Mapping[str, Any] = project.model(seed)
    path = project.folder / str(node["original_file_path"])
    return path if node["package_name"] == project.name and path.is_file() else None


def _key(plan: Plan, connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The columns that tell rows apart where there is no id; none: all of them.

    The plan's notes say what follows from it.
    """
    if "id" in plan.roles or plan.kind in ("suppressions", "activities"):
        return ()
    contacts = [plan.roles[key] for key in plan.keys]
    if "key_value" in plan.roles:
        contacts = [plan.roles["key_value"]]
    candidates: list[tuple[str, ...]] = [(name,) for name in contacts]
    if plan.kind == "consents":
        purpose = [plan.roles["purpose"]] if "purpose" in plan.roles else []
        candidates = [(*contacts, *purpose)]
    for names in candidates:
        listed = ", ".join(identifier(name) for name in names)
        ((alike, empty),) = connection.execute(
            f"select count(*) - count(distinct ({listed})), count(*) filter (where "
            f"nullif(trim(cast({identifier(names[0])} as varchar)), '') is null) from read_rows"
        ).fetchall()
        if not alike and (not empty or plan.kind == "consents"):
            plan.notes.append(
                f"The file has no id, so its key is {' and '.join(names)}: an edited contact "
                "point is a new person with a consent of its own."
            )
            return names
    plan.notes.append(
        "The file has no id, so the whole row is its key: an edited row is a new person with a "
        "consent of its own."
    )
    return ()


def _note_what_consents_need(plan: Plan) -> None:
    """What the author of a file of consents has to know, on the source's page."""
    if plan.kind != "consents":
        return
    plan.notes.append(
        "Listed as kind: state, a table of what holds now; write kind: ledger in dbt_project.yml "
        "if the file lists everything that ever happened."
    )
    channels = set(plan.channels.values())
    if plan.keys and not channels & set(plan.keys):
        plan.notes.append(
            f"A consent for {plan.keys[0]} alone reaches no contact point of a purpose: expand it "
            "with dbt_consent.expand_consents."
        )


def _models(project: Project, found: Proposal) -> tuple[dict[str, str], dict[str, str]]:
    """Path → text of each model, and name → description."""
    plan, system, table = found.plan, found.system, found.table
    folder = f"models/staging/{system}"
    name = f"stg_{system}__{table}"
    files: dict[str, str] = {}
    models: dict[str, str] = {}
    if plan.kind == "customers":
        declared = dict(project.setting("profile_attributes", {}))
        types = {k: str((v or {}).get("data_type", "string")) for k, v in declared.items()}
        files[f"{folder}/{name}.sql"] = customers_model(plan, system, types, found.key)
        models[name] = (
            f"Customers of {system}, one row per record, in the contract of customer models."
        )
        if plan.consents:
            answers = f"stg_{system}__consents"
            files[f"{folder}/{answers}.sql"] = answers_model(plan, system, found.key)
            models[answers] = (
                f"The answers in the columns of {system}'s customers, one row per answer and "
                "contact point, from all rows of the file, in the contract of consent models."
            )
    elif plan.kind == "consents":
        files[f"{folder}/{name}.sql"] = consents_model(plan, system, found.key)
        models[name] = (
            f"Consent from {system}, one row per answer and contact point, in the contract of "
            "consent models."
        )
    elif plan.kind == "suppressions":
        files[f"{folder}/{name}.sql"] = suppressions_model(plan, system)
        models[name] = (
            f"Whom not to contact, by {system}, one row per row and contact point of the file, in "
            "the contract of suppression models."
        )
    else:
        files[f"{folder}/{name}.sql"] = activities_model(plan, system, table)
        models[name] = f"What people of {system} did, one row per row of the file."
        joined = f"int_activities__{table}"
        files[f"models/intermediate/activities/{joined}.sql"] = joined_activities_model(
            plan, system, table
        )
        models[joined] = f"What people of {system} did, one row per row of the file and person."
    return files, models


def _entries(found: Proposal) -> list[tuple[str, str]]:
    """Setting → entry, of what the project is to know."""
    plan, system = found.plan, found.system
    model = f"stg_{system}__{plan.kind}"
    if plan.kind == "customers":
        entries = [("customer_sources", system), ("customer_models", model)]
        if plan.consents:
            entries.append(("consent_models", f"{{model: stg_{system}__consents, kind: state}}"))
        return entries
    if plan.kind == "consents":
        return [("consent_models", f"{{model: {model}, kind: state}}")]
    return [("suppression_models", model)] if plan.kind == "suppressions" else []


def _new_labels(
    project: Project, found: Proposal
) -> Iterator[tuple[Path, Sequence[tuple[str, str, str]]]]:
    """The seed's file → rows that it lacks.

    Raises:
        UsageError: there are rows to write, and the project has no such seed of its own.
    """
    for role, seed in _SEEDS.items():
        known = {folded(k): v for k, v in _labels(project, seed, found.system).items()}
        rows = [
            (found.system, label, meaning)
            for label, meaning in found.plan.labels.get(role, {}).items()
            if known.get(folded(label)) != meaning and folded(label) != meaning
        ]
        if not rows:
            continue
        path = _seed_path(project, seed)
        if path is None:
            raise UsageError(
                f"The project has no seed {seed} of its own for the labels of {found.system}.",
                f"Create seeds/{seed}.csv with the header source_name,label,{role}.",
            )
        yield path, rows


def _append(path: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    text = path.read_text(encoding="utf-8")
    added = io.StringIO()
    csv.writer(added, lineterminator="\n").writerows(rows)
    end = "" if not text or text.endswith("\n") else "\n"
    path.write_text(text + end + added.getvalue(), encoding="utf-8")
