"""docs/architecture.md names every module, and draws the layers that import-linter enforces."""

from __future__ import annotations

import re
import tomllib

from documents import ROOT, blocks

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")
PACKAGE = ROOT / "src/ticketgen"


def layers() -> list[set[str]]:
    """The layers of pyproject.toml from the top; `stack` stands for the topmost of its layers."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (found,) = (each["layers"] for each in contracts if each["name"] == "The arrows point one way")
    names = [set(re.findall(r"[\w.]+", layer)) for layer in found]
    top = next(layer for layer in names if any(name.startswith("stack.") for name in layer))
    return [layer | {"stack"} if layer is top else layer for layer in names]


def drawn() -> list[set[str]]:
    """The names in each row of the drawing."""
    section = ARCHITECTURE.split("\n## Which package may import which\n")[1].split("\n## ")[0]
    _, drawing = next(blocks(section))
    rows = (re.findall(r"[a-z][a-z_/]*", line) for line in drawing.splitlines())
    return [{name.replace("/", ".") for name in row} for row in rows if row]


def test_each_row_is_a_part_of_a_layer_below_the_row_before() -> None:
    rest = iter(layers())
    misplaced = [row for row in drawn() if not any(row <= layer for layer in rest)]
    assert misplaced == [], "these rows of the drawing are no part of a layer below the row before"


def test_every_package_is_drawn() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages - set[str]().union(*drawn()) == set()


def test_every_module_is_named() -> None:
    modules = {path.stem for path in PACKAGE.glob("[a-z]*.py")}
    named = set(re.findall(r"`(\w+)(?:\.py)?`", ARCHITECTURE))
    assert modules - named == set(), "docs/architecture.md lacks these modules of ticketgen"
