"""End on SIGTERM, SIGHUP and SIGQUIT as on Ctrl-C: with an exception, so that everything is cleaned up.

Handlers belong to the main thread. Anywhere else, and in a program that uses ticketgen as a library, nothing here
changes how a signal is treated.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["ENDING", "Endings", "end_on_signals", "endings"]

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""The signals by which a person or a machine ends a command."""


def end_on_signals() -> None:
    """Let the other signals raise `SystemExit` with the code that a shell gives them, 128 and the signal's number.

    A signal that is ignored stays ignored: ``nohup`` asks for that.
    """
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


class Endings:
    """What becomes of an ending signal: the first one raises, and each one after it is only noted.

    So whatever runs after the first one runs to its end.

    Attributes:
        held: whether a signal is only noted.
        came: the signals that were noted.
    """

    def __init__(self) -> None:
        self.held = True
        self.came: list[int] = []
        self.raised = False

    def let(self) -> None:
        """Let a signal raise from here on, also one that was noted."""
        self.held = self.raised
        if self.came and not self.raised:
            signal.raise_signal(self.came[0])

    def hold(self) -> None:
        """Note signals from here on; the end of the block sends the first one again."""
        self.held = True


@contextmanager
def endings() -> Iterator[Endings]:
    """Decide in a block when an ending signal raises: not before `let`, not after `hold`, and only once.

    ``try: …let(); work() finally: hold()`` inside of ``try: … finally: clean_up()`` cleans up whenever signals come.
    """
    found = Endings()
    if threading.current_thread() is not threading.main_thread():
        yield found
        return
    before = {number: signal.getsignal(number) for number in ENDING}
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
