"""A directory has a budget of work and memory, whatever is in it: see `large_directories` for the attacks."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from large_directories import ATTACKS, DENSE, EXPRESSIONS

from ticketgen.findings import Finding, Severity
from ticketgen.hcl import watchdog
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.raw_tree import read
from ticketgen.hcl.round_trip_process import RoundTrips
from ticketgen.hcl.second_process import ONE_PROCESS
from ticketgen.hcl.watchdog import LimitExceeded, Watchdog
from ticketgen.hcl.weight import upper_bound, weigh
from ticketgen.verification import result_cache
from ticketgen.verification import verify as verification
from ticketgen.verification.admission import admit
from ticketgen.verification.verify import verify_within

SMALL = 4_000
FILE = 2 * 1024 * 1024 - 100
COPIES = 10
"""Ten files of the largest size that is read: 20 MB."""
SECONDS, MEGABYTES = 20, 500
PREFIX = "not checked: too large: "


def too_large(findings: Iterable[Finding]) -> list[Finding]:
    return [each for each in findings if each.message.startswith(PREFIX)]


QUICK = {
    "numbers", "blocks", "interpolations", "directives in a heredoc", "undeclared names", "a cycle", "policies",
    "security groups", "bare ignore comments", "look-alikes", "unknown arguments", "dynamic blocks",
}  # fmt: skip
"""Of the dense texts, one of each kind: so few lines of the others are little work."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(each, marks=pytest.mark.slow if each in DENSE and each not in QUICK else ())
        for each in ATTACKS
    ],
)
def test_a_small_attack_ends_with_its_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The count of steps ends it, long before the time: the result is the same on every machine."""
    budget = Budget()
    budget.left //= 10
    monkeypatch.setenv(ONE_PROCESS, "1")
    monkeypatch.setattr(verification, "Budget", lambda factor: budget)
    found = verify_within(ATTACKS[name](SMALL), rendered=False)
    assert found.cacheable
    assert all(each.severity is Severity.NOTE for each in too_large(found.findings))
    assert bool(too_large(found.findings)) == bool(budget.shortages)


@pytest.mark.parametrize("name", DENSE)
def test_a_weight_is_never_much_less_than_the_tokens(name: str) -> None:
    (text,) = DENSE[name](SMALL).values()
    tree = read(text)
    tokens, waiting = 0, [tree]
    while waiting:
        node = waiting.pop()
        tokens += not hasattr(node, "children")
        waiting += getattr(node, "children", ())
    weight = weigh(text, 10**9).tokens
    assert tokens <= weight * 1.05
    assert weight <= upper_bound(text)


@pytest.mark.parametrize("name", DENSE)
def test_a_count_that_ended_is_over_its_limit(name: str) -> None:
    (text,) = DENSE[name](SMALL).values()
    whole = weigh(text, 10**9).tokens
    for limit in (whole - 1, whole // 2, whole // 3):
        assert weigh(text, limit).tokens > limit


def test_a_count_ends_soon_after_its_limit() -> None:
    assert weigh("a=1\n" * 500_000, 1000).tokens < 20_000


@pytest.mark.parametrize("after", ["", "a = 1\n", "a {}\n"])
@pytest.mark.parametrize("before", ["", "a = 1\n", "a {}\n"])
def test_a_comment_weighs_and_has_a_limit(before: str, after: str) -> None:
    """python-hcl2's lexer takes 200 bytes per character of a ``/* */`` comment, as for strings."""
    weight = weigh(f"{before}/* {'x' * 400_000} */\n{after}", 10**9)
    assert 8_000 < weight.tokens < 12_000
    assert 400_000 <= weight.longest < 400_100
    assert weigh(f"{before}# {'x' * 400_000}\n{after}", 10**9).longest < 100


def test_characters_beyond_ascii_weigh_more() -> None:
    usual, others = (weigh(f"# {mark * 100_000}\n", 10**9).tokens for mark in "x\u200d")
    assert others > 2 * usual


def locals_of(tokens: int) -> str:
    return "locals {\n  a = [" + "1," * (tokens // 2) + "]\n}\n"


def test_heavy_files_keep_no_other_file_from_being_checked() -> None:
    texts = {"a.tf": locals_of(250), "b/main.tf": "locals {\n  x = var.y\n}\n", "z.tf": locals_of(200)}
    budget = Budget()
    budget.tokens, budget.tokens_per_file = 300, 300
    admitted = admit(texts, {}, budget, rendered=False)
    assert list(admitted.terraform) == ["b/main.tf", "z.tf"]
    (finding,) = admitted.findings
    assert finding.location is not None
    assert (finding.location.file, finding.rule, finding.severity) == ("a.tf", "not-checked", Severity.NOTE)


def test_files_over_the_budget_are_named_up_to_twenty() -> None:
    budget = Budget()
    budget.tokens, budget.tokens_per_file = 0, 0
    found = admit({f"{each:03}.tf": "a{}\n" for each in range(100)}, {}, budget, rendered=False).findings
    assert [each.location is None for each in found] == [False] * 20 + [True]
    assert "80 more files" in found[-1].message


@pytest.mark.parametrize("ours", [False, True])
def test_a_directory_over_its_steps_keeps_the_findings_made_before(
    ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ONE_PROCESS, "1")
    text = ATTACKS["join doubles"](SMALL)["main.tf"] + 'output "o" {\n  value = var.undeclared\n}\n'
    small = Budget()
    small.left = small.steps = 100
    monkeypatch.setattr(verification, "Budget", lambda factor: small)
    found = verify_within({"main.tf": text}, rendered=ours)
    assert "undeclared-reference" in {each.rule for each in found.findings}
    (finding, *_) = too_large(found.findings)
    assert (finding.rule, finding.severity) == ("not-checked", Severity.ERROR if ours else Severity.NOTE)
    assert found.cacheable


def test_only_repeated_calls_of_modules_multiply() -> None:
    def modules(count: int, *, folders: int) -> dict[str, str]:
        calls = (f'module "m{i}" {{\n  source = "./m{i % folders}"\n}}\n' for i in range(count))
        return {"main.tf": "".join(calls), **{f"m{i}/main.tf": "locals {}\n" for i in range(folders)}}

    def is_short(files: Mapping[str, str], factor: int = 1) -> bool:
        return any(
            "multiply" in each.message
            for each in verify_within(files, rendered=False, budget=factor).findings
        )

    assert not is_short(modules(900, folders=900))
    assert is_short(modules(900, folders=1))
    assert not is_short(modules(900, folders=1), factor=2)


def test_a_budget_has_a_factor() -> None:
    """What is too large for the default is not for ten times as much."""
    text = locals_of(200_000)
    (finding,) = admit({"a.tf": text}, {}, Budget(), rendered=False).findings
    assert finding.message.startswith(PREFIX)
    assert not admit({"a.tf": text}, {}, Budget(10), rendered=False).findings


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Budget:
    """The references are checked without an end, and a budget of a tenth of a second."""
    from ticketgen.verification import levels

    def check(module: object) -> Iterable[Finding]:
        yield from ()
        while True:
            pass

    budget = Budget()
    budget.seconds = 0.5
    monkeypatch.setenv(ONE_PROCESS, "1")
    monkeypatch.setattr(levels, "check_unused", check)
    monkeypatch.setattr(verification, "Budget", lambda factor: budget)
    return budget


def test_endless_work_is_stopped_and_earlier_findings_are_kept(endless: Budget) -> None:
    found = verify_within({"main.tf": "locals {\n  a = var.b\n}\n"}, rendered=False)
    assert not found.cacheable
    assert [each.rule for each in found.findings] == ["undeclared-reference", "not-checked"]
    assert "0 seconds of processor time" in found.findings[-1].message


def test_a_result_cut_short_by_time_is_not_cached(
    endless: Budget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[object] = []
    monkeypatch.setattr(result_cache, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(result_cache, "store", lambda *arguments: stored.append(arguments))
    assert result_cache.verify_cached({"main.tf": "locals {}\n"}, rendered=False)
    assert stored == []


def test_memory_is_bounded() -> None:
    hoard: list[bytearray] = []

    def fill() -> None:
        with Watchdog(60, 50_000_000):
            while len(hoard) < 2000:
                hoard.append(bytearray(b"x" * 1_000_000))
                sum(range(10_000))

    with pytest.raises(LimitExceeded, match="MB of memory"):
        fill()
    assert len(hoard) < 1000


def test_the_watchdog_interrupts_regular_expressions_and_bypasses_handlers() -> None:
    def search() -> None:
        with Watchdog(0.2, 10**12), contextlib.suppress(Exception):
            re.match("(a+)+$", "a" * 60 + "b")

    with pytest.raises(LimitExceeded):
        search()


def test_the_timer_is_restored() -> None:
    import signal

    before = signal.getsignal(signal.SIGPROF)
    with Watchdog(60, 10**12):
        assert signal.getitimer(signal.ITIMER_PROF) != (0.0, 0.0)
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_the_second_process_ends_with_the_first() -> None:
    program = (
        "import os, signal, time\n"
        "from ticketgen.hcl.round_trip_process import RoundTrips\n"
        "trips = RoundTrips({f'{each}.tf': 'a = [' + '1,' * 60000 + ']\\n' for each in range(50)})\n"
        "while not list(trips.process.processes()): time.sleep(0.01)\n"
        "time.sleep(2)\n"
        "print(*trips.process.processes(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    second = int(done.stdout)
    end = time.monotonic() + 60
    while alive(second) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(second)


def test_the_second_process_is_stopped_at_its_limits() -> None:
    budget = Budget()
    budget.seconds = 1.0
    trips = RoundTrips({f"{each}.tf": locals_of(60_000) for each in range(5)}, budget)
    assert len(trips.differences()) < 5
    assert trips.process.overrun


def test_a_second_process_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "hangs"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    budget = Budget()
    budget.seconds = 0.05
    trips = RoundTrips({"a.tf": "a = 1\n"}, budget)
    assert trips.differences() == {}
    assert not list(trips.process.processes())


def children(process: int) -> list[int]:
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += [each for child in task.read_text().split() for each in children(int(child))]
        except OSError:
            continue
    return found


def measured(folder: Path, environment: Mapping[str, str]) -> tuple[int, float, int, str]:
    """Validate a folder: exit code, processor seconds, peak of the memory of all processes together, and report."""
    with (folder.parent / "report").open("w+b") as report:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticketgen", "validate", str(folder)],
            stdout=report,
            stderr=report,
            env={**os.environ, **environment},
        )
        peak, end = 0, time.monotonic() + 30 * SECONDS
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            if time.monotonic() > end:
                process.kill()
            peak = max(peak, sum(map(watchdog.resident_bytes, children(process.pid))))
            time.sleep(0.02)
        report.seek(0)
        text = report.read().decode()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, peak, text


IN_CI = ("numbers",)
"""The attacks that `make prove` runs at full size; `make exhaust` runs all."""


def heaviest(name: str) -> int:
    """The largest size at which the files of an attack are still parsed, up to the largest that is read."""
    low, high, budget = SMALL, FILE, Budget()
    while high - low > low // 20:
        middle = (low + high) // 2
        files = ATTACKS[name](middle)
        if admit(files, {}, budget, rendered=False).findings:
            high = middle
        else:
            low = middle
    return low


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="measures memory in /proc")
@pytest.mark.parametrize("edge", [False, True], ids=["20 MB", "just within"])
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in IN_CI else pytest.mark.exhaustive)
        for name in ATTACKS
        if name not in EXPRESSIONS
    ],
)
def test_no_directory_of_20_mb_takes_more_than_its_budget(
    name: str, edge: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processor time is that of one idle core, so it is compared with half as much again."""
    size, copies = (heaviest(name), 2) if edge else (FILE, COPIES)
    for copy in range(copies):
        for path, text in ATTACKS[name](size).items():
            file = tmp_path / "stack" / f"{copy}" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    code, seconds, peak, report = measured(
        tmp_path / "stack", {"TICKETGEN_CACHE_DIR": str(tmp_path / "cache")}
    )
    assert code in {0, 1}, report[-2000:]
    assert seconds < SECONDS * 1.5
    assert peak < MEGABYTES * 1_000_000
    assert "processor time" not in report  # the counted budget suffices
