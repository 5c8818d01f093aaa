"""Write ``docs/runbooks.md``: the runbooks of the example's prod, as its stack has them.

    python scripts/runbooks_page.py

A test compares the page with the output of this script.
"""

from __future__ import annotations

from pathlib import Path

from ticketgen.pipeline import read_project
from ticketgen.sizing import size
from ticketgen.stack.render import render

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/runbooks.md"
SPEC = ROOT / "examples/tap-marketplace/ticketgen.yaml"

_TITLE = """\
# Runbooks

Every stack has this page, with its own names and Regions, as `ops/README.md`. This is the one of prod in
the example, `examples/tap-marketplace/ticketgen.yaml`. [Operations](operating.md) explains the scripts.
"""


def page() -> str:
    """The page: the rendered one with another title."""
    project = read_project(SPEC).value
    assert project is not None
    (environment,) = (each for each in project.environments if each.name == "prod")
    sizing = size(environment).value
    assert sizing is not None
    files = render(environment, sizing, project).value
    assert files is not None
    _, _, text = files["ops/README.md"].partition("\n# ")
    return _TITLE + text.partition("\n")[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
