"""Reset the signals that end a command to their default actions.

A shell starts background processes with SIGINT ignored, and ``nohup`` with SIGHUP; ticketgen keeps them ignored.
"""

from __future__ import annotations

import signal

from ticketgen.signals import TERMINATION_SIGNALS

__all__ = ["reset_signals"]


def reset_signals() -> None:
    """Reset them as in a new Python program: in a fork of the tests' process, or before `exec`."""
    for number in TERMINATION_SIGNALS:
        default = signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL
        signal.signal(number, default)
