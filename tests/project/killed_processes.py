"""Processes that are killed, or fail, at a chosen call that changes the disk."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

__all__ = ["dies_at", "fails_at", "in_child"]

# Python's audit events (https://docs.python.org/3/library/audit_events.html), and ticketgen's own for system calls
# without a function in Python.
_CHANGES = frozenset(
    {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "open", "ticketgen.rename"}
)
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def in_child(action: Callable[[], int]) -> int:
    """Run it in a process of its own; its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = action()
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dies_at(call: int, action: Callable[[], object]) -> bool:
    """Run it in a process that is killed just before its n-th call that changes the disk; whether it was."""
    return _at(call, _CHANGES, action, lambda: os.kill(os.getpid(), signal.SIGKILL)) != 0


def fails_at(call: int, errno: int, action: Callable[[], object]) -> bool:
    """Run it in a process whose n-th call that takes space fails; whether there is such a call.

    The action must not raise.
    """

    def fail() -> None:
        raise OSError(errno, os.strerror(errno))

    return _at(call, _CHANGES - {"os.remove", "os.rmdir"}, action, fail) == 1


def _at(call: int, events: frozenset[str], action: Callable[[], object], what: Callable[[], object]) -> int:
    def run() -> int:
        calls = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal calls
            if event not in events:
                return
            if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _TO_WRITE):
                return
            calls += 1
            if calls == call + 1:
                what()

        sys.addaudithook(hook)
        action()
        return 1 if calls > call else 0

    code = in_child(run)
    assert code in {0, 1, -signal.SIGKILL}
    return code
