"""Writing the page: whole or not at all, and its owner's alone unless CONSENT_UMASK lets others."""

from __future__ import annotations

from pathlib import Path

from runner.private import private_files


def write(path: Path, text: str) -> None:
    """Writes a page over the one that was there, once it is complete."""
    partial = path.with_name(f".partial-{path.name}")
    with private_files():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
