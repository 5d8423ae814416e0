"""What a signal means: SIGTERM cancels as Ctrl-C does, or is remembered until a step has ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Raises KeyboardInterrupt on SIGTERM while the block runs, unless something handles it."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    with _handling(signal.SIGTERM, signal.default_int_handler):
        yield


class Asked:
    """Whether somebody has asked to stop."""

    def __init__(self) -> None:
        """Nobody has."""
        self._is_set = False

    def is_set(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._is_set

    def set(self) -> None:
        """Asks. A flag and no event: a handler must not wait for a lock of what it interrupts."""
        self._is_set = True


@contextmanager
def finishing_step() -> Iterator[Asked]:
    """Remembers a first SIGTERM in what it yields; a second one interrupts."""
    asked = Asked()

    def handle(number: int, frame: Any) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    with _handling(signal.SIGTERM, handle):
        yield asked


@contextmanager
def _handling(number: int, handler: Callable[[int, Any], Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may: elsewhere whoever runs it decides
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)
