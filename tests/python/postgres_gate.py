"""`make test-postgres`: the demo on DuckDB and on PostgreSQL, compared row by row.

Installs Debian's PostgreSQL where it is missing, starts a server on a free port in a folder of
its own, loads the demo, builds both, compares, and stops the server whatever happens.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def programs() -> Path:
    """The folder of initdb and pg_ctl; installs them where they are missing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "postgresql"], check=True)
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """A running server; gives the environment that reaches it."""
    bin_ = programs()
    folder = Path(tempfile.mkdtemp(prefix="consent-postgres-"))
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(folder, "postgres", "postgres")

    def run(*command: str) -> None:
        words = ["runuser", "-u", "postgres", "--", *command] if as_root else list(command)
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    data = str(folder / "data")
    run(str(bin_ / "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses='' -c fsync=off"
    control = [str(bin_ / "pg_ctl"), "-D", data, "-w"]
    run(*control, "-l", str(folder / "log"), "-o", options, "start")
    try:
        run(str(bin_ / "createdb"), "-h", str(folder), "-p", port, "-U", "postgres", "consent")
        yield {
            "PGHOST": str(folder),
            "PGPORT": port,
            "PGUSER": "postgres",
            "PGDATABASE": "consent",
        }
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


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
