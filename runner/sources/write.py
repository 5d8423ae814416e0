"""`consent new source FILE`: the source, its staging models and their places in the settings."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from runner.dbt import Project
from runner.errors import UsageError
from runner.project_file import add_to_list
from runner.sources.columns import Column, SourceFile, read_source_file
from runner.sources.mapping import Proposal, propose
from runner.sources.models import (
    consents_model,
    customers_model,
    names_of,
    plain_name,
    unpivoted_model,
)

_NAME = re.compile(r"[a-z][a-z0-9_]*")


_REVERSED = frozenset({"not", "no", "out", "optout", "unsubscribed", "niet", "stop", "block"})


@dataclass
class NewSource:
    """What was written.

    Attributes:
        files: paths, relative to the project.
        settings: entries that dbt_project.yml got, such as `customer_sources: acme`.
        questions: what a person has to look at.
    """

    source: str
    entity: str
    files: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


def new_source(
    project: Project, file: str, name: str | None = None, entity: str | None = None
) -> NewSource:
    """Reads a file and writes a source, its staging models and tests for it.

    Args:
        project: the parsed project.
        file: a CSV, JSON lines or Parquet file.
        name: the source's name; the file's own, up to `_customers` or `_consents`, by default.
        entity: customers or consents; None lets the columns tell.

    Raises:
        UsageError: the file cannot be read or lacks what the contract needs, or the source is
            there already.
    """
    if entity not in (None, "customers", "consents"):
        raise UsageError(f"--as {entity} is neither customers nor consents.")
    path = Path(file).resolve()
    shown = os.path.relpath(path, project.folder) if path.exists() else file
    source = read_source_file(path, Path(shown).as_posix())
    attributes = dict(project.setting("profile_attributes", {}))
    purposes = list(project.setting("purposes", {}))
    keys = project.setting("alternate_keys", ["email", "phone"])
    found = propose(source, keys, attributes, purposes, entity)
    system = name or re.sub(r"_(customers|consents)$", "", plain_name(path.stem))
    if not _NAME.fullmatch(system):
        raise UsageError(
            f"'{system}' is no name for a source.", "Give one with --name, such as acme."
        )
    _require(found, path.name)
    written = NewSource(system, found.entity)
    types = {key: str(value.get("data_type", "string")) for key, value in attributes.items()}
    names = names_of(source)
    folder = f"models/staging/{system}"
    files = {
        f"{folder}/_{system}__{found.entity}.yml": _properties(source, found, system),
        f"{folder}/stg_{system}__{found.entity}.sql": (
            customers_model(source, found, system, names, types)
            if found.entity == "customers"
            else consents_model(source, found, system, names)
        ),
    }
    answers = _answers(found, purposes, written)
    if answers:
        files[f"{folder}/stg_{system}__consents.sql"] = unpivoted_model(
            found, system, names, answers
        )
    for each in files:
        if (project.folder / each).exists():
            raise UsageError(f"{each} is there already.", "Give the source another --name.")
    for each, text in files.items():
        (project.folder / each).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / each).write_text(text, encoding="utf-8")
        written.files.append(each)
    _list(project, written, bool(answers))
    _ask(found, written)
    return written


def _require(found: Proposal, file: str) -> None:
    if not found.keys:
        raise UsageError(
            f"No column of {file} looks like a contact point.",
            "Rename one to email or phone, or write the staging model by hand.",
        )
    if found.entity == "customers" and found.record_id is None:
        raise UsageError(
            f"No column of {file} looks like a primary key.",
            "Export one that is filled in every row, such as customer_id.",
        )
    if found.entity == "consents" and not (found.purpose and found.status):
        raise UsageError(
            f"{file} has no column for the {'status' if found.purpose else 'purpose'}.",
            "Rename it to purpose or status, or write the staging model by hand.",
        )


def _list(project: Project, written: NewSource, has_answers: bool) -> None:
    model = f"stg_{written.source}__{written.entity}"
    consents = f"{{model: stg_{written.source}__consents, kind: state}}"
    entries = (
        [("customer_sources", written.source), ("customer_models", model)]
        if written.entity == "customers"
        else [("consent_models", f"{{model: {model}, kind: state}}")]
    )
    if has_answers:
        entries.append(("consent_models", consents))
    for key, entry in entries:
        if add_to_list(project.folder, ("vars", key), entry):
            written.settings.append(f"{key}: {entry}")


def _ask(found: Proposal, written: NewSource) -> None:
    if found.unused and found.entity == "customers":
        names = ", ".join(column.name for column in found.unused)
        written.questions.append(f"Not used: {names}.")
    if found.entity == "consents":
        for column, seed in ((found.purpose, "purpose_labels"), (found.status, "status_labels")):
            if column is not None and column.values:
                written.questions.append(
                    f"Map each value of {column.name} in seeds/reference/{seed}.csv, where it is "
                    f"not mapped yet: {', '.join(column.values)}."
                )
        written.questions.append(
            "kind: state stands for a table of what holds now; write kind: ledger if the file "
            "lists everything that ever happened."
        )
        others = [key for key in found.keys if key not in ("email", "phone")]
        if len(others) == len(found.keys):
            written.questions.append(
                f"A consent for {others[0]} reaches nobody's e-mail or phone: expand it with "
                "dbt_consent.expand_consents, as models/staging/loyalty does."
            )
    elif "updated_at" not in found.times:
        written.questions.append("No column says when a record changed: updated_at is null.")


def _answers(found: Proposal, purposes: list[str], written: NewSource) -> dict[str, Column]:
    """Purpose → the column of the customer's row that answers for it."""
    answers: dict[str, Column] = {}
    for column in found.answers:
        words = f"_{'_'.join(column.words)}_"
        fitting = [each for each in purposes if f"_{each}_" in words and each not in answers]
        if _REVERSED & set(column.words):
            written.questions.append(
                f"{column.name} seems to mean no when it says yes: write its unpivot_consents by "
                "hand, with the value under `denied`."
            )
        elif fitting:
            answers[max(fitting, key=len)] = column
        else:
            written.questions.append(
                f"{column.name} looks like consent, but for no purpose of yours: add it to the "
                "unpivot_consents of the source."
            )
    return answers


class _Indented(yaml.SafeDumper):
    """Lists stand under their key, indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _properties(source: SourceFile, found: Proposal, system: str) -> str:
    where = source.path.replace("'", "''")
    columns = []
    for column in source.columns:
        entry: dict[str, object] = {"name": column.name}
        if plain_name(column.name) != column.name:
            entry["quote"] = True
        if column == found.record_id and found.entity == "customers":
            entry["data_tests"] = ["not_null"]
        columns.append(entry)
    content = {
        "sources": [
            {
                "name": system,
                "tables": [
                    {
                        "name": found.entity,
                        "description": f"Read from {source.path}.",
                        "config": {
                            "loaded_at_query": (
                                "select max(last_modified) at time zone 'UTC' "
                                f"from read_blob('{where}')"
                            ),
                            "freshness": {
                                "warn_after": {"count": 2, "period": "day"},
                                "error_after": {"count": 7, "period": "day"},
                            },
                            "meta": {"external_location": source.reading},
                        },
                        "columns": columns,
                    }
                ],
            }
        ],
        "models": [
            {
                "name": f"stg_{system}__{found.entity}",
                "description": (
                    f"{found.entity.capitalize()} of {system}, in the contract of customer models."
                    if found.entity == "customers"
                    else f"Consent from {system}, in the contract of consent models."
                ),
            }
        ],
    }
    return (
        "# The file is read where it lies. A source older than error_after is not delivered from.\n"
        + yaml.dump(content, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=1000)
    )
