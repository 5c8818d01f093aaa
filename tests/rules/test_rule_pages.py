"""The pages of the rules say what the rules say."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from ticketgen.rules.registry import RULES

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


def test_every_link_of_the_pages_leads_somewhere() -> None:
    folder = ROOT / "docs/rules"
    links = [
        (page.name, link)
        for page in folder.iterdir()
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))
    ]
    assert len(links) > 2 * len(RULES)
    assert [link for link in links if not (folder / link[1]).exists()] == []
