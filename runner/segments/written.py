"""A rule as its file says it, and whether dbt has read and built that one.

dbt cannot see where in a file a rule stood, nor how a value was spelt. So what it read is compared
with the strict reading of the file, value by value; and each build keeps a fingerprint of the rules
that it was made of, so that nothing is delivered by a rule that only dbt has read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from runner.dbt import Node, Project
from runner.segments.files import PLACE, Reading, RuleFile, read_file
from runner.segments.literals import RAW

Lines = list[tuple[str, str]]


def value_of(found: RuleFile) -> Any:
    """The rule as dbt should have it; None where it cannot be had."""

    class Loader(yaml.SafeLoader):
        """Makes values of one node."""

    try:
        return _rendered(Loader("").construct_document(found.rule))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None


def _rendered(value: Any) -> Any:
    if isinstance(value, str):
        return RAW.sub(r"\1", value)
    if isinstance(value, dict):
        return {_rendered(key): _rendered(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rendered(item) for item in value]
    return value


def fingerprint(rule: Any) -> str:
    """A rule in 32 digits, as the macro `rule_fingerprint` makes them."""
    text = "\n".join(f"{at}={value}" for at, value in lines_of(rule))
    return hashlib.md5(text.encode()).hexdigest()


def lines_of(rule: Any) -> Lines:
    """Each value of a rule with its place; values of two kinds are never the same."""
    found: Lines = []
    open_items: list[tuple[str, Any]] = [("", rule)]
    for at, value in open_items:
        if isinstance(value, Mapping):
            found.append((at, "mapping"))
            open_items += [(f"{at}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list | tuple):
            found.append((at, "list"))
            open_items += [(f"{at}[{index}]", item) for index, item in enumerate(value)]
        else:
            found.append((at, _scalar(value)))
    return found


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"boolean {str(value).lower()}"
        case int() | float():
            return f"number {value}"
        case str():
            return f"text {value}"
        case date():
            return f"text {value.isoformat()}"
    return f"other {value}"


def unlike_written(project: Project, node_ids: Iterable[str] | None = None) -> list[str]:
    """What dbt reads otherwise than it is written, of all segments or of some.

    Returns:
        `file: place: what is wrong`; empty when every rule is the one of its file.
    """
    found: list[str] = []
    readings: dict[tuple[str, str], Reading] = {}
    for node_id in node_ids if node_ids is not None else project.nodes:
        node = project.nodes.get(node_id)
        if node is not None and rule_of(node) is not None:
            found.extend(_complaints(project, node, readings))
    return list(dict.fromkeys(found))


def rule_of(node: Node) -> Any:
    """The rule that dbt has read for a model, or None."""
    return ((node.get("config") or {}).get("meta") or {}).get("segment")


def _complaints(
    project: Project, node: Node, readings: dict[tuple[str, str], Reading]
) -> Iterator[str]:
    name, place = str(node["name"]), str(node.get("patch_path") or "")
    package, _, file = place.partition("://")
    folder = _folder(project, package)
    if not file or folder is None or not (folder / file).is_file():
        yield (
            f"{node['original_file_path']}: segment: only dbt has read the rule of '{name}'. Write "
            f"it under {PLACE} of a properties file of the model."
        )
        return
    if (package, file) not in readings:
        readings[package, file] = read_file(folder, file)
    reading = readings[package, file]
    yield from reading.errors
    written = next((each for each in reading.rules if each.model == name), None)
    if written is None:
        yield (
            f"{file}: segment: only dbt has read the rule of '{name}'. Write it under {PLACE} of "
            "the model."
        )
    elif not reading.errors:
        yield from (f"{file}: {text}" for text in _differences(value_of(written), rule_of(node)))


def _folder(project: Project, package: str) -> Path | None:
    if package in ("", project.name):
        return project.folder
    folder = project.folder / "dbt_packages" / package
    return folder if folder.is_dir() else None


def _differences(written: Any, read: Any) -> Iterator[str]:
    own, other = dict(lines_of(written)), dict(lines_of(read))
    for at in [*own, *(each for each in other if each not in own)]:
        if own.get(at) != other.get(at):
            yield (
                f"{at.lstrip('.') or 'segment'}: dbt reads {other.get(at, 'nothing')!r}, and the "
                f"file says {own.get(at, 'nothing')!r}. Write it so that both read the same."
            )
            return
