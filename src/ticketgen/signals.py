"""End on SIGTERM, SIGHUP and SIGQUIT as on Ctrl-C, with an exception, so that everything is cleaned up.

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
    """Let the other signals raise `SystemExit` with the code that a shell gives them, 128 and the signal's number.

    A signal that is ignored stays ignored: ``nohup`` asks for that.
    """
    for number in TERMINATION_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


class DeferredSignals:
    """The handling of termination signals: the first one raises, and later ones are only recorded.

    Cleanup that runs after the first signal is therefore not interrupted.

    Attributes:
        held: whether signals are only recorded.
        came: the recorded signals.
    """

    def __init__(self) -> None:
        self.held = True
        self.came: list[int] = []
        self.raised = False

    def deliver(self) -> None:
        """Let signals raise from here on, including a recorded one."""
        self.held = self.raised
        if self.came and not self.raised:
            signal.raise_signal(self.came[0])

    def defer(self) -> None:
        """Record signals from here on; the end of the block sends the first one again."""
        self.held = True


@contextmanager
def defer_signals() -> Iterator[DeferredSignals]:
    """Control when a termination signal raises in the block: not before `deliver`, not after `defer`, and only once.

    ``try: …let(); work() finally: hold()`` inside of ``try: … finally: clean_up()`` cleans up whenever signals come.
    """
    found = DeferredSignals()
    if threading.current_thread() is not threading.main_thread():
        yield found
        return
    before = {number: signal.getsignal(number) for number in TERMINATION_SIGNALS}
    handled = {number: handler for number, handler in before.items() if callable(handler)}

    def come(number: int, frame: FrameType | None) -> None:
        if found.held:
            found.came.append(number)
        else:
            found.held = found.raised = True
            handled[signal.Signals(number)](number, frame)

    try:
        for number in handled:
            signal.signal(number, come)
        yield found
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
        if found.came and not found.raised:
            signal.raise_signal(found.came[0])
