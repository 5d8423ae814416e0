"""The environment variables that have a form, read in one place, so that nonsense is one error."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TypeVar

from runner import clock
from runner.errors import UsageError
from runner.private import umask

Value = TypeVar("Value")
LOCK_WAIT = "CONSENT_LOCK_WAIT"
"""Seconds to wait for another process that holds the warehouse when something is recorded."""
EXPORT_MEMORY = "CONSENT_EXPORT_MEMORY"
"""Memory of the engine that writes and judges deliveries."""
RETRY_SECONDS = "CONSENT_RETRY_SECONDS"
"""Pauses before further tries; empty for none."""
DATA_FORMAT = "CONSENT_DATA_FORMAT"
"""How the demo's sources are read: as they lie, or all as Parquet."""
PEPPER = "CONSENT_PEPPER"
"""What salts the hashes of contact points; a secret."""
_DEFAULTS = {LOCK_WAIT: "60", EXPORT_MEMORY: "256MB", RETRY_SECONDS: "5,30,120"}
_MEMORY = re.compile(r"\d+(?:[.]\d+)?\s*(?:[KMGT]i?B)", re.IGNORECASE)


def lock_wait() -> float:
    """Seconds to wait for the warehouse's file.

    Raises:
        UsageError: CONSENT_LOCK_WAIT is no number of seconds.
    """
    return _read(LOCK_WAIT, _seconds, "no number of seconds")


def export_memory() -> str:
    """An amount of memory as DuckDB takes it.

    Raises:
        UsageError: CONSENT_EXPORT_MEMORY is none.
    """
    return _read(EXPORT_MEMORY, _memory, "no amount of memory")


def retry_seconds() -> list[float]:
    """Seconds to pause before each further try.

    Raises:
        UsageError: CONSENT_RETRY_SECONDS is no list of numbers.
    """
    return _read(RETRY_SECONDS, _list_of_seconds, "no list of seconds")


def check() -> None:
    """Reads every variable that has a form, those of profiles.yml among them.

    Raises:
        UsageError: the first one that is nonsense.
    """
    lock_wait()
    export_memory()
    retry_seconds()
    clock.now()
    umask()
    data_format = os.environ.get(DATA_FORMAT, "demo")
    if data_format not in ("demo", "parquet"):
        raise UsageError(
            f"{DATA_FORMAT}: '{data_format}' is no format of the demo's.", "Write parquet."
        )
    pepper = os.environ.get(PEPPER, "")
    if len(pepper) > 64 or not (pepper.isascii() and pepper.isprintable()):
        raise UsageError(
            f"{PEPPER}: it is no key (it is not shown here).",
            "Write at most 64 printable ASCII characters.",
        )
    for name, example in (("CONSENT_THREADS", "2"), ("PGPORT", "5432")):
        given = os.environ.get(name)
        if given is not None and not (given.isascii() and given.isdigit() and int(given) > 0):
            raise UsageError(
                f"{name}: '{given}' is no whole number from 1 on.", f"Write it as {example}."
            )


def _read(name: str, read: Callable[[str], Value], what: str) -> Value:
    given = os.environ.get(name, _DEFAULTS[name])
    try:
        return read(given)
    except ValueError as error:
        raise UsageError(
            f"{name}: '{given}' is {what}.", f"Write it as {_DEFAULTS[name]}."
        ) from error


def _seconds(text: str) -> float:
    found = float(text)
    if not 0 <= found < 1e6:
        raise ValueError(text)
    return found


def _memory(text: str) -> str:
    if not _MEMORY.fullmatch(text.strip()):
        raise ValueError(text)
    return text.strip()


def _list_of_seconds(text: str) -> list[float]:
    return [_seconds(part) for part in text.split(",") if part.strip()]
