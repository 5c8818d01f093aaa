"""Give a process the default treatment of the signals that end a command.

A shell lets what it starts in the background ignore SIGINT, and ``nohup`` SIGHUP; ticketgen keeps what is ignored.
"""

from __future__ import annotations

import signal

from ticketgen.signals import TERMINATION_SIGNALS

__all__ = ["reset_signals"]


def reset_signals() -> None:
    """Treat them as a program that Python has just started does: in a copy of the tests' process, or before `exec`."""
    for number in TERMINATION_SIGNALS:
        default = signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL
        signal.signal(number, default)
