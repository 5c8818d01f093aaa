"""The page with the runbooks, and the runbooks of every stack."""

from __future__ import annotations

import importlib.util
import re
from typing import Any

import pytest
from documents import ROOT, make_slips
from stacks import SHAPES, rendered

from ticketgen.stack.operations import QUEUE_SCRIPT, SCRIPTS


def script() -> Any:
    specification = importlib.util.spec_from_file_location("runbooks_page", ROOT / "scripts/runbooks_page.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/runbooks.md").read_text("utf-8") == script().page(), "run scripts/runbooks_page.py"


@pytest.mark.parametrize("shape", ["prod", "dev", "one-region", "everything", "nothing"])
def test_the_runbooks_of_each_shape_are_complete(shape: str) -> None:
    subject = SHAPES[shape]()
    files = rendered(subject)
    text = files["ops/README.md"]
    headings = {
        re.sub(r"[^a-z -]", "", line[3:].lower()).replace(" ", "-")
        for line in re.findall("^## .*", text, re.M)
    }
    links = set(re.findall(r"\]\(#([a-z-]+)\)", text))
    assert links == headings
    assert "\n\n\n" not in text
    scripts = [name for name in SCRIPTS if subject.admission or name != QUEUE_SCRIPT]
    assert all(f"| `{name}.py` |" in text for name in scripts)
    assert set(re.findall(r"ops/(\w+)\.py", text)) <= set(scripts)
    assert list(make_slips(text, files["Makefile"])) == []
    destroyed = re.findall(rf"destroy CONFIRM={subject.name} ROOT=(\S+)", text)
    primary, others = (
        subject.primary_region,
        [each for each in subject.regions if each != subject.primary_region],
    )
    assert destroyed[-2:] == [f"data/{primary}", "global"]
    assert sorted(destroyed[:-2]) == sorted(
        [*(f"regions/{each}" for each in subject.regions), *(f"data/{each}" for each in others)]
    )
    assert [root.partition("/")[0] for root in destroyed] == sorted(
        (root.partition("/")[0] for root in destroyed), key=["regions", "data", "global"].index
    )


def test_a_single_region_has_no_runbook_for_a_lost_one() -> None:
    assert "lost Region" not in rendered(SHAPES["one-region"]())["ops/README.md"]
