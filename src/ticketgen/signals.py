"""End on SIGTERM and SIGHUP as on Ctrl-C: with an exception, so that everything is cleaned up.

Handlers belong to the main thread. Anywhere else, and in a program that uses ticketgen as a library, nothing here
changes how a signal is treated.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["end_on_signals", "held_back", "surely"]

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals by which a person or a machine ends a command."""


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP raise `SystemExit` with the code that a shell gives them, 128 and the signal's number.

    A signal that is ignored stays ignored: ``nohup`` asks for that.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back the ending signals, and send the first that came once the block is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in _ENDING}
    handled = {number: handler for number, handler in before.items() if callable(handler)}
    try:
        for number in handled:
            signal.signal(number, lambda number, frame: came.append(number))
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def surely(action: Callable[[], object]) -> None:
    """Run an action to its end, however often a signal interrupts it, and end only then.

    Args:
        action: may be started again.
    """
    ending: BaseException | None = None
    while True:
        try:
            with held_back():
                action()
            break
        except (KeyboardInterrupt, SystemExit) as error:
            ending = error
    if ending is not None:
        raise ending
