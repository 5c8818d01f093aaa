"""The pages of the rules match the rules' metadata and examples."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from ticketgen.finding_kinds import KINDS
from ticketgen.rules.catalogue import CANNOT_BE_IGNORED, CATALOGUE
from ticketgen.rules.registry import RULES
from ticketgen.rules.rule_pages import page

ROOT = Path(__file__).resolve().parents[2]


def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("rule_pages", ROOT / "scripts/rule_pages.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_pages_are_up_to_date() -> None:
    folder = ROOT / "docs/rules"
    on_disk = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert on_disk == script().pages(), "run scripts/rule_pages.py"


def test_the_index_links_every_page() -> None:
    folder = ROOT / "docs/rules"
    links = re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text("utf-8"))
    assert sorted(links) == sorted(path.name for path in folder.iterdir() if path.name != "README.md")
    assert len(links) == len(RULES) + len(["other-findings.md"])


@pytest.mark.parametrize("id", KINDS)
def test_a_page_says_what_is_wrong_why_and_how_to_fix_or_ignore_it(id: str) -> None:
    kind = KINDS[id]
    text = page(kind)
    assert text.startswith(f"# {id}\n\nRequirement: {kind.summary}.\n\nSeverity: {kind.severity.value}.\n")
    sections = dict(part.split("\n\n", 1) for part in text.split("\n## ")[1:])
    assert sections["Why it matters"].strip() == kind.why
    assert sections["How to fix it"].strip().lower() == f"{kind.fix}.".lower()
    assert ("How to ignore one finding" in sections) is (id in CATALOGUE)
    assert (f"ticketgen:ignore {id} because" in text) is (id in CATALOGUE.keys() - CANNOT_BE_IGNORED)


def test_a_page_shows_the_report_and_the_change_that_fixes_it() -> None:
    text = script().pages()["missing-grant.md"]
    assert "```text\nmain.tf:81:1: warning: seller.py calls put_item" in text
    assert (
        '\n-      Action   = ["dynamodb:GetItem"]\n+      Action   = ["dynamodb:GetItem", "dynamodb:PutItem"]\n'
        in text
    )
