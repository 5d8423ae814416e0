"""`consent docs`: dbt's documentation site as one static file, with what dbt itself cannot say.

dbt writes the manifest and the page that shows it. Between the two stands what is known only when
the project is read: each segment's rule in words, what comes from where, which audiences leave to
whom, the head comments of macros, and a lineage that passes over helper models.
"""

from __future__ import annotations

import http.server
import json
import re
import socketserver
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from runner.dbt import PACKAGE, Project, invoke
from runner.errors import ConsentError
from runner.segments.words import describe

Manifest = dict[str, Any]
_COLUMNS = {
    "profile_id": "The member.",
    "key_type": "The kind of contact point to use; null where nobody is contacted.",
    "key_value": "The contact point to use: the one that is permitted.",
}
_DRAWN = '"element"==e.data.display'
"""Where dbt's page decides what its lineage draws."""
_HELPER = re.compile(r"^(int|base)_")
_SHOWN = re.compile(r"^int_activities__")
_COMMENT = re.compile(
    r"\{#-?((?:(?!#\}).)*?)-?#\}\s*\{%-?\s*(macro|test|materialization)\s+(\w+)", re.S
)


def make_docs(project: Project) -> Path:
    """Writes the site and returns its one file; the warehouse must have been built.

    Raises:
        ConsentError: dbt could not read the catalog.
    """
    outcome = invoke(["docs", "generate"], project=project)
    folder = project.target_path
    index = folder / "index.html"
    if not outcome.success or not index.is_file():
        raise ConsentError(
            "dbt could not write the documentation.", "See logs/dbt.log for the reason."
        )
    manifest: Manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    explain(manifest, project.folder)
    # dbt's page only dims what is not to be shown
    page = index.read_text(encoding="utf-8").replace(_DRAWN, f"{_DRAWN}&&1!==e.data.hidden")
    for mark, text in (
        ("MANIFEST", json.dumps(manifest)),
        ("CATALOG", (folder / "catalog.json").read_text(encoding="utf-8")),
    ):
        place = f'"{mark}.JSON INLINE DATA"'
        if place not in page:
            raise ConsentError(f"dbt's page has no place for its {mark.lower()} any more.")
        page = page.replace(place, text.replace("</", "<\\/"))
    static = folder / "static_index.html"
    static.write_text(page, encoding="utf-8")
    return static


def explain(manifest: Manifest, folder: Path) -> None:
    """Adds to a manifest what the site is to say besides."""
    _add_overview(manifest)
    for node in manifest["nodes"].values():
        rule = ((node.get("config") or {}).get("meta") or {}).get("segment")
        if node["resource_type"] == "model" and isinstance(rule, Mapping):
            _describe_segment(node, rule)
    _describe_macros(manifest, folder)
    _pass_over_helpers(manifest)


def _describe_segment(node: dict[str, Any], rule: Mapping[str, Any]) -> None:
    """The rule in words first; as JSON in one line, which nobody reads, not at all."""
    words = describe(rule).as_markdown()
    node["description"] = f"**The rule in words.** {words}\n\n{node['description']}".strip()
    node["meta"] = {
        key: value for key, value in node["meta"].items() if not key.startswith("segment")
    }
    said = {**_COLUMNS, **dict.fromkeys(rule.get("attributes", ()), "An attribute of the person.")}
    for name, text in said.items():
        column = node["columns"].setdefault(name, {"name": name, "meta": {}, "tags": []})
        column["description"] = column.get("description") or text


def is_helper(node: Mapping[str, Any]) -> bool:
    """Whether a node is a step inside of a layer, which nobody builds on."""
    return (
        node["resource_type"] == "model"
        and node["package_name"] == PACKAGE
        and bool(_HELPER.match(node["name"]))
        and not _SHOWN.match(node["name"])
    )


def _add_overview(manifest: Manifest) -> None:
    root = manifest["metadata"]["project_name"]
    docs = manifest["docs"]
    own = docs.get(f"doc.{root}.__overview__") or docs.get(f"doc.{PACKAGE}.__overview__")
    if own is None:
        return
    shown = _visible(manifest)
    children = _bridged(manifest["child_map"], shown)
    sources = [
        (
            f"{node['source_name']}.{node['name']}",
            _names(manifest, children.get(node_id, ())),
            _first_sentence(node["description"]),
        )
        for node_id, node in sorted(manifest["sources"].items())
    ]
    exports = []
    for node in sorted(manifest["exposures"].values(), key=lambda node: str(node["name"])):
        export = ((node.get("config") or {}).get("meta") or {}).get("export")
        if not isinstance(export, Mapping):
            continue
        segment = str(export.get("segment") or _names(manifest, node["depends_on"]["nodes"]))
        rule: Mapping[str, Any] = next(
            (
                each["config"]["meta"]["segment"]
                for each in manifest["nodes"].values()
                if each["name"] == segment and "segment" in (each["config"].get("meta") or {})
            ),
            {},
        )
        whom = "a third party" if export.get("third_party") else "us"
        exports.append((node["name"], segment, rule.get("contact_for") or "nobody", whom))
    own["block_contents"] = "\n\n".join(
        filter(
            None,
            (
                own["block_contents"],
                _table("What comes from where", ("source", "read by", "what it is"), sources),
                _table(
                    "Which audiences leave to whom",
                    ("export", "segment", "contacts for", "received by"),
                    exports,
                ),
            ),
        )
    )
    docs[f"doc.{root}.__overview__"] = own
    if root != PACKAGE:
        docs.pop(f"doc.{PACKAGE}.__overview__", None)


def _describe_macros(manifest: Manifest, folder: Path) -> None:
    """The comment above a macro is its description."""
    found: dict[str, dict[str, str]] = {}
    for macro in manifest["macros"].values():
        path = str(macro["original_file_path"])
        if macro["package_name"] != PACKAGE or macro["description"]:
            continue
        if path not in found:
            file = next(
                (place for place in (folder / path, *folder.glob(f"dbt_packages/*/{path}"))
                 if place.is_file()),
                None,
            )  # fmt: skip
            text = file.read_text(encoding="utf-8") if file else ""
            found[path] = {
                ("" if kind == "macro" else f"{kind}_") + name: _as_paragraphs(comment)
                for comment, kind, name in _COMMENT.findall(text)
            }
        # what stands in one file has the comment above the first of them in common
        own = found[path]
        name = re.sub(r"^(materialization_.*)_[a-z]+$", r"\1", macro["name"])
        macro["description"] = own.get(name) or next(iter(own.values()), "")


def _pass_over_helpers(manifest: Manifest) -> None:
    """Helpers leave the lineage: who is made of them is made of what they are made of."""
    shown = _visible(manifest)
    for node in manifest["nodes"].values():
        if is_helper(node):
            node["docs"] = {**(node.get("docs") or {}), "show": False}
    parents = _reduced(_bridged(manifest["parent_map"], shown))
    manifest["parent_map"] = {key: sorted(parents.get(key, ())) for key in manifest["parent_map"]}
    children: dict[str, list[str]] = {key: [] for key in manifest["child_map"]}
    for key, each in manifest["parent_map"].items():
        for parent in each:
            children.setdefault(parent, []).append(key)
    manifest["child_map"] = {key: sorted(each) for key, each in children.items()}


def _visible(manifest: Manifest) -> set[str]:
    return {key for key in manifest["parent_map"]
            if not (key in manifest["nodes"] and is_helper(manifest["nodes"][key]))}  # fmt: skip


def _bridged(edges: Mapping[str, Iterable[str]], shown: set[str]) -> dict[str, set[str]]:
    """The edges between what is shown, also over what is not."""
    found: dict[str, set[str]] = {}
    for start in shown:
        ends: set[str] = set()
        passed = set()
        open_ids = list(edges.get(start, ()))
        while open_ids:
            each = open_ids.pop()
            if each in shown:
                ends.add(each)
            elif each not in passed:
                passed.add(each)
                open_ids.extend(edges.get(each, ()))
        found[start] = ends - {start}
    return found


def _reduced(parents: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Without edges that another way says too, so that the lineage can be read."""
    above: dict[str, set[str]] = {}

    def ancestors(key: str) -> set[str]:
        if key not in above:
            above[key] = set()
            for each in parents.get(key, ()):
                above[key] |= {each} | ancestors(each)
        return above[key]

    return {
        key: {
            each
            for each in each_parents
            if not any(each in ancestors(other) for other in each_parents if other != each)
        }
        for key, each_parents in parents.items()
    }


def _names(manifest: Manifest, ids: Iterable[str]) -> str:
    names = {
        str(manifest["nodes"][key]["name"])
        for key in ids
        if key in manifest["nodes"] and manifest["nodes"][key]["resource_type"] == "model"
    }
    return ", ".join(sorted(names))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


def _as_paragraphs(comment: str) -> str:
    """A comment without its indent; its lists of arguments stay as they are laid out."""
    lines = [line.removeprefix("    ").rstrip() for line in comment.strip("\n").splitlines()]
    text = "\n".join(lines).strip()
    head, _, rest = text.partition("\n\n")
    return head + (f"\n\n```\n{rest}\n```" if rest else "")


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    listed = [" | ".join(each).replace("\n", " ") for each in rows]
    if not listed:
        return ""
    head = " | ".join(columns)
    line = "|".join("---" for _ in head.split("|"))
    body = "\n".join(f"| {each} |" for each in listed)
    return f"## {title}\n\n| {head} |\n|{line}|\n{body}"


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing of each file that a browser asks for."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def serve(page: Path, port: int) -> None:
    """Serves the site on this machine only, until it is interrupted.

    Raises:
        ConsentError: something else has the port.
    """
    handler = partial(_Silent, directory=str(page.parent))
    try:
        server = _Server(("127.0.0.1", port), handler)
    except OSError as error:
        raise ConsentError(
            f"The port {port} cannot be used: {error.strerror}.", "Name another one with --port."
        ) from error
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
