"""A deployed project for the tests of the destruction guard: a protected prod in three Regions, and a small dev."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from project_tools import everything_in, run

__all__ = ["SPEC", "Answer", "answer", "edit", "refused"]

SPEC = """\
version: 1
project: spring-tour
extends: regional-tour
state: { bucket: states }
environments:
  dev:
    regions: [eu-west-1]
    secondary_region: null
  prod:
    protect: true
    account_id: "111111111111"
    regions: [eu-west-1, eu-central-1, eu-north-1]
    primary_region: eu-west-1
    secondary_region: eu-central-1
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says, as JSON.

    Attributes:
        code: its exit code.
        findings: those of the guard: severity and rule, as ``error project-renamed``.
        messages: of these, by rule.
        helps: likewise.
        places: likewise, as ``ticketgen.yaml:2``.
        consequences: the rows of the plan.
    """

    code: int
    findings: list[str]
    messages: dict[str, str]
    helps: dict[str, str]
    places: dict[str, str]
    consequences: list[dict[str, Any]]

    def losses(self) -> set[tuple[str, str]]:
        """Root module and address of what is replaced or destroyed although it holds data."""
        return {
            (row["root"], row["address"])
            for row in self.consequences
            if row["stateful"] and row["action"] in {"replace", "destroy"}
        }


_NOT_OURS = frozenset({
    "shared-log-role", "local-state", "unheard-alarms", "prewarm", "changed", "created", "orphaned", "missing",
    "single-region", "outdated-template",
})  # fmt: skip


def answer(*arguments: str) -> Answer:
    """The guard's part of what a command reports."""
    done = run(*arguments, "--format", "json")
    document = json.loads(done.stdout)
    found = [each for each in document["findings"] if each["rule"] not in _NOT_OURS]
    return Answer(
        done.exit_code,
        [f"{each['severity']} {each['rule']}" for each in found],
        {each["rule"]: each["message"] for each in found},
        {each["rule"]: each["help"] for each in found},
        {each["rule"]: _place(each) for each in found},
        document["consequences"],
    )


def _place(finding: dict[str, Any]) -> str:
    return f"{finding['file']}:{finding['line']}" if finding.get("file") else ""


def edit(path: Path | str, *pairs: tuple[str, str]) -> None:
    """Replace texts in a file, each of which occurs."""
    file = Path(path)
    text = file.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def refused(*arguments: str) -> Answer:
    """The answer of a command that writes nothing."""
    before = everything_in(Path())
    found = answer(*arguments)
    assert everything_in(Path()) == before
    return found
