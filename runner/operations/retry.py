"""What fails for a moment is tried again, later each time: a source that is being restarted, a
network that drops a connection, a warehouse that another process holds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from runner import console, environment
from runner.errors import ConsentError

_TRANSIENT = re.compile(
    r"""(?ix)
    timed?[ -]?out | temporar(?:y|ily) | try\ again
    | connection\ (?:was\ )?(?:refused|reset|closed|aborted|lost|error|already\ closed|failure)
    | (?:could\ not|cannot|failed\ to|unable\ to)\ (?:connect|resolve|establish)
    | name\ resolution | network\ is\ unreachable | no\ route\ to\ host | broken\ pipe
    | server\ closed\ the\ connection | terminating\ connection | the\ database\ system\ is
    | too\ many\ (?:requests|connections|clients) | service\ unavailable | bad\ gateway
    | \bHTTP\b\D{0,20}(?:408|425|429|500|502|503|504)\b | slow\ ?down
    | deadlock | could\ not\ serialize | lock\ timeout
    | is\ in\ use\ by\ (?:process|another) | could\ not\ set\ lock
    """
)


def is_transient(text: str) -> bool:
    """Whether a message tells of something that may be well again in a moment."""
    return bool(_TRANSIENT.search(text))


def pauses() -> Iterator[float]:
    """Seconds to pause before each further try.

    Raises:
        UsageError: CONSENT_RETRY_SECONDS is no list of numbers.
    """
    yield from environment.retry_seconds()


def pause(seconds: float, name: str, reason: str) -> None:
    """Says why, and waits."""
    console.warn(f"{name}: {reason} Trying again in {seconds:g} s.")
    time.sleep(seconds)


def reason_of(error: ConsentError) -> str:
    """What went wrong, as one sentence."""
    return error.what if error.what.endswith(".") else f"{error.what}."
