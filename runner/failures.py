"""What the failure of a node means here: what, where, and what to do, in one paragraph.

The warehouse's own words are for whoever wrote the SQL. Those that people meet in their first
week are told as what they mean; all others stay as they are, with the node's file. Nothing that
a message quotes from rows is repeated: where a header is missing, the names of columns that an
engine proposes are a person's values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.dbt import Node, NodeResult, Project

_LONGEST = 800
_COUNT = re.compile(r"Got (\d+) results?, configured to fail")
_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_FILE = re.compile(r"file\s*=\s*(\S+)")
_SNIFFED = re.compile(r'Error when sniffing file "([^"]+)"')
_COLUMN = re.compile(
    r'Referenced column "([^"]+)" not found|Column "([^"]+)" referenced that exists in the SELECT'
    r'|column "?([\w.]+)"? does not exist',
    re.IGNORECASE,
)
_NO_MACRO = re.compile(r"'[\w ]+ object' has no attribute '(\w+)'|'(\w+)' is undefined")
_NO_FILE = re.compile(r'No files found that match the pattern "([^"]+)"')
_NO_TABLE = re.compile(
    r'Table with name "?([\w.]+)"? does not exist|relation "([\w.]+)" does not exist'
)
_ENCODING = re.compile(r"(?i)not utf-8 encoded|invalid unicode|byte sequence mismatch")


def told(project: Project, result: NodeResult) -> str:
    """The paragraph about a node that failed.

    Example:
        `model stg_fair__customers: line 7 of data/fair.csv cannot be read. …`
    """
    node: Node = project.nodes.get(result.node_id, {})
    about = _of_a_test(project, node, result) if result.resource_type == "test" else ""
    for pattern, tell in _KNOWN:
        found = pattern.search(result.message)
        if found and not about:
            about = tell(found, result.message, node)
    return f"{result.resource_type} {result.name}: {about or first_lines(result.message)}"


def first_lines(message: str) -> str:
    """The beginning of a message of the warehouse."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    text = " ".join(lines[:4])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _of_a_test(project: Project, node: Node, result: NodeResult) -> str:
    """A data test that found rows: which rule is broken, how often, and which file to mend."""
    found = _COUNT.search(result.message)
    if not found or not node:
        return ""
    rows = "1 row breaks" if found[1] == "1" else f"{int(found[1]):,} rows break"
    parents = project.parents.get(result.node_id, ())
    attached = node.get("attached_node") or (parents[0] if len(parents) == 1 else "")
    tested: Mapping[str, Any] = project.nodes.get(str(attached), {})
    metadata = node.get("test_metadata") or {}
    source = f"{tested['source_name']}." if tested.get("resource_type") == "source" else ""
    where = f" of {tested['resource_type']} {source}{tested['name']}" if tested else ""
    column = f", column {node['column_name']}" if node.get("column_name") else ""
    rule = f"{rows} the rule `{metadata.get('name') or result.name}`{where}{column}"
    description = " ".join(str(node.get("description") or "").split())
    rule += f" ({description.rstrip('.')})." if description else "."
    remedy = ((node.get("config") or {}).get("meta") or {}).get("remedy")
    if remedy:
        return f"{rule} {' '.join(str(remedy).split())}"
    if tested.get("resource_type") == "seed":
        return f"{rule} Mend {tested['original_file_path']}{_seed_hint(metadata)}."
    return (
        f"{rule} It is declared in {node['original_file_path']}; mend what the source says, or the "
        "model that reads it."
    )


def _seed_hint(metadata: Mapping[str, Any]) -> str:
    hints = {
        "purpose_is_known": ": take out the rows whose purpose vars: purposes: does not declare, "
        "declare it, or write ignored",
        "unique_label": ": one row per source and label",
        "accepted_values": f": there are {', '.join(_values(metadata))}",
    }
    return hints.get(str(metadata.get("name")), "")


def _values(metadata: Mapping[str, Any]) -> list[str]:
    return [str(each) for each in (metadata.get("kwargs") or {}).get("values", [])]


def _of_a_line(found: re.Match[str], message: str, node: Node) -> str:
    file = _FILE.search(message)
    where = f"line {found[1]} of {file[1] if file else 'the file that it reads'}"
    return (
        f"{where} cannot be read: it has more or fewer fields than the header, or a quote that "
        "does not close. Mend that line in the file; the rest of it is fine."
    )


def _of_a_column(found: re.Match[str], message: str, node: Node) -> str:
    column = found[1] or found[2] or found[3]
    return (
        f"there is no column {column} in what it reads. Compare {_place(node)} with the header of "
        "its source, or with the model that it selects from: a column was renamed or left out, or "
        "the file has no header any more."
    )


def _of_a_sniffed_file(found: re.Match[str], message: str, node: Node) -> str:
    return (
        f"{found[1]} cannot be read as the sources' page beside {_place(node)} says: a line has "
        "more or fewer fields than the header, a quote does not close, or the delimiter is another "
        "one. Mend the file, or the page."
    )


def _of_a_macro(found: re.Match[str], message: str, node: Node) -> str:
    return (
        f"{_place(node)} calls {found[1] or found[2]}, and there is no such macro or variable. Our "
        "macros are called as dbt_consent.NAME; docs/bring-your-own-data.md lists them."
    )


def _of_a_file(found: re.Match[str], message: str, node: Node) -> str:
    path = found[1].removeprefix("windows-1252://")
    if path != found[1] and [*Path(path).parent.glob(Path(path).name)]:
        return (
            f"{path} is in Windows-1252, which the target cannot read. Its output in profiles.yml "
            "needs the line plugins: [{module: runner.sources.windows1252}]"
        )
    return (
        f"there is no file {path}. Put it there, or mend the path in the sources' page beside "
        f"{_place(node)}; paths are relative to the project's folder."
    )


def _of_a_table(found: re.Match[str], message: str, node: Node) -> str:
    return (
        f"there is no table {found[1] or found[2]}, which {_place(node)} reads. Build it first: "
        f"dbt build --select +{node.get('name', 'MODEL')}; a table of a source must be loaded."
    )


def _of_an_encoding(found: re.Match[str], message: str, node: Node) -> str:
    file = _FILE.search(message)
    return (
        f"{file[1] if file else 'the file that it reads'} is not in UTF-8. Say so in the sources' "
        f"page beside {_place(node)}: encoding = 'latin-1', or 'utf-16', or a path that begins "
        "with windows-1252://, which is what spreadsheets write; or save the file anew."
    )


def _place(node: Node) -> str:
    return str(node.get("original_file_path", "the model"))


_Tell = Callable[[re.Match[str], str, Node], str]
_KNOWN: tuple[tuple[re.Pattern[str], _Tell], ...] = (
    (_ENCODING, _of_an_encoding),
    (_CSV_LINE, _of_a_line),
    (_SNIFFED, _of_a_sniffed_file),
    (_COLUMN, _of_a_column),
    (_NO_FILE, _of_a_file),
    (_NO_TABLE, _of_a_table),
    (_NO_MACRO, _of_a_macro),
)
