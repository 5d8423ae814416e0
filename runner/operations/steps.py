"""The steps of a run, each with its status, told to whoever watches as they change."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from runner.console import Steps
from runner.errors import ConsentError

QUEUED = "queued"
RUNNING = "running"
SUCCESSFUL = "successful"
FAILED = "failed"
SKIPPED = "skipped"
CANCELLED = "cancelled"


@dataclass
class Step:
    """One step of a run.

    Attributes:
        status: queued, running, successful, failed, skipped or cancelled.
        detail: what it did, or why it did not.
        because: the step, model, test or source that it was skipped for.
    """

    name: str
    status: str = QUEUED
    detail: str = ""
    because: str = ""
    seconds: float = 0.0

    def skip(self, because: str, detail: str) -> None:
        """Something upstream stands in its way."""
        self.status, self.because, self.detail = SKIPPED, because, detail


@dataclass
class Plan:
    """The steps of a run in their order.

    Attributes:
        steps: what is done, running and left.
        shown: the display.
        tell: called whenever a step changes.
    """

    steps: list[Step]
    shown: Steps
    tell: Callable[[], None] = field(default=lambda: None)

    def add(self, names: Sequence[str]) -> None:
        """Queues more steps."""
        self.steps += [Step(name) for name in names]
        self.shown.plan(len(names))
        self.tell()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Runs one step: successful at the end of the block, unless that says otherwise.

        An error makes it failed and goes on to the caller, an interruption makes it cancelled.
        """
        step = next(each for each in self.steps if each.name == name and each.status == QUEUED)
        step.status = RUNNING
        self.shown.start(name)
        self.tell()
        started = time.monotonic()
        try:
            yield step
            if step.status == RUNNING:
                step.status = SUCCESSFUL
        except KeyboardInterrupt:
            step.status = CANCELLED
            raise
        except BaseException as error:
            step.status = FAILED
            step.detail = error.what if isinstance(error, ConsentError) else str(error)
            raise
        finally:
            step.seconds = round(time.monotonic() - started, 3)
            self._ended(step)
        crash_point(name)

    def skip_rest(self, because: str) -> None:
        """Skips what is still queued."""
        for step in self._queued():
            step.skip(because, f"because {because} failed")
            self._ended(step)

    def cancel_rest(self) -> None:
        """Cancels what is still queued."""
        for step in self._queued():
            step.status = CANCELLED
            self._ended(step)

    def _queued(self) -> list[Step]:
        return [step for step in self.steps if step.status == QUEUED]

    def _ended(self, step: Step) -> None:
        self.shown.finish(step.name, step.status, step.detail)
        self.tell()


def crash_point(name: str) -> None:
    """CONSENT_CRASH_AT=`name` is a hook for tests: the process is killed after that step."""
    if os.environ.get("CONSENT_CRASH_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
