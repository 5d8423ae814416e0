"""Pages of the site that are made, and links that lead out of `docs/`.

A hook of MkDocs: the commands from the command line itself, the language from its definition, the
start and the changes from the files that a repository has at its top.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from mkdocs.structure.files import File

from runner.cli import app
from runner.segments.reference import reference

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(!?)\[([^\]\n]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_TOP = {"README.md": "index.md", "CHANGELOG.md": "reference/changelog.md"}


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages that are made."""
    for path, text in made().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Leads links to files that the site has not to the pages that it has instead, if any."""
    here = posixpath.dirname(page.file.src_uri)
    # the start and the changes are written for the top of the repository
    written_in = "" if page.file.src_uri in _TOP.values() else posixpath.join("docs", here)

    def link(found: re.Match[str]) -> str:
        mark, text, target, anchor = found.groups()
        if ":" in target:
            return found[0]
        meant = posixpath.normpath(posixpath.join(written_in, target))
        place = _TOP.get(meant) or (
            meant.removeprefix("docs/") if meant.startswith("docs/") else ""
        )
        if not place:
            return f"`{meant}`" if text == posixpath.basename(meant) else f"{text} (`{meant}`)"
        return f"{mark}[{text}]({posixpath.relpath(place, here or '.')}{anchor or ''})"

    return _LINK.sub(link, markdown)


def made() -> dict[str, str]:
    """The pages by their places in the site."""
    top = {place: (ROOT / name).read_text(encoding="utf-8") for name, place in _TOP.items()}
    return {
        **top,
        "reference/commands.md": "\n".join(_commands()),
        "reference/language.md": (
            "# The language of rules\n\nFrom the one definition that the compiler uses. What a "
            "rule means, with examples: [segments](../segments.md).\n\n" + reference() + "\n"
        ),
    }


def _commands() -> Iterator[str]:
    yield "# Commands\n\nWhat `consent --help` says. Every command takes `--quiet` and `--debug`.\n"
    root = typer.main.get_command(app)
    for name, command in sorted(_all(root, "consent")):
        yield f"## {name}\n"
        text = command.help or ""
        yield re.sub(r"Example: (consent .*)", r"```text\n\1\n```", text) + "\n"
        rows = [row for row in _options(command) if row[1]]
        if rows:
            yield "| option | meaning |\n|---|---|"
            yield from (f"| `{option}` | {meaning} |" for option, meaning in rows)
            yield ""


def _all(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if not inner:
        yield name, command
        return
    for key, each in inner.items():
        yield from _all(each, f"{name} {key}")


def _options(command: Any) -> Iterator[tuple[str, str]]:
    for each in command.params:
        is_option = each.param_type_name == "option"
        name = ", ".join(each.opts) if is_option else str(each.name).upper()
        yield name, (getattr(each, "help", None) or "").replace("|", "\\|")
