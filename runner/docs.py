"""`consent docs`: dbt's documentation site as one static file, lineage included."""

from __future__ import annotations

import http.server
import socketserver
from functools import partial
from pathlib import Path

from runner.dbt import Project, invoke
from runner.errors import ConsentError


def make_docs(project: Project) -> Path:
    """Writes the site and returns its one file; the warehouse must have been built.

    Raises:
        ConsentError: dbt could not read the catalog.
    """
    outcome = invoke(["docs", "generate", "--static"], project=project)
    page = project.target_path / "static_index.html"
    if not outcome.success or not page.is_file():
        raise ConsentError(
            "dbt could not write the documentation.", "See logs/dbt.log for the reason."
        )
    return page


def serve(page: Path, port: int) -> None:
    """Serves the site on this machine only, until it is interrupted."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(page.parent))
    with socketserver.TCPServer(("127.0.0.1", port), handler) as server:
        server.serve_forever()
