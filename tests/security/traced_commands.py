"""What a command opens, writes, starts and connects to, from the system calls that strace records."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Traced", "traced"]

_CALLS = (
    "open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,"
)
_MORE = (
    "mkdirat,rmdir,truncate,chmod,fchmodat,chown,fchownat,mknod,mknodat,socket,connect,bind,execve,execveat"
)

# With -f and -y: the process, the call, its arguments with <path> after each descriptor, and the result.
_LINE = re.compile(r"^\d+ +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)(?:<(?P<opened>[^>]*)>)?")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FOLDER = re.compile(r"(?:AT_FDCWD|\d+)<([^>]*)>")
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")


@dataclass(frozen=True, slots=True)
class Traced:
    """What a command did.

    Attributes:
        done: the process that ended.
        read: the paths that were opened for reading, links followed.
        changed: the paths that were opened for writing, made, renamed or removed.
        started: the programs that were started.
        sockets: the system calls about sockets.
    """

    done: subprocess.CompletedProcess[str]
    read: frozenset[str]
    changed: frozenset[str]
    started: frozenset[str]
    sockets: tuple[str, ...]


def traced(command: list[str], folder: Path, log: Path, environment: Mapping[str, str]) -> Traced:
    """Run a command in a folder under strace, with a log in a file."""
    tracer = [
        "strace",
        "--follow-forks",
        "--seccomp-bpf",  # the other calls do not stop: it takes 60 % of the time
        "--decode-fds=path",
        "--string-limit=4096",
        f"--trace={_CALLS}{_MORE}",
    ]
    done = subprocess.run(
        [*tracer, f"--output={log}", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    read: set[str] = set()
    changed: set[str] = set()
    started: set[str] = set()
    sockets: list[str] = []
    for line in log.read_text("utf-8", "replace").splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        call, arguments, result = match["call"], match["arguments"], int(match["result"])
        if call in {"socket", "connect", "bind"}:
            sockets.append(line)
        elif result < 0:
            continue
        elif call.startswith("exec"):
            started.add(_paths(arguments)[0])
        elif call.startswith("open") or call == "creat":
            path = match["opened"] or ""
            (changed if call == "creat" or _WRITES.search(arguments) else read).add(path)
        else:
            changed.update(_paths(arguments))
    return Traced(done, frozenset(read), frozenset(changed), frozenset(started), tuple(sockets))


def _paths(arguments: str) -> list[str]:
    """The paths among a call's arguments, absolute."""
    folders = _FOLDER.findall(arguments)
    found = []
    for number, name in enumerate(_STRING.findall(arguments)):
        folder = folders[min(number, len(folders) - 1)] if folders else "/"
        found.append(name if name.startswith("/") else f"{folder}/{name}")
    return found
