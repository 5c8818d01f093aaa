"""A deterministic scheduler that runs programs in every order that makes a difference.

The programs are the real functions and scripts, as rendered. The scheduler decides *when* they proceed: each call
waits until the scheduler passes it on to the real DynamoDB Local, and clocks and sleeps are the scheduler's. At each
step the scheduler may pass on one program's call, lose its answer, drop it, pass it on later, after its program has
given it up, kill the program before or after it, deliver one replicated item, or advance the time. `explore` tries
all of these choices, run by run, and skips orders that only swap adjacent independent steps (sleep sets, P.
Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", LNCS 1032).
"""

from __future__ import annotations

import hashlib
import itertools
import threading
import time as real_time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

from botocore.exceptions import ClientError, ReadTimeoutError
from replication import GLOBAL_TABLES, Body, Replication

__all__ = ["INSTEAD", "Run", "explore", "random_choice", "within"]

START = 1_800_000_000.0  # initial clock: every run begins at the same moment
SHORT = 0.45  # seconds: a program that waits no longer than this before a retry resumes immediately

Place = tuple[str, str, str]  # Region, table, key; "*" is any


class Killed(BaseException):
    """The program ends here, like a killed process."""


class Pruned(Exception):
    """Another run covers this one."""


@dataclass(frozen=True, slots=True)
class Action:
    """A possible next step: its program, its kind, and the places that it reads and writes."""

    program: str
    what: str
    subject: str
    reads: frozenset[Place] = frozenset()
    writes: frozenset[Place] = frozenset()

    def independent(self, other: Action) -> bool:
        """Whether the order of the two makes no difference."""
        if self.program == other.program or "time" in (self.what, other.what):
            return False
        return not (
            _meet(self.writes, other.writes)
            or _meet(self.writes, other.reads)
            or _meet(self.reads, other.writes)
        )


def _meet(some: frozenset[Place], others: frozenset[Place]) -> bool:
    return any(a[:2] == b[:2] and (a[2] == b[2] or "*" in (a[2], b[2])) for a in some for b in others)


@dataclass
class Program:
    """One program of a run, and the call that it waits for."""

    name: str
    deadline: float = float("inf")  # clock time at which it is killed: a function's timeout
    call: tuple[str, str, Body] | None = None
    sleeps_until: float | None = None
    ended: bool = False
    answer: Any = None
    tokens: Iterator[int] = field(default_factory=itertools.count)
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


_here = threading.local()  # the run and program of each thread


class Run:
    """One run of some programs.

    Args:
        event_id: the event of the run. Each run has its own event, so that runs need no clean-up.
        send: makes a call in a Region immediately.
        choose: picks one of several actions. It sees one name for all events, so that it recognizes a run's steps.
        replication: receives writes to global tables; its parcels are delivered one by one.
        faults: the maximum number of faults in the run, and their kinds: lose, drop, late, kill and die (after the
            call).
        late_seconds: how long after it was sent a call may be executed.

    Attributes:
        trace: what happened, step by step.
        sent: the messages that were sent to queues.
    """

    def __init__(
        self,
        event_id: str,
        send: Callable[[str, str, Body], tuple[int, Body]],
        choose: Callable[[Sequence[Action]], Action],
        replication: Replication | None = None,
        faults: int = 0,
        kinds: Sequence[str] = ("lose", "drop", "late", "kill", "die"),
        late_seconds: float = float("inf"),
    ) -> None:
        self.event_id, self.now = event_id, START
        self.trace: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self._send, self._choose, self._replication = send, choose, replication
        self._faults, self._kinds = faults, kinds
        self._programs: dict[str, Program] = {}
        self._late_seconds = late_seconds
        # Calls that their programs have given up, and until when.
        self._late: list[tuple[float, str, str, Body]] = []
        self._parked = threading.Semaphore(0)

    def spawn(self, name: str, work: Callable[[], None]) -> None:
        """Add a program, which starts when `go` is called."""
        program = self._programs[name] = Program(name)

        def body() -> None:
            _here.run, _here.program = self, program
            program.go.acquire()
            try:
                work()
            except Killed:
                self.trace.append(f"{name} is dead")
            except BaseException as error:
                program.answer = error
            program.ended = True
            self._parked.release()

        threading.Thread(target=body, daemon=True).start()

    def go(self) -> None:
        """Run all programs to their ends; items may still be in transit.

        Raises:
            Pruned: the chooser found that another run covers this one.
        """
        try:
            for program in list(self._programs.values()):
                self._resume(program)
            # Items in transit when the last program ends stay in transit.
            while any(not program.ended for program in self._programs.values()):
                actions = self._actions()
                self._do(self._choose(actions))
            for until, region, operation, body in self._late:
                if self.now <= until:  # even a call that is executed after all answers must not refute them
                    self.trace.append(f"late: land {operation} in {region}")
                    self._write_or_send(region, operation, body)
        finally:
            self.end()
        for program in self._programs.values():
            if program.answer is not None:
                raise program.answer

    def end(self) -> None:
        """Kill the remaining programs."""
        for program in self._programs.values():
            if not program.ended:
                self._resume(program, Killed())

    def _resume(self, program: Program, answer: Any = None) -> None:
        program.call, program.sleeps_until, program.answer = None, None, answer
        program.go.release()
        self._parked.acquire()

    def _actions(self) -> list[Action]:
        found = []
        sleepers = [program for program in self._programs.values() if program.sleeps_until is not None]
        for program in self._programs.values():
            if program.ended or program.call is None:
                continue
            region, operation, body = program.call
            reads, writes = self._footprint(region, operation, body)
            subject = f"{operation} in {region}"
            kinds = ["call", *(self._kinds if self._faults and writes else ())]
            found += [Action(program.name, kind, subject, reads, writes) for kind in kinds]
        if self._replication is not None:
            for source, target, table, name in self._replication.parcels():
                name = name.replace(self.event_id, "EVENT")
                place = frozenset({(target, table, name)})
                way = f"{source}>{target} {table} {name}"
                found.append(Action(f"replication {way}", "deliver", way, writes=place))
        self._late = [call for call in self._late if self.now <= call[0]]
        for number, (_, region, operation, body) in enumerate(self._late):
            reads, writes = self._footprint(region, operation, body)
            found.append(Action(f"late {number}", "land", f"{operation} in {region}", reads, writes))
        if sleepers:
            # A program in a call has until its timeout: the call passes before that, or never.
            found.append(Action("", "time", f"to {min(s.sleeps_until or 0 for s in sleepers)}"))
        return found

    def _do(self, action: Action) -> None:
        self.trace.append(f"{action.program}: {action.what} {action.subject}")
        if action.what == "deliver":
            assert self._replication is not None
            self._replication.deliver_parcel(action.subject.replace("EVENT", self.event_id))
            return
        if action.what == "time":
            self._pass_time()
            return
        if action.what == "land":
            self._write_or_send(*self._late.pop(int(action.program.split()[1]))[1:])
            return
        program = self._programs[action.program]
        assert program.call is not None
        region, operation, body = program.call
        if action.what != "call":
            self._faults -= 1
        if action.what in ("call", "lose", "die"):
            status, answer = self._write_or_send(region, operation, body)
        if action.what in ("kill", "die"):
            self._resume(program, Killed())
        elif action.what in ("lose", "drop", "late"):
            if action.what == "late":
                self._late.append((self.now + self._late_seconds, region, operation, body))
            self._resume(program, ReadTimeoutError(endpoint_url="https://dynamodb"))
        else:
            self._resume(program, answer if status == 200 else _error(operation, status, answer))

    def _write_or_send(self, region: str, operation: str, body: Body) -> tuple[int, Body]:
        # The token is the same in every run, but DynamoDB must never see it twice.
        if token := body.get("ClientRequestToken"):
            token = hashlib.sha256(f"{self.event_id} {token}".encode()).hexdigest()[:32]
            body = {**body, "ClientRequestToken": token}
        if self._replication is not None and operation not in (
            "GetItem",
            "Query",
            "Scan",
            "TransactGetItems",
        ):
            return self._replication.write(region, operation, body)
        return self._send(region, operation, body)

    def _pass_time(self) -> None:
        sleepers = [program for program in self._programs.values() if program.sleeps_until is not None]
        first = min(sleepers, key=lambda program: program.sleeps_until or 0)
        self.now = max(self.now, first.sleeps_until or 0)
        for program in self._programs.values():
            if not program.ended and program.deadline < self.now:
                self._resume(program, Killed())
        if not first.ended:
            self._resume(first)

    def wait_for(self, program: Program) -> Any:
        """Park the calling program until it is resumed."""
        self._parked.release()
        program.go.acquire()
        if isinstance(program.answer, BaseException):
            error, program.answer = program.answer, None
            raise error
        answer, program.answer = program.answer, None
        return answer

    def _footprint(
        self, region: str, operation: str, body: Body
    ) -> tuple[frozenset[Place], frozenset[Place]]:
        """The places that a call reads and writes."""
        reads: set[Place] = set()
        writes: set[Place] = set()
        for kind, action in _single(operation, body):
            place = region, action["TableName"], _key(action).replace(self.event_id, "EVENT")
            (reads if kind in ("Get", "ConditionCheck", "Query", "Scan") else writes).add(place)
        return frozenset(reads), frozenset(writes)


def within(seconds: float) -> None:
    """Kill the calling program if it takes longer than this from now on, like a function's timeout."""
    _here.program.deadline = _here.run.now + seconds


class _Client:
    """The programs' DynamoDB client."""

    def __init__(self, region: str) -> None:
        self._region = region
        self.meta = MagicMock()  # parses an answer's body, which is never text here

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(word.title() for word in method.split("_"))

        def call(**parameters: Any) -> Any:
            _here.program.call = self._region, operation, parameters
            return _here.run.wait_for(_here.program)

        return call


class _Queue:
    """The programs' SQS client. A message is sent at the call before it: what happens between them happens to both."""

    def send_message(self, **message: Any) -> None:
        _here.run.sent.append(message)


def _client(service: str, *, region_name: str, **options: Any) -> Any:
    return {"dynamodb": lambda: _Client(region_name), "sqs": _Queue}[service]()


def _time() -> float:
    run = getattr(_here, "run", None)
    return START if run is None else float(run.now)


def _sleep(seconds: float) -> None:
    if seconds < SHORT:
        _here.run.now += seconds
        return
    _here.program.sleeps_until = _here.run.now + seconds
    _here.run.wait_for(_here.program)


def _token(size: int) -> str:
    """Deterministic replacements for random values, so that a run can be repeated up to any step."""
    text = f"{_here.program.name} {next(_here.program.tokens)}"
    return hashlib.sha256(text.encode()).hexdigest()[: 2 * size]


def _sha256(data: bytes) -> Any:
    """A digest that is the same for every event, so that a run can be repeated with another one."""
    run = getattr(_here, "run", None)
    return hashlib.sha256(data if run is None else data.replace(run.event_id.encode(), b"EVENT"))


class _OneByOne:
    """A thread pool without threads, because the scheduler decides what runs at once."""

    def __init__(self, workers: int = 0) -> None:
        pass

    def __enter__(self) -> _OneByOne:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def map(self, work: Callable[..., Any], *arguments: Iterable[Any]) -> list[Any]:
        return [work(*each) for each in zip(*arguments, strict=False)]


INSTEAD: Mapping[str, Any] = {
    "concurrent.futures": SimpleNamespace(ThreadPoolExecutor=_OneByOne),
    "hashlib": SimpleNamespace(sha256=_sha256),
    "boto3": SimpleNamespace(client=_client),
    "random": SimpleNamespace(uniform=lambda low, high: (low + high) / 2),
    "secrets": SimpleNamespace(token_hex=_token),
    "time": SimpleNamespace(time=_time, monotonic=_time, sleep=_sleep),
}
"""What the programs import instead."""


def _error(operation: str, status: int, answer: Body) -> ClientError:
    """The error that botocore raises for an answer."""
    code = answer.get("__type", "").rpartition("#")[2]
    message = answer.get("message") or answer.get("Message")
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **{name: value for name, value in answer.items() if name == "CancellationReasons"},
    }
    return ClientError(response, operation)


def _single(operation: str, body: Body) -> Iterator[tuple[str, Body]]:
    if operation.startswith("Transact"):
        for step in body["TransactItems"]:
            yield from step.items()
    elif operation == "BatchWriteItem":
        for table, requests in body["RequestItems"].items():
            for request in requests:
                for kind, action in request.items():
                    yield kind, {"TableName": table, **action}
    else:
        yield operation.removesuffix("Item"), body


def _key(action: Body) -> str:
    subject = action.get("Key") or action.get("Item")
    if subject is None:
        return "*"
    names = next((key for table, key in KEYS.items() if action["TableName"].find(table) >= 0), ("lock_key",))
    return Replication.key_name({name: subject[name] for name in names})


KEYS: Mapping[str, Sequence[str]] = GLOBAL_TABLES


@dataclass
class _Node:
    actions: Sequence[Action]
    sleep: frozenset[Action]
    done: list[Action] = field(default_factory=list)
    chosen: Action | None = None

    def next(self) -> bool:
        """Advance to the next action that no other run covers."""
        if self.chosen is not None:
            self.done.append(self.chosen)
        self.chosen = next((a for a in self.actions if a not in self.sleep and a not in self.done), None)
        return self.chosen is not None


def explore(
    run: Callable[[Callable[[Sequence[Action]], Action]], None], seconds: float = float("inf")
) -> tuple[int, bool]:
    """Make a run for every order of steps that makes a difference.

    Args:
        run: makes one run with the given function that chooses; it may raise `Pruned`.
        seconds: no new run begins after this time.

    Returns:
        The number of runs, and whether they were exhaustive.
    """
    path: list[_Node] = []
    started, runs = real_time.monotonic(), 0
    while True:
        depth = 0

        def choose(actions: Sequence[Action]) -> Action:
            nonlocal depth
            if depth == len(path):
                before = path[-1] if path else None
                asleep: frozenset[Action] = frozenset()
                if before is not None and before.chosen is not None:
                    known = (*before.sleep, *before.done)
                    asleep = frozenset(a for a in known if a.independent(before.chosen))
                node = _Node(actions, asleep)
                if not node.next():
                    raise Pruned
                path.append(node)
            node = path[depth]
            depth += 1
            assert node.chosen in actions, "the programs are not deterministic"
            assert node.chosen is not None
            return node.chosen

        try:
            run(choose)
            runs += 1
        except Pruned:
            pass
        while path and not path[-1].next():
            path.pop()
        if not path:
            return runs, True
        if real_time.monotonic() - started > seconds:
            return runs, False


def random_choice(chance: Any) -> Callable[[Sequence[Action]], Action]:
    """Choose at random, with a fault in one of ten choices."""

    def choose(actions: Sequence[Action]) -> Action:
        calm = [action for action in actions if action.what in ("call", "deliver", "time")]
        picked: Action = chance.choice(list(actions) if chance.random() < 0.1 else calm or list(actions))
        return picked

    return choose
