"""dbt_project.yml changed in place: one entry more in a list, and all else as it was written."""

from __future__ import annotations

from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from runner.dbt import DEMO_SETTINGS
from runner.errors import ConsentError


def add_to_list(folder: Path, keys: tuple[str, ...], entry: str) -> bool:
    """Adds an entry to a list of dbt_project.yml; comments and layout stay.

    In the demo's own repository the list may stand among the demo's settings.

    Args:
        folder: the project's folder.
        keys: where the list stands, such as `("vars", "segments")`.
        entry: the entry as YAML, such as `newsletter_audience`.

    Returns:
        Whether the file changed; an entry that is there already is not added again.

    Raises:
        ConsentError: there is no such list; says what to write.
    """
    path = folder / "dbt_project.yml"
    text = path.read_text(encoding="utf-8")
    root = yaml.compose(text, yaml.SafeLoader)
    found = _child(root, keys) or _child(root, (keys[0], DEMO_SETTINGS, *keys[1:]))
    if not isinstance(found, SequenceNode):
        raise ConsentError(
            f"dbt_project.yml has no list {'.'.join(keys)}.", f"Add it, with the entry {entry}."
        )
    wanted = yaml.safe_load(entry)
    if any(yaml.safe_load(yaml.serialize(item)) == wanted for item in found.value):
        return False
    path.write_text(_with_entry(text, found, entry), encoding="utf-8")
    return True


def require_lists(folder: Path, keys: list[tuple[str, ...]]) -> None:
    """Raises what add_to_list would raise, before anything is written.

    Raises:
        ConsentError: dbt_project.yml lacks one of the lists; names all that are missing.
    """
    root = yaml.compose((folder / "dbt_project.yml").read_text(encoding="utf-8"), yaml.SafeLoader)
    missing = [
        ".".join(each)
        for each in keys
        if not isinstance(
            _child(root, each) or _child(root, (each[0], DEMO_SETTINGS, *each[1:])), SequenceNode
        )
    ]
    if missing:
        raise ConsentError(
            f"dbt_project.yml has no list {' and no list '.join(missing)}.",
            "Add each, empty ([]), and repeat the command.",
        )


def _child(node: Node | None, keys: tuple[str, ...]) -> Node | None:
    for wanted in keys:
        if not isinstance(node, MappingNode):
            return None
        node = next(
            (
                value
                for key, value in node.value
                if isinstance(key, ScalarNode) and key.value == wanted
            ),
            None,
        )
    return node


def _with_entry(text: str, found: SequenceNode, entry: str) -> str:
    if found.flow_style:
        end = found.end_mark.index - 1
        comma = ", " if found.value else ""
        return f"{text[:end].rstrip()}{comma}{entry}{text[end:]}"
    last = found.value[-1]
    end = text.find("\n", last.end_mark.index - 1)
    end = len(text) if end < 0 else end
    indent = " " * found.start_mark.column
    return f"{text[:end]}\n{indent}- {entry}{text[end:]}"
