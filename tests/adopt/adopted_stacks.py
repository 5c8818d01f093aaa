"""The hand-written stacks of the tests, and the spec and report that import makes of each.

Run this module to write the expected files again, then read what has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ticketgen.adopt.adoption import Adoption, adopt
from ticketgen.adopt.report_text import adoption_text
from ticketgen.spec.model import Environment

__all__ = ["STACKS", "STYLES", "adopted", "expected_file", "imported", "left_out", "only", "results"]

STACKS = Path(__file__).parent / "stacks"
_EXPECTED = Path(__file__).parent / "expected"
STYLES = tuple(sorted(each.name for each in STACKS.iterdir()))


@cache
def adopted(style: str) -> Adoption:
    """The stack of a style."""
    done = adopt(STACKS / style, style)
    assert done.value is not None, done.findings
    return done.value


def results(style: str) -> Mapping[str, str]:
    """The spec and the report of a stack, by the ending of the file with the expected one."""
    adoption = adopted(style)
    assert adoption.draft is not None
    return {"yaml": adoption.draft.text, "txt": adoption_text(adoption, with_spec=False)}


def expected_file(style: str, ending: str) -> Path:
    """The file with the expected spec or report."""
    return _EXPECTED / f"{style}.{ending}"


def left_out(adoption: Adoption) -> str:
    """What a spec leaves out, one per line with its reason."""
    return "\n".join(f"{each.what}: {each.reason}" for each in adoption.left_out)


def imported(folder: Path, text: str, **others: str) -> Adoption:
    """The stack with a text as ``main.tf``, and other files whose names have ``__`` for a dot."""
    folder.joinpath("main.tf").write_text(text, encoding="utf-8")
    for name, content in others.items():
        folder.joinpath(name.replace("__", ".")).write_text(content, encoding="utf-8")
    done = adopt(folder, "stack")
    assert done.value is not None, done.findings
    return done.value


def only(adoption: Adoption) -> Environment:
    """The environment of a stack that has one."""
    assert adoption.draft is not None
    (environment,) = adoption.draft.project.environments
    return environment


if __name__ == "__main__":
    _EXPECTED.mkdir(exist_ok=True)
    for each in STYLES:
        for kind, text in results(each).items():
            expected_file(each, kind).write_text(text, encoding="utf-8")
