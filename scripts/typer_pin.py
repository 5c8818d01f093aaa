"""Compare a minimal command on the newest typer and on the newest allowed one.

    python scripts/typer_pin.py

pyproject.toml says which is allowed. Both are installed from PyPI. The exit code is 0 if the pin is justified: the
newest takes more than 1.2 times the processor time. Otherwise, raise the pin.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 15
MAX_RATIO = 1.2

HELLO = """
import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

@app.command()
def hello(name: str = "world", count: int = 1) -> None:
    "Say hello."
    typer.echo(f"Hello {name}" * count)

app()
"""


def installed(folder: Path, requirement: str) -> Path:
    """The Python of a new environment with one requirement."""
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        requirement,
        "pydantic",
    ]
    subprocess.run(command, check=True)
    return python


def measured(python: Path, program: Path) -> tuple[float, float]:
    """Processor seconds and megabytes of one run."""
    process = subprocess.Popen([python, program, "--count", "2"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{python} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    """Measure, print, and return 1 if the pin is no longer justified."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (allowed,) = (each for each in project["dependencies"] if each.startswith("typer"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = folder / "hello.py"
        program.write_text(HELLO, encoding="utf-8")
        pythons = {each: installed(folder / str(at), each) for at, each in enumerate((allowed, "typer"))}
        runs: dict[str, list[tuple[float, float]]] = {each: [] for each in pythons}
        for _ in range(ROUNDS):
            for each, python in pythons.items():
                runs[each].append(measured(python, program))
    seconds = {each: statistics.median(run[0] for run in found) for each, found in runs.items()}
    for each, found in runs.items():
        print(f"{each:24}{seconds[each]:7.3f} s{max(run[1] for run in found):5.0f} MB")
    ratio = seconds["typer"] / seconds[allowed]
    print(f"{'ratio':24}{ratio:7.2f}    (the pin is justified above {MAX_RATIO})")
    return ratio <= MAX_RATIO


if __name__ == "__main__":
    sys.exit(main())
