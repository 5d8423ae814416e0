"""The present: of this machine, or the moment that CONSENT_NOW gives, for rehearsals and tests.

Models take the same moment for the start of their run (`dbt_consent.observed_at()`). Nothing is
delivered while it lies behind the machine's clock (`require_present`), so that a grant that has
expired cannot be brought back by it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from runner.errors import ConsentError, UsageError

VARIABLE = "CONSENT_NOW"
_TOLERANCE = timedelta(minutes=5)


def now() -> datetime:
    """The present in UTC, without an offset, as the warehouse keeps its times.

    Raises:
        UsageError: CONSENT_NOW is no point in time.
    """
    given = os.environ.get(VARIABLE)
    return from_text(given, VARIABLE) if given else _of_this_machine()


def from_text(given: str, where: str) -> datetime:
    """A point in time as people write it; without an offset it is UTC.

    Raises:
        UsageError: it is none.
    """
    try:
        found = datetime.fromisoformat(given)
    except ValueError as error:
        raise UsageError(
            f"{where}: '{given}' is no point in time.",
            "Write it as 2026-03-01, 2026-03-01T12:00:00 or 2026-03-01T12:00:00+01:00.",
        ) from error
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def require_present(moment: datetime, what: str) -> None:
    """Refuses to do something for a moment that lies behind the machine's clock.

    Raises:
        ConsentError: it does.
    """
    if moment < _of_this_machine() - _TOLERANCE:
        raise ConsentError(
            f"{what}: the clock was set back to {moment:%Y-%m-%d %H:%M} UTC "
            f"({VARIABLE} or vars: observed_at), where grants may be in force that have expired "
            "since.",
            "Nothing leaves from the past: take that setting away.",
        )


def _of_this_machine() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
