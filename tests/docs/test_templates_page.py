"""The page on a project's templates says what they may use and how much they may do."""

from __future__ import annotations

import re

import pytest

from ticketgen.assets import document_text
from ticketgen.rendering import budget, template_syntax
from ticketgen.rendering.allowed import DOCUMENTED
from ticketgen.stack import overrides

PAGE = document_text("upgrading.md")


def rows(heading: str) -> dict[str, str]:
    """The table of a section, without its heading."""
    section = PAGE.partition(f"### {heading}\n")[2].partition("\n#")[0]
    found = re.findall(r"^\| (\S.*?) \| (.*) \|$", section, re.MULTILINE)
    return {what: text for what, text in found if what != "limit"}


def test_the_page_lists_what_the_code_allows() -> None:
    listed = {
        what: tuple(re.findall("`([^`]+)`", text)) for what, text in rows("What a template may use").items()
    }
    assert listed == dict(DOCUMENTED)


def test_the_page_has_the_limits_of_the_code() -> None:
    numbers = [
        int(re.search("[0-9,]+", text)[0].replace(",", ""))  # type: ignore[index]
        for text in rows("How much a template may do").values()
    ]
    assert budget.MAX_NUMBER == 2**63
    assert numbers == [
        overrides.MAX_BYTES, template_syntax.MAX_NODES, template_syntax.MAX_NESTED,
        template_syntax.MAX_NAMES, template_syntax.MAX_PARTS,
        budget.MAX_CALLS, budget.MAX_DEPTH, budget.MAX_WEIGHT, 63, budget.MAX_OUTPUT, budget.MAX_WORK,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "unit", ["1 for a character", f"{budget.NODE} for a part", f"{budget.CALL} for a call"]
)
def test_the_page_has_the_units_of_the_code(unit: str) -> None:
    assert unit in rows("How much a template may do")["work for one environment"]
