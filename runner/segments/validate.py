"""`consent validate`: everything that is wrong with a project, at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.dbt import Project, operation
from runner.errors import ConsentError, nearest
from runner.exports.contract import contract_errors
from runner.segments.files import Reading, RuleFile, model_paths, read_files
from runner.segments.written import unlike_written, value_of

_USES = re.compile(r"\buses\s*=\s*\[([^\]]*)\]")
_COMMENT = re.compile(r"\{#.*?#\}", re.S)
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
    found = Findings(
        errors=[*written.errors, *_without_sql(folder, written), *_cycles(folder, written)]
    )
    try:
        project = open_project()
    except ConsentError as error:
        found.errors += _parse_errors(error, has_others=bool(found.errors))
        found.unchecked = "Rules, exports and contracts are checked once the project parses."
        return found
    compiled = operation("validate_segments", project=project)
    told = {_place(error) for error in found.errors}
    found.errors += [error for error in compiled["errors"] if _place(error) not in told]
    if not found.errors:
        found.errors += unlike_written(project)
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


def _cycles(folder: Path, written: Reading) -> Iterator[str]:
    """Rules that lead back to themselves, over rule_of or over the `uses` of their SQL files.

    dbt stops at them before any rule is read.
    """
    rules = {each.model: each for each in written.rules}
    uses: dict[str, dict[str, str]] = {}
    for name, each in rules.items():
        uses[name] = {
            used: f"{each.file}: {at}.rule_of" for at, used in _places_of_rules(value_of(each))
        }
    for place in model_paths(folder):
        for path in place.rglob("*.sql"):
            if path.stem in rules and path.read_bytes().isascii():
                file = path.relative_to(folder).as_posix()
                for used in _called(path.read_text(encoding="utf-8")):
                    uses[path.stem].setdefault(used, f"{file}: uses")
    done: set[str] = set()
    for start in sorted(rules):
        chain = _back_to(start, uses, done)
        if chain:
            done.update(chain)
            yield f"{uses[chain[-2]][chain[-1]]}: a cycle: {' → '.join(chain)}."


def _back_to(start: str, uses: Mapping[str, Mapping[str, str]], done: set[str]) -> list[str]:
    """The shortest way from a rule back to itself, or nothing."""
    ways = [[start]]
    seen = set(done)
    for way in ways:
        for used in uses.get(way[-1], {}):
            if used == start and start not in done:
                return [*way, start]
            if used not in seen:
                seen.add(used)
                ways.append([*way, used])
    return []


def _places_of_rules(rule: object) -> Iterator[tuple[str, str]]:
    open_items: list[tuple[str, Any]] = [("", rule)]
    for at, item in open_items:
        if isinstance(item, Mapping):
            if isinstance(item.get("rule_of"), str):
                yield at, item["rule_of"]
            open_items += [(f"{at}.{key}" if at else f"{key}", each) for key, each in item.items()]
        elif isinstance(item, list):
            open_items += [(f"{at}[{index}]", each) for index, each in enumerate(item)]


def _called(sql: str) -> list[str]:
    found = _USES.search(_COMMENT.sub("", sql))
    return re.findall(r"[\"']([A-Za-z0-9_]+)[\"']", found[1]) if found else []


def call_of(found: RuleFile) -> str:
    """The line for the SQL file of a rule."""
    called = zip(("uses", "activities", "lists"), named(value_of(found)), strict=True)
    arguments = [f"{key}={sorted(values)!r}" for key, values in called if values]
    return "{{ dbt_consent.segment(" + ", ".join(arguments) + ") }}"


def named(rule: object) -> tuple[set[str], set[str], set[str]]:
    """The segments, the activities and the lists that a rule names itself."""
    uses: set[str] = set()
    activities: set[str] = set()
    lists: set[str] = set()
    open_items = [rule]
    while open_items:
        item = open_items.pop()
        if isinstance(item, Mapping):
            for key, names in (("rule_of", uses), ("activity", activities), ("list", lists)):
                if isinstance(item.get(key), str):
                    names.add(item[key])
            open_items += item.values()
        elif isinstance(item, list):
            open_items += item
    return uses, activities, lists
