"""Raise an exception for cleanup on SIGTERM, SIGHUP and SIGQUIT, as on Ctrl-C.

Handlers belong to the main thread. In other threads, and in a program that uses ticketgen as a library, signal
handling is not changed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["TERMINATION_SIGNALS", "DeferredSignals", "defer_signals", "exit_on_signals"]

TERMINATION_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""The signals that ask a command to end."""


def exit_on_signals() -> None:
    """Let the other signals raise `SystemExit` with the shell's code, 128 + number.

    A signal that is ignored stays ignored: ``nohup`` asks for that.
    """
    for number in TERMINATION_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


class DeferredSignals:
    """The handling of termination signals: the first raises, later ones are recorded.

    Cleanup that runs after the first signal is therefore not interrupted.

    Attributes:
        held: whether signals are only recorded.
        recorded: the recorded signals.
    """

    def __init__(self) -> None:
        self.held = True
        self.recorded: list[int] = []
        self.raised = False

    def deliver(self) -> None:
        """Let signals raise from now on, including a recorded one."""
        self.held = self.raised
        if self.recorded and not self.raised:
            signal.raise_signal(self.recorded[0])

    def defer(self) -> None:
        """Record signals from now on; the end of the block sends the first one again."""
        self.held = True


@contextmanager
def defer_signals() -> Iterator[DeferredSignals]:
    """Control when a termination signal raises in the block: at most once.

    It raises after `deliver` and before `defer`. ``try: …deliver(); work() finally: defer()`` inside
    ``try: … finally: clean_up()`` cleans up whenever signals come.
    """
    deferred = DeferredSignals()
    if threading.current_thread() is not threading.main_thread():
        yield deferred
        return
    before = {number: signal.getsignal(number) for number in TERMINATION_SIGNALS}
    handled = {number: handler for number, handler in before.items() if callable(handler)}

    def handle(number: int, frame: FrameType | None) -> None:
        if deferred.held:
            deferred.recorded.append(number)
        else:
            deferred.held = deferred.raised = True
            handled[signal.Signals(number)](number, frame)

    try:
        for number in handled:
            signal.signal(number, handle)
        yield deferred
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
        if deferred.recorded and not deferred.raised:
            signal.raise_signal(deferred.recorded[0])
