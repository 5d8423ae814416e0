"""What YAML, or dbt, would make of a value that is written otherwise.

dbt reads YAML 1.1 and renders each text as a template, which also changes its line ends.
"""

from __future__ import annotations

import re
from decimal import Decimal

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

RAW = re.compile(r"\{% raw %\}(.*?)\{% endraw %\}", re.S)
"""Text that dbt leaves alone, in the one form that it leaves alone to the letter."""

_BRACES = re.compile(r"\{[{%#]")
_TRUE_AND_FALSE = frozenset({"true", "false", "True", "False", "TRUE", "FALSE"})
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?|-?\.(inf|nan)", re.I)
_DIGITS = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BIGGEST = 2**63
_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    _CORE + kind
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
)


def changed(node: Node, source: str) -> str:
    """What is wrong with a node because it would not stay what is written, if anything.

    Args:
        node: a key, a value or what holds them.
        source: the text of the file, in which tags are looked up.
    """
    if node.tag not in _PLAIN_TAGS or _is_tagged(node, source):
        tag = node.tag.replace(_CORE, "!!")
        return f"the tag {tag} is no part of a rule; write the value plainly."
    if isinstance(node, MappingNode):
        if any(not isinstance(key, ScalarNode) for key, _ in node.value):
            return (
                "a key is no text. Braces of a template stand in quotes, between {% raw %} and "
                "{% endraw %}."
            )
        return ""
    if not isinstance(node, ScalarNode):
        return ""
    return _changed_text(node.value) or ("" if node.style else _changed_plain(node))


def _is_tagged(node: Node, source: str) -> bool:
    """Whether a tag is written there, also one that YAML would have found by itself."""
    return source[node.start_mark.index :].startswith("!")


def _changed_text(written: str) -> str:
    outside = RAW.sub("", written)
    if _BRACES.search(outside):
        return (
            f"dbt would render the braces in '{written}'. Write: "
            f"'{{% raw %}}{written.replace(chr(39), chr(39) * 2)}{{% endraw %}}'"
        )
    if "\r" in written:
        return (
            "the text has a carriage return, which dbt changes, inside {% raw %} too; look for "
            "what stands before or behind it."
        )
    if outside.endswith("\n"):
        shown = written.replace("\n", "\\n")
        return (
            "dbt would take the line end off the end of the text. Write: "
            f'"{{% raw %}}{shown}{{% endraw %}}"'
        )
    if _SURROGATE.search(written):
        return "the text has half of a surrogate pair, which is no character."
    return ""


def _changed_plain(node: ScalarNode) -> str:
    written = node.value
    match node.tag.removeprefix(_CORE):
        case "bool" if written not in _TRUE_AND_FALSE:
            meant = "true" if written.lower() in ("yes", "on", "y") else "false"
            return f"YAML reads an unquoted {written} as {meant}; write '{written}'."
        case "int" | "float" if not _NUMBER.fullmatch(written):
            value = yaml.safe_load(written)
            return (
                f"YAML reads {written} as {value}; write '{written}' for the text, or the number "
                "plainly."
            )
        case "int" if not -_BIGGEST <= int(written) < _BIGGEST:
            return f"{written} is more than a whole number can be (2^63)."
        case "float" if _DIGITS.fullmatch(written):
            value = float(written)
            if value in (float("inf"), float("-inf")) or Decimal(repr(value)) != Decimal(written):
                return (
                    f"YAML reads {written} as {value!r}. Against a decimal column write the "
                    f"digits in quotes: '{written}'."
                )
        case "timestamp":
            return _changed_day(written)
    return ""


def _changed_day(written: str) -> str:
    try:
        yaml.safe_load(written)
    except ValueError:
        return f"'{written}' is no day of the calendar."
    if not _DAY.fullmatch(written):
        return (
            f"YAML reads {written} as a point in time; write a day such as 2026-01-31, or "
            f"'{written}' for the text."
        )
    return ""
