"""Compare `ticketgen validate` with `terraform validate` in one run.

    python scripts/bench_validate.py [ROUNDS]

Both check the demo's prod stack in twelve Regions, with its providers installed: Terraform one root module after the
other, because it has no command for all of them, and only in the first round. The other programs alternate, so that
other load on the machine affects all of them. Times are medians. Memory is the maximum over all rounds of the largest
process of a program. The exit code is 1 if an objective is missed by more than its slack. The slack for times is 50%,
in elapsed and in processor time, because a shared machine is not exact. Memory has no slack, because it does not
vary.
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
    """A program to measure.

    Attributes:
        name: its name in the table.
        command: the command to run.
        environment: variables that are added to the environment of this process.
        before: the preparation of a run.
        seconds, processor_seconds, kilobytes: the measurements of all runs so far.
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
            env={**_compiled_environment(), **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        messages = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds.append(time.perf_counter() - begin)
        self.processor_seconds.append(usage.ru_utime + usage.ru_stime)
        self.kilobytes.append(usage.ru_maxrss)  # of the largest of the process and its children
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{self.name} failed:\n{messages}")

    @property
    def time(self) -> float:
        """Elapsed time in seconds."""
        return statistics.median(self.seconds)

    @property
    def processor_time(self) -> float:
        """Processor time in seconds, including child processes."""
        return statistics.median(self.processor_seconds)

    @property
    def memory(self) -> float:
        """Memory in MB."""
        return max(self.kilobytes) / 1024


def _compiled_environment() -> dict[str, str]:
    """The environment in which Python keeps the compiled modules, as pip leaves them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Objective:
    """A limit of a measurement; ``missed`` if ``actual`` exceeds it and its slack."""

    what: str
    actual: float
    limit: float
    missed: bool

    def __str__(self) -> str:
        verdict = "reached" if self.actual <= self.limit else "missed"
        return f"{self.what}: {self.actual:.3f}, objective at most {self.limit:.3f}: {verdict}"


def faster(what: str, one: Program, other: Program, limit: float) -> Objective:
    """The objective that one program takes at most a fraction of another's time."""
    least = min(one.time / other.time, one.processor_time / other.processor_time)
    return Objective(what, one.time / other.time, limit, missed=least > limit * SLACK)


def spec(folder: Path, regions: list[str]) -> Path:
    """Write the demo's spec with only prod, in these Regions."""
    import yaml

    from ticketgen.aws.regions import REGIONS

    demo = yaml.safe_load((ROOT / "examples/tap-marketplace/ticketgen.yaml").read_text("utf-8"))
    primary, secondary = [*regions, None][:2]
    demo |= {
        "primary_region": primary,
        "secondary_region": secondary,
        "regions": regions,
        "opt_in_regions": [region for region in regions if REGIONS[region].opt_in],
        "environments": {"prod": demo["environments"]["prod"]},
    }
    folder.mkdir(parents=True)
    (folder / "ticketgen.yaml").write_text(yaml.safe_dump(demo, sort_keys=False), encoding="utf-8")
    return folder / "ticketgen.yaml"


def rendered(folder: Path, regions: list[str]) -> Path:
    """Render the prod stack in some Regions."""
    path = spec(folder, regions)
    subprocess.run(
        [*TICKETGEN, "render", "--env", "prod", "--spec", str(path)], check=True, capture_output=True
    )
    return folder / "stacks/prod"


def main() -> None:
    """Measure, print the results, and exit with 1 if an objective is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    if not shutil.which("terraform"):
        sys.exit("terraform is not on the PATH: install it")
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
        roots = sorted(path.parent for path in bare.glob("**/provider.tf"))
        if len(roots) < 25:  # Terraform would have less to do than ticketgen
            sys.exit(f"the stack has {len(roots)} root modules, not the 25 of twelve Regions")
        for root in roots:
            subprocess.run(
                ["terraform", f"-chdir={root}", "init", "-backend=false", "-input=false"],
                check=True,
                capture_output=True,
            )
        programs = contenders(work, twelve, one, all_regions, roots, project)
        for program in programs.values():
            if program.name.startswith("ticketgen"):
                program.run()  # a warm-up that fills the caches
                program.seconds.clear()
                program.processor_seconds.clear()
                program.kilobytes.clear()
        for number in range(rounds):
            for name, program in programs.items():
                if number == 0 or name != "terraform":  # which takes more than a minute
                    program.run()
    sys.exit(print_verdict(programs, len(every)))


def contenders(
    work: Path, twelve: Path, one: Path, all_regions: Path, roots: list[Path], project: Path
) -> Mapping[str, Program]:
    """The programs to compare, by short name."""
    kept, fresh, compiled = work / "kept", work / "fresh", work / "compiled"
    own = {"TICKETGEN_CACHE_DIR": str(kept)}

    def clear_results() -> None:
        for path in kept.glob("verified-*"):
            path.unlink()

    def clear_all() -> None:
        for folder in (fresh, compiled):
            shutil.rmtree(folder, ignore_errors=True)

    def validate(folder: Path) -> list[str]:
        return [*TICKETGEN, "validate", str(folder)]

    return {
        "terraform": Program(
            "terraform validate, in each root module",
            [
                "sh",
                "-ec",
                'for root; do terraform -chdir="$root" validate; done',
                "sh",
                *map(str, roots),
            ],
        ),
        "cold": Program("ticketgen validate, cold", validate(twelve), own, clear_results),
        "first": Program(
            "ticketgen validate, first run after an install without compiled modules",
            validate(twelve),
            {"TICKETGEN_CACHE_DIR": str(fresh), "PYTHONPYCACHEPREFIX": str(compiled)},
            clear_all,
        ),
        "warm": Program(
            "ticketgen validate, warm", validate(twelve), {"TICKETGEN_CACHE_DIR": str(work / "warm")}
        ),
        "render": Program(
            "ticketgen render --env prod --check, cold",
            [*TICKETGEN, "render", "--env", "prod", "--check", "--spec", str(project / "ticketgen.yaml")],
            own,
            clear_results,
        ),
        "render, empty cache": Program(
            "ticketgen render --env prod --check, empty cache",
            [*TICKETGEN, "render", "--env", "prod", "--check", "--spec", str(project / "ticketgen.yaml")],
            {"TICKETGEN_CACHE_DIR": str(fresh)},
            clear_all,
        ),
        "one": Program("ticketgen validate, one Region, cold", validate(one), own, clear_results),
        "all": Program("ticketgen validate, every Region, cold", validate(all_regions), own, clear_results),
    }


def print_verdict(programs: Mapping[str, Program], regions: int) -> int:
    """Print the measurements and return the exit code."""
    terraform = programs["terraform"]
    print(f"{'':75}{'seconds':>9}{'ratio':>9}{'processor':>11}{'ratio':>9}{'MB':>7}{'ratio':>9}")
    for program in programs.values():
        pairs = [
            (program.time, terraform.time, "9.2f"),
            (program.processor_time, terraform.processor_time, "11.2f"),
            (program.memory, terraform.memory, "7.0f"),
        ]
        cells = (f"{own:{format}}{f'1/{other / own:.1f}':>9}" for own, other, format in pairs)
        print(f"{program.name:75}{''.join(cells)}")
    cold = programs["cold"]
    memory = cold.memory / terraform.memory
    objectives = [
        faster("cold, of terraform's time", cold, terraform, 1 / 10),
        faster("first run, of terraform's time", programs["first"], terraform, 1 / 5),
        faster("warm, of terraform's time", programs["warm"], terraform, 1 / 30),
        # One process, as on a busy machine, takes more memory than each of two.
        Objective("memory, of terraform's largest process", memory, 1 / 4.5, missed=memory > 1 / 4.5),
        faster(f"{regions} Regions, of one Region's time", programs["all"], programs["one"], 2),
        faster("render --env prod, of our cold time", programs["render"], cold, 1.5),
    ]
    print(*objectives, sep="\n")
    return int(any(objective.missed for objective in objectives))


if __name__ == "__main__":
    main()
