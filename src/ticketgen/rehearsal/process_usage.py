"""Processor time and memory of a rehearsal's processes, by what they do. Linux has them in ``/proc``."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BUYERS", "CACHE", "EMULATOR", "FUNCTIONS", "Moment", "look"]

EMULATOR, CACHE, FUNCTIONS, BUYERS = "emulator", "cache", "functions", "buyers"
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Moment:
    """What was used up to a moment.

    Attributes:
        at: in `time.monotonic()` seconds.
        processor: seconds of processor time by process id.
        roles: what each process does.
        machine: seconds of processor time of everything on the machine; None if unknown.
        memory_mib: resident memory by role.
        available_mib, total_mib: memory of the machine; None if unknown.
    """

    at: float
    processor: Mapping[int, float]
    roles: Mapping[int, str]
    machine: float | None
    memory_mib: Mapping[str, float]
    available_mib: float | None
    total_mib: float | None


def look(emulator: int) -> Moment:
    """Look at this process, which is that of the buyers, and at the emulator with its descendants."""
    processor = {os.getpid(): time.process_time()}
    roles = {os.getpid(): BUYERS}
    memory: dict[str, float] = defaultdict(float)
    if not _PROC.joinpath("self", "stat").exists():
        return Moment(time.monotonic(), processor, roles, None, {}, None, None)
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE") / 2**20
    parents, used, resident = {}, {}, {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError, ValueError, IndexError):  # it has ended
                fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                pid = int(folder.name)
                parents[pid] = int(fields[1])
                used[pid] = (int(fields[11]) + int(fields[12])) / tick
                resident[pid] = int(fields[21]) * page
    for pid in used:
        role = _role(pid, emulator, parents)
        if role:
            roles[pid], processor[pid] = role, used[pid]
    for pid, role in roles.items():
        memory[role] += resident.get(pid, 0.0)
    known = dict(line.split(":", 1) for line in (_PROC / "meminfo").read_text("utf-8").splitlines())
    available, total = (float(known[name].split()[0]) / 1024 for name in ("MemAvailable", "MemTotal"))
    times = [int(each) for each in (_PROC / "stat").read_text("utf-8").split("\n", 1)[0].split()[1:9]]
    busy = (sum(times) - times[3] - times[4]) / tick  # without idle and waiting for disks
    return Moment(time.monotonic(), processor, roles, busy, dict(memory), available, total)


def _role(pid: int, emulator: int, parents: Mapping[int, int]) -> str:
    """What a process does, by its place below the emulator; "" if it is not the rehearsal's."""
    path = [pid]
    while path[-1] != emulator:
        if path[-1] not in parents or len(path) > 20:
            return ""
        path.append(parents[path[-1]])
    if len(path) == 1:
        return EMULATOR
    command = b""
    with suppress(OSError):
        command = (_PROC / str(path[-2]) / "cmdline").read_bytes()
    return CACHE if b"unixsocket" in command or b"valkey" in command else FUNCTIONS
