"""Files that hold people are their owner's alone, unless CONSENT_UMASK lets others read them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.errors import UsageError

VARIABLE = "CONSENT_UMASK"
OWNER_ONLY = "077"


def umask() -> int:
    """What is taken away from the rights of new files.

    Raises:
        UsageError: CONSENT_UMASK is no such number.
    """
    given = os.environ.get(VARIABLE) or OWNER_ONLY
    # who cannot read an own file cannot go on with it
    if not re.fullmatch(r"0?0?[0-7]{1,2}", given):
        raise UsageError(
            f"{VARIABLE}: '{given}' is no umask that leaves the owner all rights.",
            "077 is for the owner alone, 027 lets the group read, 022 everybody.",
        )
    return int(given, 8)


@contextmanager
def private_files() -> Iterator[None]:
    """Files that are written meanwhile have these rights, whoever writes them in this process."""
    before = os.umask(umask())
    try:
        yield
    finally:
        os.umask(before)


def narrow(path: Path) -> None:
    """Takes the rights away from a file that something else has written, such as `dbt build`."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & umask():
        with suppress(PermissionError):  # somebody else's: they decide
            path.chmod(mode & ~umask())
