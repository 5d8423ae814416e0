"""`consent validate`: everything that is wrong with a project, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.dbt import Project, operation
from runner.errors import ConsentError, nearest
from runner.exports.contract import contract_errors
from runner.segments.files import Reading, RuleFile, model_paths, read_files

_SETTINGS = "The settings of dbt_consent"


@dataclass
class Findings:
    """What is wrong, and what only asks for attention.

    Attributes:
        errors, warnings: `file: place: what is wrong and what to write`.
        unchecked: what could not be looked at before the errors are mended.
    """

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchecked: str = ""


def validate(folder: Path, open_project: Callable[[], Project]) -> Findings:
    """Reads the files, then the project: rules, purposes and other settings, exports, contracts.

    Args:
        folder: the project's folder.
        open_project: parses the project, which a broken file can make impossible.
    """
    written = read_files(folder)
    found = Findings(errors=[*written.errors, *_without_sql(folder, written)])
    try:
        project = open_project()
    except ConsentError as error:
        found.errors += _parse_errors(error, has_others=bool(found.errors))
        found.unchecked = "Rules, exports and contracts are checked once the project parses."
        return found
    compiled = operation("validate_segments", project=project)
    told = {_place(error) for error in written.errors}
    found.errors += [error for error in compiled["errors"] if _place(error) not in told]
    found.warnings += compiled["warnings"]
    found.errors += contract_errors(project)
    found.errors += operation("contract_errors", project=project)
    return found


def _place(error: str) -> str:
    return ": ".join(error.split(": ")[:2])


def _parse_errors(error: ConsentError, *, has_others: bool) -> list[str]:
    if _SETTINGS in error.what:
        lines = [line.strip() for line in error.what.splitlines()]
        return [f"dbt_project.yml: vars.{line[2:]}" for line in lines if line.startswith("- ")]
    # what stops dbt was most likely told already, and better
    return [] if has_others else [str(error)]


def _without_sql(folder: Path, written: Reading) -> Iterator[str]:
    """Rules whose model has no SQL file: dbt would pass over them in silence."""
    models = {path.stem for place in model_paths(folder) for path in place.rglob("*.sql")}
    taken = {each.model for each in written.rules}
    for each in written.rules:
        if each.model not in models:
            sql = Path(each.file).with_name(f"{each.model}.sql").as_posix()
            yield (
                f"{each.file}: segment: there is no SQL file for the model '{each.model}'"
                f"{nearest(each.model, models - taken)}. Write {sql} with: {call_of(each)}"
            )


def call_of(found: RuleFile) -> str:
    """The line for the SQL file of a rule."""
    uses, activities = named(_plain(found))
    arguments = [
        f"{key}={sorted(values)!r}"
        for key, values in (("uses", uses), ("activities", activities))
        if values
    ]
    return "{{ dbt_consent.segment(" + ", ".join(arguments) + ") }}"


def named(rule: object) -> tuple[set[str], set[str]]:
    """The segments and the activities that a rule names itself."""
    uses: set[str] = set()
    activities: set[str] = set()
    open_items = [rule]
    while open_items:
        item = open_items.pop()
        if isinstance(item, Mapping):
            for key, names in (("rule_of", uses), ("activity", activities)):
                if isinstance(item.get(key), str):
                    names.add(item[key])
            open_items += item.values()
        elif isinstance(item, list):
            open_items += item
    return uses, activities


def _plain(found: RuleFile) -> Any:
    class Loader(yaml.SafeLoader):
        """Reads values that are wrong as texts, where it can."""

    try:
        return Loader("").construct_document(found.rule)
    except (yaml.YAMLError, ValueError, TypeError):
        return None
