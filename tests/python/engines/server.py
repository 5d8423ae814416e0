"""A PostgreSQL server of its own for as long as a command runs.

    python -m tests.python.engines.server pytest tests/python/engines

runs the command with a server whose address is in the environment (PGHOST, PGPORT …) and with
CONSENT_TEST_TARGET=postgres, so that tests which take their warehouse from `engines.warehouse`
run on it. Debian's PostgreSQL is installed where it is missing.

The server is a difficult one, on purpose: its texts are Turkish, its clock is in
Newfoundland and it writes dates as Germans do. None of that may change a result.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

DATABASE = "consent"
SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "60",
    "timezone": "America/St_Johns",
    "datestyle": "'German, DMY'",
}


def programs() -> Path:
    """The folder of initdb and pg_ctl; installs them where they are missing."""
    found = _installed()
    if not found:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            subprocess.run(["apt-get", "-qq", *words], check=True, env=environment)
        found = _installed()
    return found[-1]


def _installed() -> list[Path]:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return sorted(found, key=lambda path: int(path.parent.name))


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """A running server; gives the environment that reaches it."""
    bin_ = programs()
    folder = Path(tempfile.mkdtemp(prefix="consent-postgres-"))
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *words: str) -> None:
        command = [str(bin_ / program), *words]
        if as_root:  # initdb and the server refuse to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    data = str(folder / "data")
    locale = ["--no-locale"]
    if int(bin_.parent.name) >= 15:
        locale += ["--locale-provider=icu", "--icu-locale=tr-TR"]
    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "-N", *locale)
    options = [f"-p {port} -k {folder}", *(f"-c {k}={v}" for k, v in SETTINGS.items())]
    control = ["-D", data, "-w"]
    run("pg_ctl", *control, "-l", str(folder / "log"), "-o", " ".join(options), "start")
    try:
        run("createdb", "-h", str(folder), "-p", port, "-U", "postgres", DATABASE)
        yield {
            "PGHOST": str(folder),
            "PGPORT": port,
            "PGUSER": "postgres",
            "PGDATABASE": DATABASE,
        }
    finally:
        run("pg_ctl", *control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def main(command: Sequence[str]) -> int:
    """Runs the command beside a server; returns its exit code."""
    with server() as address:
        environment = {**os.environ, **address, "CONSENT_TEST_TARGET": "postgres"}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
