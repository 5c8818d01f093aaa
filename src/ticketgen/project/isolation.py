"""Run work on untrusted text in a separate process, whose limits the kernel enforces.

A signal handler cannot interrupt one long operation of the interpreter, such as a power of large numbers or a regular
expression. The kernel can.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import warnings
from collections.abc import Callable, Mapping
from typing import Final

from ticketgen.project.resource_limits import ResourceLimitExceeded
from ticketgen.project.template import TemplateText, UnusableTemplate
from ticketgen.signals import TERMINATION_SIGNALS, defer_signals

__all__ = ["run_isolated"]

_GRACE_S: Final = 2
"""Extra processor time in seconds, so that the action's own limit applies first and can report the cause."""


def run_isolated(
    action: Callable[[], Mapping[str, TemplateText]], seconds: float
) -> tuple[Mapping[str, TemplateText], float]:
    """Call a function in a forked process, which has this process's data and cannot change it.

    Args:
        action: the function; it returns files.
        seconds: the maximum processor time.

    Returns:
        The files, and the processor time in seconds.

    Raises:
        UnusableTemplate: the action raised it.
        ResourceLimitExceeded: the process took too much time or memory and was ended.
    """
    with defer_signals() as ending:
        reader, writer = os.pipe()
        child = _fork()
        if child == 0:
            os.close(reader)
            _run_child(action, seconds, writer)
        os.close(writer)
        output = None
        try:
            try:
                ending.deliver()
                with os.fdopen(reader, "rb") as stream:
                    output = stream.read()
            finally:
                ending.defer()
        finally:
            if output is None:
                os.kill(child, signal.SIGKILL)
            _, status, used = os.wait4(child, 0)
    if status:
        raise ResourceLimitExceeded(
            f"it takes more than {math.ceil(seconds)} s of processor time, or too much memory"
        )
    return _deserialize(output), used.ru_utime + used.ru_stime


def _fork() -> int:
    with warnings.catch_warnings():
        # The other thread only shows progress; it holds no lock that rendering needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _run_child(action: Callable[[], Mapping[str, TemplateText]], seconds: float, writer: int) -> None:
    """In the child: run the action, write the result, and exit without cleaning up the parent's resources."""
    code = 1
    try:
        for each in (*TERMINATION_SIGNALS, signal.SIGXCPU):
            signal.signal(each, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        most = math.ceil(seconds) + _GRACE_S
        resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
        output = memoryview(_serialize(action))
        while output:
            output = output[os.write(writer, output) :]
        code = 0
    finally:
        os._exit(code)


def _serialize(action: Callable[[], Mapping[str, TemplateText]]) -> bytes:
    try:
        files = action()
    except UnusableTemplate as error:
        return json.dumps({"message": error.message, "help": error.help}).encode() + b"\n"
    names = [[path, file.executable, len(file.content)] for path, file in files.items()]
    return b"".join(
        [json.dumps({"files": names}).encode(), b"\n", *(file.content for file in files.values())]
    )


def _deserialize(output: bytes) -> Mapping[str, TemplateText]:
    head, _, rest = output.partition(b"\n")
    found = json.loads(head)
    if "message" in found:
        raise UnusableTemplate(found["message"], found["help"])
    files, place = {}, 0
    for path, executable, size in found["files"]:
        files[path] = TemplateText(rest[place : place + size], executable)
        place += size
    return files
