"""List the twenty slowest tests of ``make test`` in ``tests/slowest.toml``.

    python scripts/slowest_tests.py [.build/tests.xml]

The times are from the JUnit XML of the run; the slowest case of a test counts. The reasons are written by hand and are
kept; a test that is new in the list gets an empty one, and `tests/house/test_tests.py` asks for it.
"""

from __future__ import annotations

import json
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SLOWEST = ROOT / "tests/slowest.toml"
COUNT = 20


def seconds_of(report: Path) -> dict[str, float]:
    """The seconds of each test's slowest case, by ``FILE::TEST``."""
    found: dict[str, float] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        file = case.attrib["classname"].replace(".", "/") + ".py"
        name = f"{file}::{case.attrib['name'].partition('[')[0]}"
        found[name] = max(found.get(name, 0.0), float(case.attrib["time"]))
    return found


def reasons() -> dict[str, str]:
    """The written reasons, by test."""
    if not SLOWEST.exists():
        return {}
    return {each["test"]: each["why"] for each in tomllib.loads(SLOWEST.read_text("utf-8"))["slowest"]}


def main(report: Path = ROOT / ".build/tests.xml") -> None:
    """Write the list."""
    known = reasons()
    slowest = sorted(seconds_of(report).items(), key=lambda pair: -pair[1])[:COUNT]
    lines = ["# Written by scripts/slowest_tests.py; the reasons are written by hand.", ""]
    for name, seconds in slowest:
        why = json.dumps(known.get(name, ""), ensure_ascii=False)
        lines += ["[[slowest]]", f"test = {json.dumps(name)}", f"seconds = {seconds:.0f}", f"why = {why}", ""]
    SLOWEST.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
