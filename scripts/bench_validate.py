"""Compare `ticketgen validate` with `terraform validate`, in one run, in time and in memory.

    python scripts/bench_validate.py [ROUNDS]

On the prod stack of the demo in twelve Regions, its providers installed. Programs take turns, so that whatever else the
machine does meets all of them; each figure is the median. Memory is that of the largest process of each program, in
the round where it was most. Exits with 1 where an objective is missed by more than its slack: half as much again for
a time, in processor time as well, since a shared machine is no ruler; none for memory, which is the same everywhere.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SLACK = 1.5
TICKETGEN = [sys.executable, "-m", "ticketgen"]


@dataclass
class Program:
    """One contestant.

    Attributes:
        name: as the table shows it.
        command: what is run.
        environment: added to this process's.
        before: what puts everything in place for a run.
        seconds, processor_seconds, kilobytes: of each run so far.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    kilobytes: list[int] = field(default_factory=list)

    def run(self) -> None:
        """Run once, and measure."""
        self.before()
        begin = time.perf_counter()
        process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds.append(time.perf_counter() - begin)
        self.processor_seconds.append(usage.ru_utime + usage.ru_stime)
        self.kilobytes.append(usage.ru_maxrss)  # of it and of those it waited for, whichever was largest
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{self.name} failed:\n{said}")

    @property
    def time(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)

    @property
    def processor_time(self) -> float:
        """Seconds, of it and of those it waited for."""
        return statistics.median(self.processor_seconds)

    @property
    def memory(self) -> float:
        """MB."""
        return max(self.kilobytes) / 1024


@dataclass(frozen=True)
class Objective:
    """``actual`` is to be at most ``limit``; ``missed`` says that it is more than its slack lets through."""

    what: str
    actual: float
    limit: float
    missed: bool

    def __str__(self) -> str:
        verdict = "reached" if self.actual <= self.limit else "missed"
        return f"{self.what}: {self.actual:.3f}, at most {self.limit:.3f}: {verdict}"


def faster(what: str, one: Program, other: Program, limit: float) -> Objective:
    """One program's time is a part of another's."""
    least = min(one.time / other.time, one.processor_time / other.processor_time)
    return Objective(what, one.time / other.time, limit, missed=least > limit * SLACK)


def spec(folder: Path, regions: list[str]) -> Path:
    """The demo's spec with other Regions, in a folder of its own."""
    text = (ROOT / "examples/tap-marketplace/ticketgen.yaml").read_text("utf-8")
    begin = text.index("regions:")
    end = text.index("]", begin) + 1
    text = f"{text[:begin]}regions: [{', '.join(regions)}]{text[end:]}"
    primary, secondary = [*regions, "null"][:2]
    lines = []
    for line in text.splitlines():
        if line.startswith("primary_region:"):
            line = f"primary_region: {primary}"
        elif line.startswith("secondary_region:"):
            line = f"secondary_region: {secondary}"
        elif line.startswith("  dev:"):  # it names Regions of its own
            continue
        lines.append(line)
    from ticketgen.aws.regions import REGIONS

    opt_in = [region for region in regions if REGIONS[region].opt_in]
    lines.append(f"opt_in_regions: [{', '.join(opt_in)}]")
    folder.mkdir(parents=True)
    (folder / "ticketgen.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "ticketgen.yaml"


def rendered(folder: Path, regions: list[str]) -> Path:
    """The prod stack in some Regions, on the disk."""
    path = spec(folder, regions)
    subprocess.run(
        [*TICKETGEN, "render", "--env", "prod", "--spec", str(path)], check=True, capture_output=True
    )
    return folder / "stacks/prod"


def main() -> None:
    """Measure, print, judge."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    if not shutil.which("terraform"):
        sys.exit("terraform is not on the PATH")
    from ticketgen.aws.regions import COMMERCIAL

    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        demo = ROOT / "examples/tap-marketplace/ticketgen.yaml"
        project = work / "twelve"
        project.mkdir()
        shutil.copy(demo, project / "ticketgen.yaml")
        subprocess.run(
            [*TICKETGEN, "render", "--env", "prod", "--spec", str(project / "ticketgen.yaml")],
            check=True,
            capture_output=True,
        )
        twelve = project / "stacks/prod"
        every = sorted(COMMERCIAL, key=lambda region: (region != "us-east-1", region != "us-west-2", region))
        one, all_regions = rendered(work / "one", ["us-east-1"]), rendered(work / "all", every)
        bare = work / "terraform"
        shutil.copytree(twelve, bare)
        subprocess.run(
            ["terraform", f"-chdir={bare}", "init", "-backend=false", "-input=false"],
            check=True,
            capture_output=True,
        )
        programs = contestants(work, twelve, one, all_regions, bare, project)
        for program in programs.values():
            if program.name.startswith("ticketgen"):
                program.run()  # once for the grammar, which may be there
                program.seconds.clear()
                program.processor_seconds.clear()
                program.kilobytes.clear()
        for _ in range(rounds):
            for program in programs.values():
                program.run()
    sys.exit(judged(programs, len(every)))


def contestants(
    work: Path, twelve: Path, one: Path, all_regions: Path, bare: Path, project: Path
) -> Mapping[str, Program]:
    """The programs by a short name."""
    kept, fresh = work / "kept", work / "fresh"
    own = {"TICKETGEN_CACHE_DIR": str(kept)}

    def forget_results() -> None:
        for path in kept.glob("verified-*"):
            path.unlink()

    def forget_all() -> None:
        shutil.rmtree(fresh, ignore_errors=True)

    def validate(folder: Path) -> list[str]:
        return [*TICKETGEN, "validate", str(folder)]

    return {
        "terraform": Program("terraform validate", ["terraform", f"-chdir={bare}", "validate"]),
        "cold": Program("ticketgen validate, cold", validate(twelve), own, forget_results),
        "grammar": Program(
            "ticketgen validate, without the compiled grammar",
            validate(twelve),
            {"TICKETGEN_CACHE_DIR": str(fresh)},
            forget_all,
        ),
        "warm": Program(
            "ticketgen validate, warm", validate(twelve), {"TICKETGEN_CACHE_DIR": str(work / "warm")}
        ),
        "render": Program(
            "ticketgen render --env prod --check, cold",
            [*TICKETGEN, "render", "--env", "prod", "--check", "--spec", str(project / "ticketgen.yaml")],
            own,
            forget_results,
        ),
        "render, nothing kept": Program(
            "ticketgen render --env prod --check, nothing kept",
            [*TICKETGEN, "render", "--env", "prod", "--check", "--spec", str(project / "ticketgen.yaml")],
            {"TICKETGEN_CACHE_DIR": str(fresh)},
            forget_all,
        ),
        "one": Program("ticketgen validate, one Region, cold", validate(one), own, forget_results),
        "all": Program("ticketgen validate, every Region, cold", validate(all_regions), own, forget_results),
    }


def judged(programs: Mapping[str, Program], regions: int) -> int:
    """Print what was measured; the exit code."""
    terraform = programs["terraform"]
    print(f"{'':52}{'seconds':>9}{'ratio':>9}{'processor':>11}{'ratio':>9}{'MB':>7}{'ratio':>9}")
    for program in programs.values():
        pairs = [
            (program.time, terraform.time, "9.2f"),
            (program.processor_time, terraform.processor_time, "11.2f"),
            (program.memory, terraform.memory, "7.0f"),
        ]
        cells = (f"{own:{format}}{f'1/{other / own:.1f}':>9}" for own, other, format in pairs)
        print(f"{program.name:52}{''.join(cells)}")
    cold = programs["cold"]
    memory = cold.memory / terraform.memory
    objectives = [
        faster("cold, of terraform's time", cold, terraform, 1 / 6),
        faster("warm, of terraform's time", programs["warm"], terraform, 1 / 30),
        Objective("memory, of terraform's largest process", memory, 1 / 5, missed=memory > 1 / 5),
        faster(f"{regions} Regions, of one Region's time", programs["all"], programs["one"], 2),
        faster("render --env prod, of our cold time", programs["render"], cold, 1.5),
    ]
    print(*objectives, f"(on towards: cold, {1 / 10:.3f} of terraform's time)", sep="\n")
    return int(any(objective.missed for objective in objectives))


if __name__ == "__main__":
    main()
