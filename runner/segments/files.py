"""Properties files as they are written: what YAML or dbt would change before anyone sees it.

dbt gives the compiler values, not texts: a key that stands there twice, an unquoted `NO`, braces
that were rendered and where a rule stood are gone by then. So this reads the files themselves, node
by node, and finds first what would stop dbt before it looked at anything else.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from runner.segments.literals import changed

PLACE = "config: meta: segment:"
_META = re.compile(r"""\bmeta\s*=|["']meta["']\s*:""")
_COMMENT = re.compile(r"\{#.*?#\}", re.S)
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 240
"""Levels of YAML: two for each of the hundred that conditions nest, and what is around them."""


@dataclass(frozen=True)
class RuleFile:
    """A rule as its file has it.

    Attributes:
        file: relative to the project.
        model: the name of the model that carries it.
        is_in_place: whether it stands where a rule has to.
    """

    file: str
    model: str
    rule: Node
    is_in_place: bool = True


@dataclass(frozen=True)
class Reading:
    """Everything that was read.

    Attributes:
        errors: `file: place: what is wrong and what to write`.
    """

    rules: tuple[RuleFile, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class _Yaml:
    root: Node
    source: str


def read_files(folder: Path) -> Reading:
    """Reads dbt_project.yml, and all properties and SQL files of a project's models."""
    rules: list[RuleFile] = []
    errors: list[str] = []
    sql = dict(_sql_files(folder, errors))
    for path in [folder / "dbt_project.yml", *sorted(_properties_files(folder))]:
        one = read_file(folder, path.relative_to(folder).as_posix())
        for each in one.rules:
            errors.extend(_sql_errors(each, sql))
        rules += one.rules
        errors += one.errors
    return Reading(tuple(rules), tuple(dict.fromkeys(errors)))


def read_file(folder: Path, file: str) -> Reading:
    """Reads one properties file, or dbt_project.yml."""
    errors: list[str] = []
    found = _compose(folder / file, file, errors)
    if found is None:
        return Reading((), tuple(errors))
    rules = list(_rules(found.root, file))
    for each in rules:
        errors.extend(_rule_errors(each, found.source))
    if file == "dbt_project.yml":
        errors.extend(_list_errors(found.root, file))
    errors.extend(
        f"{file}: {text}" for text in _duplicates(found.root, [each.rule for each in rules])
    )
    return Reading(tuple(rules), tuple(dict.fromkeys(errors)))


def model_paths(folder: Path) -> list[Path]:
    """The folders of a project's models.

    A project file that does not read as YAML has the default; its errors are told elsewhere.
    """
    return [folder / name for name in _paths(folder, "model-paths", "models")]


def _paths(folder: Path, key: str, default: str) -> list[str]:
    try:
        given: Any = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError):
        given = None
    names = (given.get(key) if isinstance(given, Mapping) else None) or [default]
    return [str(name) for name in names]


def _properties_files(folder: Path) -> Iterator[Path]:
    for place in model_paths(folder):
        for end in ("*.yml", "*.yaml"):
            yield from place.rglob(end)


def _sql_files(folder: Path, errors: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Per model its SQL file and what stands there; a file that is no text stops dbt."""
    places = model_paths(folder)
    others = [folder / name for name in _paths(folder, "macro-paths", "macros")]
    for place in [*places, *others]:
        for path in sorted(place.rglob("*.sql")):
            file = path.relative_to(folder).as_posix()
            content = path.read_bytes()
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError as error:
                line = content.count(b"\n", 0, error.start) + 1
                errors.append(f"{file}: line {line}: the file is not UTF-8. Save it as UTF-8.")
                continue
            if place in places:
                yield path.stem, (file, text)


def _compose(path: Path, file: str, errors: list[str]) -> _Yaml | None:
    try:
        source = path.read_text(encoding="utf-8")
        deep = _too_deep(source)
        if deep:
            errors.append(
                f"{file}: line {deep}: this nests deeper than 100 conditions. Give parts of the "
                "rule to segments of their own, and write {rule_of: ...}."
            )
            return None
        root: Node | None = yaml.compose(source, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        errors.append(f"{file}: line {line}: this is no YAML: {error.problem}.")
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        errors.append(f"{file}: this is no YAML: {str(error).splitlines()[0]}.")
        return None
    return None if root is None else _Yaml(root, source)


def _too_deep(source: str) -> int:
    """The line in which YAML nests deeper than dbt could follow; 0 for none."""
    depth = 0
    # what is no YAML at all is told by whoever composes it
    with contextlib.suppress(yaml.YAMLError):
        for event in yaml.parse(source, _FAST):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _DEEPEST:
                    return event.start_mark.line + 1 if event.start_mark else 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    return 0


def _rules(root: Node, file: str) -> Iterator[RuleFile]:
    """The rules of a file, also those that stand where no rule may: dbt would read them."""
    models = _child(root, "models")[0]
    if not isinstance(models, SequenceNode):
        return
    for model in models.value:
        name = _child(model, "name")[0]
        if not isinstance(name, ScalarNode):
            continue
        config, config_merged = _child(model, "config")
        meta, meta_merged = _child(config, "meta")
        rule, rule_merged = _child(meta, "segment")
        if rule is not None:
            merged = config_merged or meta_merged or rule_merged
            yield RuleFile(file, name.value, rule, is_in_place=not merged)
        beside = _child(_child(model, "meta")[0], "segment")[0]
        if beside is not None:
            yield RuleFile(file, name.value, beside, is_in_place=False)


def _child(node: Node | None, key: str, depth: int = 0) -> tuple[Node | None, bool]:
    """The value of a key, and whether it came by a merge (`<<`)."""
    if not isinstance(node, MappingNode) or depth > _DEEPEST:
        return None, False
    for name, value in node.value:
        if isinstance(name, ScalarNode) and name.value == key:
            return value, False
    for name, value in node.value:
        if isinstance(name, ScalarNode) and name.tag.endswith(":merge"):
            for each in value.value if isinstance(value, SequenceNode) else [value]:
                found, _ = _child(each, key, depth + 1)
                if found is not None:
                    return found, True
    return None, False


def _rule_errors(found: RuleFile, source: str) -> Iterator[str]:
    if not found.is_in_place:
        yield (
            f"{found.file}: segment: the rule of '{found.model}' stands where it is not read as "
            f"written. Write it in full under {PLACE} of the model."
        )
    for path, node, loops in _walk(found.rule, ""):
        at = f"{found.file}: {path or 'segment'}"
        if loops:
            yield f"{at}: the alias stands inside of what it names, so that it never ends."
            continue
        text = changed(node, source)
        if text:
            yield f"{at}: {text}"
    yield from (f"{found.file}: {text}" for text in _duplicates(found.rule))


def _sql_errors(found: RuleFile, sql: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    file, text = sql.get(found.model, ("", ""))
    if _META.search(_COMMENT.sub("", text)):
        yield (
            f"{file}: config: `meta` in the SQL of a segment is not read as written. Write the "
            f"rule under {PLACE} of {found.file}, and what else is meta beside it."
        )


def _list_errors(root: Node, file: str) -> Iterator[str]:
    """What is no name in `vars: segments:`, wherever the setting stands."""
    settings = _child(root, "vars")[0]
    places = [("vars", settings)]
    if isinstance(settings, MappingNode):
        places += [
            (f"vars.{key.value}", value)
            for key, value in settings.value
            if isinstance(value, MappingNode) and isinstance(key, ScalarNode)
        ]
    for at, node in places:
        listed = _child(node, "segments")[0]
        if not isinstance(listed, SequenceNode):
            continue
        for index, each in enumerate(listed.value):
            if not isinstance(each, ScalarNode) or not each.tag.endswith(":str"):
                shown = each.value if isinstance(each, ScalarNode) and each.value else "nothing"
                yield (
                    f"{file}: {at}.segments[{index}]: {shown} is no name of a segment, in line "
                    f"{each.start_mark.line + 1}. Write the name, or remove the line."
                )


def _walk(node: Node, path: str) -> Iterator[tuple[str, Node, bool]]:
    """Every node of a rule with its place, keys among them; an alias is walked where it stands.

    Also whether the node stands inside of itself.
    """
    open_nodes = [(path, node, frozenset[int]())]
    for at, each, above in open_nodes:
        loops = id(each) in above
        yield at, each, loops
        if loops:
            continue
        inner: list[tuple[str, Node]] = []
        if isinstance(each, MappingNode):
            for key, value in each.value:
                name = key.value if isinstance(key, ScalarNode) else "?"
                place = f"{at}.{name}" if at else str(name)
                inner += [(place, key), (place, value)]
        elif isinstance(each, SequenceNode):
            inner += [(f"{at}[{index}]", item) for index, item in enumerate(each.value)]
        inside = above | {id(each)} if inner else above
        open_nodes += [(place, item, inside) for place, item in inner]


def _duplicates(node: Node, apart: list[Node] | None = None) -> Iterator[str]:
    """Keys that stand twice in one mapping. `apart` are nodes that are looked at elsewhere."""
    left_out = {id(each) for each in apart or ()}
    open_nodes = [("", node)]
    seen = set()
    for at, each in open_nodes:
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
