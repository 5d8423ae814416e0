"""`make test-postgres`: the demo on DuckDB and on PostgreSQL, compared row by row.

Installs Debian's PostgreSQL where it is missing, starts a server on a free port in a folder of
its own, loads the demo, builds both, compares, and stops the server whatever happens.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.python.engines.server import server

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Returns the exit code."""
    with server() as found, tempfile.TemporaryDirectory() as work:
        environment = {
            **os.environ,
            **found,
            "CONSENT_WAREHOUSE": f"{work}/w.duckdb",
            "DBT_TARGET_PATH": f"{work}/target",
            "DBT_LOG_PATH": f"{work}/logs",
        }

        def run(*command: str) -> None:
            words = [str(Path(sys.executable).parent / command[0]), *command[1:]]
            subprocess.run(words, check=True, cwd=ROOT, env=environment)

        run("python", "-m", "runner.demo.load")
        for target in ("duckdb", "postgres"):
            run("dbt", "--quiet", "build", "--target", target)
        run("consent", "compare", "--target", "duckdb", "--target", "postgres")
    return 0


if __name__ == "__main__":
    sys.exit(main())
