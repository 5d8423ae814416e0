"""The steps of an erasure; a process may end after any of them, and a repetition finishes all."""

from __future__ import annotations

import os
import signal

STEPS = ("suppress", "clean", "mark", "exchange", "certify", "sent", "tables", "rewrite", "replace")


def passed(step: str) -> None:
    """Marks the end of a step.

    CONSENT_CRASH_AT=`erase:<step>` is a hook for tests: there the process is killed, as if the
    power had gone.
    """
    if os.environ.get("CONSENT_CRASH_AT") == f"erase:{step}":
        os.kill(os.getpid(), signal.SIGKILL)
