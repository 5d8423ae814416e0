"""What a page tells its reader to type and to write, as a list of steps.

A fenced block without a language holds commands, one a line (a backslash continues one). A block
of YAML, SQL or CSV whose first line is a comment with a path, such as `# models/segments/x.yml`,
is a file. A comment before a block says what is special about it:

    <!-- exits with 1 -->              the last command of the block does
    <!-- run by tests/python/x.py -->  a test of its own runs it; it must name the command
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"(?:<!-- (?P<note>[^\n]*?) -->\n+)?^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.M | re.S
)
_PATH = re.compile(r"(?:#|--) (?P<path>[\w./-]+\.(?:yml|yaml|sql|csv))(?: .*)?$")
ELSEWHERE = ("make ", "source ", "git clone", "cd ")
"""Commands of a newcomer's shell: the gate runs each target of the Makefile that a page names."""


@dataclass(frozen=True)
class Command:
    """A line to type, and how it ends."""

    text: str
    exit_code: int = 0


@dataclass(frozen=True)
class File:
    """A file to write."""

    path: str
    text: str


@dataclass(frozen=True)
class Reference:
    """A command that another test runs."""

    text: str
    test: str


Step = Command | File | Reference


def steps(page: Path) -> list[Step]:
    """The steps of a page, in its order."""
    found: list[Step] = []
    for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        body, note = block["body"], block["note"] or ""
        if block["language"]:
            path = _PATH.match(body.splitlines()[0]) if body else None
            if path and not note:
                found.append(File(path["path"], body.split("\n", 1)[1]))
            continue
        lines = [line.strip() for line in body.replace("\\\n", " ").splitlines()]
        lines = [re.sub(r"\s+# .*$", "", line) for line in lines if line and line[0] != "#"]
        if note.startswith("run by "):
            found += [Reference(line, note.removeprefix("run by ")) for line in lines]
            continue
        code = int(note.removeprefix("exits with ")) if note.startswith("exits with ") else 0
        found += [
            Command(line, code if line == lines[-1] else 0)
            for line in lines
            if not line.startswith(ELSEWHERE)
        ]
    return found
