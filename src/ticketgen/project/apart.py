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

from ticketgen.project.limits import TooMuch
from ticketgen.project.template import File, Unusable
from ticketgen.signals import ENDING, endings

__all__ = ["apart"]

_SPARE_S: Final = 2
"""Extra processor time, so that work that limits itself ends first and can report what it was doing."""


def apart(action: Callable[[], Mapping[str, File]], seconds: float) -> tuple[Mapping[str, File], float]:
    """Call a function in a forked process, which has this process's data and cannot change it.

    Args:
        action: returns files.
        seconds: the maximum processor time.

    Returns:
        The files, and the processor time in seconds.

    Raises:
        Unusable: the action raised it.
        TooMuch: the process took too much time or memory and was ended.
    """
    with endings() as ending:
        reader, writer = os.pipe()
        child = _copy()
        if child == 0:
            os.close(reader)
            _work(action, seconds, writer)
        os.close(writer)
        output = None
        try:
            try:
                ending.let()
                with os.fdopen(reader, "rb") as stream:
                    output = stream.read()
            finally:
                ending.hold()
        finally:
            if output is None:
                os.kill(child, signal.SIGKILL)
            _, status, used = os.wait4(child, 0)
    if status:
        raise TooMuch(f"it takes more than {math.ceil(seconds)} s of processor time, or too much memory")
    return _read(output), used.ru_utime + used.ru_stime


def _copy() -> int:
    with warnings.catch_warnings():
        # The other thread only shows progress; it holds no lock that rendering needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _work(action: Callable[[], Mapping[str, File]], seconds: float, writer: int) -> None:
    """In the child: run the action, write the result, and exit without cleaning up the parent's resources."""
    code = 1
    try:
        for each in (*ENDING, signal.SIGXCPU):
            signal.signal(each, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        most = math.ceil(seconds) + _SPARE_S
        resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
        output = memoryview(_written(action))
        while output:
            output = output[os.write(writer, output) :]
        code = 0
    finally:
        os._exit(code)


def _written(action: Callable[[], Mapping[str, File]]) -> bytes:
    try:
        files = action()
    except Unusable as error:
        return json.dumps({"message": error.message, "help": error.help}).encode() + b"\n"
    names = [[path, file.executable, len(file.content)] for path, file in files.items()]
    return b"".join(
        [json.dumps({"files": names}).encode(), b"\n", *(file.content for file in files.values())]
    )


def _read(output: bytes) -> Mapping[str, File]:
    head, _, rest = output.partition(b"\n")
    found = json.loads(head)
    if "message" in found:
        raise Unusable(found["message"], found["help"])
    files, place = {}, 0
    for path, executable, size in found["files"]:
        files[path] = File(rest[place : place + size], executable)
        place += size
    return files
