"""Inputs that broke a command, and the seeds of the fuzzer, end with a documented exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from targets import TARGETS, run

CRASHES = Path(__file__).parent / "crashes"


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=f"{path.parent.name}-{path.name}") for path in sorted(CRASHES.glob("*/*"))]
)
def test_every_recorded_crash_is_handled(path: Path) -> None:
    run(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_reaches_its_parser(name: str) -> None:
    """A seed and broken bytes give different answers, so the target does not stop before its parser."""
    seed = list(TARGETS[name].corpus())[1]
    assert len({run(name, seed), run(name, b"\xff\xfe"), run(name, b"{{{")}) > 1


def test_every_crash_belongs_to_a_target() -> None:
    assert {path.name for path in CRASHES.iterdir() if path.is_dir()} <= set(TARGETS)
