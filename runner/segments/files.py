"""Properties files as they are written: what YAML or dbt would change before anyone sees it.

dbt gives the compiler values, not texts: a key that stands there twice, an unquoted `NO` and braces
that were rendered are gone by then. So this reads the files themselves, node by node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}", re.S)
_BRACES = re.compile(r"\{[{%#]")
_TRUE_AND_FALSE = frozenset({"true", "false", "True", "False", "TRUE", "FALSE"})
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?|-?\.(inf|nan)", re.I)


@dataclass(frozen=True)
class RuleFile:
    """A rule as its file has it.

    Attributes:
        file: relative to the project.
        model: the name of the model that carries it.
    """

    file: str
    model: str
    rule: Node


@dataclass(frozen=True)
class Reading:
    """Everything that was read.

    Attributes:
        errors: `file: place: what is wrong and what to write`.
    """

    rules: tuple[RuleFile, ...]
    errors: tuple[str, ...]


def read_files(folder: Path) -> Reading:
    """Reads dbt_project.yml and all properties files of a project's models."""
    rules: list[RuleFile] = []
    errors: list[str] = []
    for path in [folder / "dbt_project.yml", *sorted(_properties_files(folder))]:
        file = path.relative_to(folder).as_posix()
        root = _compose(path, file, errors)
        if root is None:
            continue
        for model, rule in _rules(root):
            found = RuleFile(file, model, rule)
            rules.append(found)
            errors.extend(_rule_errors(found))
        errors.extend(
            f"{file}: {text}" for text in _duplicates(root, [each.rule for each in rules])
        )
    return Reading(tuple(rules), tuple(errors))


def model_paths(folder: Path) -> list[Path]:
    """The folders of a project's models.

    A project file that does not read as YAML has the default; its errors are told elsewhere.
    """
    try:
        given: Any = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    except yaml.YAMLError:
        given = None
    names = (given.get("model-paths") if isinstance(given, Mapping) else None) or ["models"]
    return [folder / str(name) for name in names]


def _properties_files(folder: Path) -> Iterator[Path]:
    for place in model_paths(folder):
        for end in ("*.yml", "*.yaml"):
            yield from place.rglob(end)


def _compose(path: Path, file: str, errors: list[str]) -> Node | None:
    try:
        root: Node | None = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        errors.append(f"{file}: line {line}: this is no YAML: {error.problem}.")
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        errors.append(f"{file}: this is no YAML: {str(error).splitlines()[0]}.")
        return None
    return root


def _rules(root: Node) -> Iterator[tuple[str, Node]]:
    models = _child(root, "models")
    if not isinstance(models, SequenceNode):
        return
    for model in models.value:
        name = _child(model, "name")
        rule = _child(_child(_child(model, "config"), "meta"), "segment")
        if rule is not None and isinstance(name, ScalarNode):
            yield name.value, rule


def _child(node: Node | None, key: str) -> Node | None:
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if isinstance(name, ScalarNode) and name.value == key:
                return value  # type: ignore[no-any-return]
    return None


def _rule_errors(found: RuleFile) -> Iterator[str]:
    for path, node in _walk(found.rule, ""):
        text = _changed(node)
        if text:
            yield f"{found.file}: {path or 'segment'}: {text}"
    yield from (f"{found.file}: {text}" for text in _duplicates(found.rule))


def _walk(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Every node of a rule with its place, keys among them; an alias is walked where it stands."""
    open_nodes = [(path, node, frozenset[int]())]
    while open_nodes:
        at, each, above = open_nodes.pop(0)
        yield at, each
        if id(each) in above:
            continue
        inner: list[tuple[str, Node]] = []
        if isinstance(each, MappingNode):
            for key, value in each.value:
                name = key.value if isinstance(key, ScalarNode) else "?"
                place = f"{at}.{name}" if at else str(name)
                inner += [(place, key), (place, value)]
        elif isinstance(each, SequenceNode):
            inner += [(f"{at}[{index}]", item) for index, item in enumerate(each.value)]
        open_nodes += [(place, item, above | {id(each)}) for place, item in inner]


def _changed(node: Node) -> str:
    """What YAML or dbt would make of a value that is written otherwise, if anything."""
    if isinstance(node, MappingNode):
        if any(not isinstance(key, ScalarNode) for key, _ in node.value):
            return (
                "a key is no text. Braces of a template stand in quotes, between {% raw %} and "
                "{% endraw %}."
            )
        return ""
    if not isinstance(node, ScalarNode):
        return ""
    written = node.value
    if _BRACES.search(_RAW.sub("", written)):
        return (
            f"dbt would render the braces in '{written}'. Write: "
            f"'{{% raw %}}{written.replace(chr(39), chr(39) * 2)}{{% endraw %}}'"
        )
    if node.style is not None:
        return ""
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "bool" and written not in _TRUE_AND_FALSE:
        meant = "true" if written.lower() in ("yes", "on", "y") else "false"
        return f"YAML reads an unquoted {written} as {meant}; write '{written}'."
    if kind in ("int", "float") and not _NUMBER.fullmatch(written):
        value = yaml.safe_load(written)
        return (
            f"YAML reads {written} as {value}; write '{written}' for the text, or the number "
            "plainly."
        )
    if kind == "timestamp":
        try:
            yaml.safe_load(written)
        except ValueError:
            return f"'{written}' is no day of the calendar."
    return ""


def _duplicates(node: Node, apart: list[Node] | None = None) -> Iterator[str]:
    """Keys that stand twice in one mapping. `apart` are nodes that are looked at elsewhere."""
    left_out = {id(each) for each in apart or ()}
    open_nodes = [("", node)]
    seen = set()
    while open_nodes:
        at, each = open_nodes.pop(0)
        if id(each) in seen or id(each) in left_out:
            continue
        seen.add(id(each))
        if isinstance(each, MappingNode):
            lines: dict[str, int] = {}
            for key, value in each.value:
                name = str(key.value) if isinstance(key, ScalarNode) else "?"
                place = f"{at}.{name}" if at else name
                line = key.start_mark.line + 1
                if name in lines and isinstance(key, ScalarNode):
                    yield (
                        f"{place}: the key '{name}' stands there twice, in lines {lines[name]} and "
                        f"{line}; YAML would keep the last. Remove one."
                    )
                lines[name] = line
                open_nodes.append((place, value))
        elif isinstance(each, SequenceNode):
            open_nodes += [(f"{at}[{index}]", item) for index, item in enumerate(each.value)]
