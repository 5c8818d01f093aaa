"""Find the resource that ended the rise of a load, from measurements of its last step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ticketgen.rehearsal.process_usage import BUYERS, CACHE, EMULATOR, FUNCTIONS, Moment

__all__ = ["End", "LimitingResource", "Load", "ended_by", "load_between"]

_FULL = 0.85
"""The share of a limit from which a resource counts as used up: what is measured are averages of seconds."""

_SCARCE = 0.05
"""The share of the machine's memory below which it counts as used up."""


class LimitingResource(StrEnum):
    """What can end the rise of a load."""

    SPEC = "the rate of the spec"
    SEATS = "the seats"
    MEMORY = "the machine's memory"
    MACHINE = "the machine's processors"
    DYNAMODB = "DynamoDB in the emulator's process"
    EMULATOR = "the emulator's process"
    BUYERS = "the buyers' process"
    CACHE = "the cache"
    WORKERS = "the workers of a function"
    LOCK = "DynamoDB's answers"
    CONNECTIONS = "the buyers' connections"
    UNKNOWN = "no resource that is measured"


@dataclass(frozen=True, slots=True)
class Load:
    """The use of resources during a step. Processor time is in cores.

    Attributes:
        cores: of the machine.
        machine: cores that everything on the machine used, other programs too; None if unknown.
        processors: cores by role.
        busiest: by role, of the process that used most.
        memory_mib: resident memory by role.
        available: share of the machine's memory that is available; None if unknown.
        dynamodb: cores that calls to DynamoDB took of the emulator's process.
        answer_ms: the mean time of a call to DynamoDB in the emulator.
        waited: share of that time in which a call waited for others.
        workers: share of the workers' time that was used, by function and Region.
        refused: invocations that got no worker.
        connections: share of the buyers' connections that waited for an answer.
    """

    cores: int
    machine: float | None = None
    processors: Mapping[str, float] = field(default_factory=dict)
    busiest: Mapping[str, float] = field(default_factory=dict)
    memory_mib: Mapping[str, float] = field(default_factory=dict)
    available: float | None = None
    dynamodb: float = 0.0
    answer_ms: float = 0.0
    waited: float = 0.0
    workers: Mapping[str, float] = field(default_factory=dict)
    refused: int = 0
    connections: float = 0.0


@dataclass(frozen=True, slots=True)
class End:
    """What ended the rise of the load, and the measurement that says so."""

    resource: LimitingResource
    why: str


def load_between(
    first: Moment, last: Moment, before: Mapping[str, Any], after: Mapping[str, Any], cores: int, busy: float
) -> Load:
    """The load between two moments.

    Args:
        first: the processes at the beginning.
        last: the processes at the end.
        before: the emulator's own sums at the beginning.
        after: the same at the end.
        cores: of the machine.
        busy: the share of the buyers' connections that waited for an answer.
    """
    seconds = last.at - first.at
    processors: dict[str, float] = defaultdict(float)
    busiest: dict[str, float] = defaultdict(float)
    for pid, used in last.processor.items():
        share = (used - first.processor.get(pid, 0.0)) / seconds
        role = last.roles[pid]
        processors[role] += share
        busiest[role] = max(busiest[role], share)
    tables = {name: after["dynamodb"][name] - sums for name, sums in before["dynamodb"].items()}
    workers, refused = {}, 0
    for name, sums in after["workers"].items():
        then = before["workers"].get(name, dict.fromkeys(sums, 0))
        # A call counts when it has ended, so those that began before may add up to more than all of the time.
        workers[name] = round(min(1.0, (sums["busy"] - then["busy"]) / (sums["slots"] * seconds)), 3)
        refused += int(sums["throttled"] - then["throttled"])
    known = first.machine is not None and last.machine is not None
    return Load(
        cores=cores,
        machine=round((last.machine or 0) - (first.machine or 0), 3) / seconds if known else None,
        processors={role: round(share, 3) for role, share in processors.items()},
        busiest={role: round(share, 3) for role, share in busiest.items()},
        memory_mib={role: round(mib) for role, mib in last.memory_mib.items()},
        available=last.available_mib / last.total_mib if last.available_mib and last.total_mib else None,
        dynamodb=round(tables["processor"] / seconds, 3),
        answer_ms=round(1000 * tables["seconds"] / max(1, tables["calls"]), 3),
        waited=round(tables["waited"] / tables["seconds"], 3) if tables["seconds"] else 0.0,
        workers=workers,
        refused=refused,
        connections=round(busy, 3),
    )


def ended_by(load: Load, *, at_rate: bool = False, sold_out: bool = False) -> End:
    """Decide which resource ended the rise.

    Memory and processors are judged first: in front of one that is used up, all queues are full, too.

    Args:
        load: measured while the machine took no more.
        at_rate: whether the rate of the spec was reached.
        sold_out: whether all seats were sold.
    """
    if at_rate:
        return End(LimitingResource.SPEC, "the machine took all of it")
    if sold_out:
        return End(
            LimitingResource.SEATS,
            "all of them were sold before the machine had enough; ask for more with --seats",
        )
    if load.available is not None and load.available < _SCARCE:
        return End(LimitingResource.MEMORY, f"{load.available:.0%} of it was available")
    return _processor(load) or _queue(load) or End(LimitingResource.UNKNOWN, "none of them was used up")


def _processor(load: Load) -> End | None:
    """The processor that is used up most."""
    shares = {role: load.busiest.get(role, 0.0) for role in (EMULATOR, BUYERS, CACHE)}
    role, share = max(shares.items(), key=lambda each: each[1])
    machine = (load.machine or 0.0) / load.cores
    if share >= _FULL and share >= machine:
        used = f"its process used {share:.2f} of the one core that it can use"
        if role != EMULATOR:
            return End(LimitingResource.BUYERS if role == BUYERS else LimitingResource.CACHE, used)
        if load.dynamodb >= share / 2:
            return End(LimitingResource.DYNAMODB, f"{used}, {load.dynamodb:.2f} of it for DynamoDB")
        return End(LimitingResource.EMULATOR, f"{used}, {load.dynamodb:.2f} of it for DynamoDB")
    if machine < _FULL:
        return None
    own = sum(load.processors.values())
    parts = [f"{name} {load.processors.get(name, 0):.2f}" for name in (EMULATOR, FUNCTIONS, CACHE, BUYERS)]
    return End(
        LimitingResource.MACHINE,
        f"{load.machine:.2f} of {load.cores} cores were used: {', '.join(parts)}, "
        f"other programs {max(0.0, (load.machine or 0) - own):.2f}",
    )


def _queue(load: Load) -> End | None:
    """The queue that is full while no processor is."""
    name, share = max(load.workers.items(), key=lambda each: each[1], default=("", 0.0))
    if share >= _FULL or load.refused:
        return End(
            LimitingResource.WORKERS,
            f"{share:.0%} of those of {name} were busy, and {load.refused} calls got none",
        )
    if load.waited >= 0.5:
        return End(
            LimitingResource.LOCK, f"calls waited for others in {load.waited:.0%} of {load.answer_ms:.1f} ms"
        )
    if load.connections >= _FULL:
        return End(LimitingResource.CONNECTIONS, f"{load.connections:.0%} of them waited for an answer")
    return None
