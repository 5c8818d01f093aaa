"""Processes with many buyers, and the answers that the buyers got."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulated_regions import World

from ticketgen.findings import Finding
from ticketgen.history.allowances import Allowances
from ticketgen.history.reading import judge
from ticketgen.history.recorder import Recorder, ledger_lines

__all__ = ["EPOCH", "Crowd", "crowd", "judged"]

EPOCH = time.time() - time.monotonic()
"""The wall clock at the zero of the monotonic clock, which all processes share."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Crowd:
    """Several processes of buyers.

    Attributes:
        processes: the running processes.
        answers: the answers that the buyers got.
        operations: all requests with their answers, as a history has them.
    """

    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    operations: list[dict[str, Any]] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    def go(self) -> None:
        """Release all of them at once."""
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def kill(self, number: int) -> None:
        """Kill a process, wherever it is."""
        self.processes[number].kill()

    def wait(self) -> None:
        """Wait until all have ended."""
        for reader in self._readers:
            reader.join()
        for process in self.processes:
            process.wait()

    def sold(self) -> list[dict[str, Any]]:
        """The distinct orders that were confirmed to buyers."""
        orders = {
            reply["order_id"]: reply
            for reply in self.answers
            if reply["status"] == 201 and "order_id" in reply
        }
        return list(orders.values())

    def statuses(self) -> set[int]:
        """The statuses of all answers."""
        return {reply["status"] for reply in self.answers}


@contextmanager
def crowd(
    world: World, event_id: str, *, processes: int, regions: Sequence[str] | None = None, **plan: Any
) -> Iterator[Crowd]:
    """Start processes of buyers that call the functions of some Regions, or all; they wait for `go`.

    `plan` holds buyers, orders, tries, seats, seconds, a seed, and the functions' environment.
    """
    changes = plan.pop("environment", {})
    people = Crowd()
    endpoints = {region: world.proxy.endpoint(region) for region in regions or world.regions}
    for number in range(processes):
        reply = {
            "endpoints": endpoints,
            "environment": world.environment("ticket_purchase", "", **changes),
            "event_id": event_id,
            "home": world.regions[0],
            "name": f"{plan['seed']}-{number}",
            "epoch": EPOCH,
            **plan,
            "seed": f"{plan['seed']}-{number}",
        }
        folders = [ROOT / "tests" / "functions", ROOT / "tests" / "stack", ROOT / "templates" / "functions"]
        people.processes.append(
            subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("buyers.py")), json.dumps(reply)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
            )
        )
    for process in people.processes:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"ready": True}
        reader = threading.Thread(target=_listen, args=(process, people))
        reader.start()
        people._readers.append(reader)
    try:
        yield people
    finally:
        for process in people.processes:
            process.kill()
            process.wait()
        for reader in people._readers:
            reader.join()
        for process in people.processes:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _listen(process: subprocess.Popen[str], people: Crowd) -> None:
    assert process.stdout is not None
    begun: dict[int, dict[str, Any]] = {}
    for text in process.stdout:
        if not text.endswith("\n"):  # the process was killed
            continue
        line = json.loads(text)
        if line.get("status"):
            people.answers.append(line)
        elif "began" in line:
            begun[line["began"]] = line["operation"]
            people.operations.append(line["operation"])
        elif "ended" in line:
            begun[line["ended"]].update(line["operation"])


def _write_history(world: World, file: Path, *crowds: Crowd, steps: Sequence[dict[str, Any]] = ()) -> None:
    """Write what buyers asked and were told, an operator's steps and the final ledger of all Regions to a history."""
    with file.open("w", encoding="utf-8") as stream:
        recorder = Recorder(stream, EPOCH)
        for people in crowds:
            recorder.write(people.operations)
        recorder.write(steps)
        begin = recorder.now()
        entries = [entry for region in world.regions for entry in world.items("sales", region)]
        recorder.write(ledger_lines(entries, begin, recorder.now()))


def judged(world: World, *crowds: Crowd, steps: Sequence[dict[str, Any]] = ()) -> Sequence[Finding]:
    """What is wrong with the history of a race; the file is in the folder of the world."""
    file = world.folder / "history.jsonl"
    _write_history(world, file, *crowds, steps=steps)
    with file.open("rb") as stream:
        verdict = judge(stream, str(file), Allowances())
    assert verdict.operations
    return verdict.findings
