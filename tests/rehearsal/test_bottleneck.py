"""Which resource ended the rise of a load follows from what was measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ticketgen.rehearsal.bottleneck import LimitingResource, Load, ended_by, load_between
from ticketgen.rehearsal.process_usage import BUYERS, CACHE, EMULATOR, FUNCTIONS, Moment, look

IDLE = Load(
    cores=4,
    machine=1.0,
    processors={EMULATOR: 0.4, FUNCTIONS: 0.3, CACHE: 0.05, BUYERS: 0.2},
    busiest={EMULATOR: 0.4, FUNCTIONS: 0.1, CACHE: 0.05, BUYERS: 0.2},
    available=0.5,
    dynamodb=0.1,
    answer_ms=2.0,
    waited=0.1,
    workers={"purchase@us-east-1": 0.3, "seats@us-east-1": 0.1},
    connections=0.2,
)


def busy(role: str, share: float) -> dict[str, Any]:
    return {"busiest": {**IDLE.busiest, role: share}}


@pytest.mark.parametrize(
    ("change", "resource", "why"),
    [
        ({}, LimitingResource.UNKNOWN, "none"),
        ({"available": 0.01}, LimitingResource.MEMORY, "1%"),
        ({"machine": 3.9}, LimitingResource.MACHINE, "other programs 2.95"),
        ({**busy(EMULATOR, 0.97), "dynamodb": 0.6}, LimitingResource.DYNAMODB, "0.60"),
        (busy(EMULATOR, 0.97), LimitingResource.EMULATOR, "0.97"),
        (busy(BUYERS, 0.99), LimitingResource.BUYERS, "0.99"),
        (busy(CACHE, 0.9), LimitingResource.CACHE, "0.90"),
        ({"workers": {"purchase@us-east-1": 0.98}}, LimitingResource.WORKERS, "purchase@us-east-1"),
        ({"refused": 3}, LimitingResource.WORKERS, "3 calls"),
        ({"waited": 0.7}, LimitingResource.LOCK, "70%"),
        ({"connections": 0.95}, LimitingResource.CONNECTIONS, "95%"),
        # A queue in front of a processor that is used up is full, too.
        (
            {**busy(EMULATOR, 0.97), "workers": {"a": 1.0}, "waited": 0.9, "refused": 9},
            LimitingResource.EMULATOR,
            "0.97",
        ),
        ({"machine": 4.0, "workers": {"a": 1.0}, "connections": 1.0}, LimitingResource.MACHINE, "4.00 of 4"),
        # A process that needs a core, and gets only a part of it, has not ended the rise.
        ({**busy(EMULATOR, 0.86), "machine": 3.99}, LimitingResource.MACHINE, "3.99"),
        ({"machine": None, "available": None, "connections": 0.95}, LimitingResource.CONNECTIONS, "95%"),
    ],
)
def test_the_resource_that_is_used_up_ended_it(
    change: dict[str, Any], resource: LimitingResource, why: str
) -> None:
    end = ended_by(replace(IDLE, **change))
    assert end.resource is resource
    assert why in end.why


def test_nothing_ended_it_at_the_rate_of_the_spec_or_without_seats() -> None:
    full = replace(IDLE, machine=4.0)
    assert ended_by(full, at_rate=True).resource is LimitingResource.SPEC
    assert ended_by(full, sold_out=True).resource is LimitingResource.SEATS


def sums(calls: int, seconds: float, throttled: int, busy: float) -> dict[str, Any]:
    worker = {"slots": 4, "calls": calls, "busy": busy, "waited": 0.0, "throttled": throttled}
    return {
        "dynamodb": {"calls": calls, "waited": seconds / 2, "seconds": seconds, "processor": seconds / 4},
        "workers": {"purchase@us-east-1": worker} if calls else {},
    }


def test_the_load_is_what_was_used_between_two_moments() -> None:
    roles = {1: EMULATOR, 2: FUNCTIONS, 3: FUNCTIONS, 4: BUYERS}
    first = Moment(100.0, {1: 5.0, 2: 1.0, 4: 2.0}, roles, 50.0, {}, 500.0, 1000.0)
    last = Moment(110.0, {1: 14.0, 2: 2.0, 3: 3.0, 4: 4.0}, roles, 67.0, {EMULATOR: 300.4}, 250.0, 1000.0)
    load = load_between(first, last, sums(0, 0.0, 0, 0.0), sums(400, 8.0, 2, 36.0), 2, 0.25)
    assert load.processors == {EMULATOR: 0.9, FUNCTIONS: 0.4, BUYERS: 0.2}
    assert load.busiest == {EMULATOR: 0.9, FUNCTIONS: 0.3, BUYERS: 0.2}
    assert (load.machine, load.available, load.memory_mib) == (1.7, 0.25, {EMULATOR: 300})
    assert (load.dynamodb, load.answer_ms, load.waited) == (0.2, 20.0, 0.5)
    assert (load.workers, load.refused) == ({"purchase@us-east-1": 0.9}, 2)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")
def test_processes_are_told_apart_by_their_place_below_the_emulator() -> None:
    wait = "import sys; sys.stdin.read()"
    fork = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {wait!r}])"
    start = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {fork!r}])\n"
        f"subprocess.Popen([sys.executable, '-c', {wait!r}, '--unixsocket'])\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE) as emulator:
        assert emulator.stdin is not None
        deadline = time.monotonic() + 60
        while len((moment := look(emulator.pid)).roles) < 5 and time.monotonic() < deadline:
            time.sleep(0.1)
        emulator.stdin.close()
    assert moment.roles[os.getpid()] == BUYERS
    assert moment.roles[emulator.pid] == EMULATOR
    assert sorted(moment.roles.values()) == [BUYERS, CACHE, EMULATOR, FUNCTIONS, FUNCTIONS]
    assert moment.memory_mib[EMULATOR] > 1
    assert moment.machine is not None
