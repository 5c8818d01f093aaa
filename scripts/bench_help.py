"""Compare the time of `ticketgen --help` with that of a minimal typer program.

Each run is a fresh process on the same interpreter, and the two programs alternate. The objective is a ratio of medians
of at most 1.2.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 21
MAX_RATIO = 1.2

HELLO = """
import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

@app.command()
def hello(name: str = "world") -> None:
    "Say hello."
    typer.echo(f"Hello {name}")

app()
"""


def seconds(*command: str) -> float:
    """The duration of a process, from start to exit."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print, and return 1 if the objective is missed."""
    with tempfile.TemporaryDirectory() as folder:
        hello = Path(folder) / "hello.py"
        hello.write_text(HELLO, encoding="utf-8")
        pairs = [
            (
                seconds(sys.executable, "-m", "ticketgen", "--help"),
                seconds(sys.executable, str(hello), "--help"),
            )
            for _ in range(ROUNDS)
        ]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = ours / theirs
    print(f"ticketgen --help       {ours * 1000:6.0f} ms")
    print(f"typer's hello, --help  {theirs * 1000:6.0f} ms")
    print(f"ratio                  {ratio:6.2f}     (at most {MAX_RATIO})")
    return ratio > MAX_RATIO


if __name__ == "__main__":
    sys.exit(main())
