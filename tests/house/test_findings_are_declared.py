"""Every id of a finding is declared once, explained, and reported somewhere; nothing else makes findings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ticketgen.finding_kinds import KINDS
from ticketgen.findings import FindingKind, projects, rehearsal, sizing, spec, stacks, verification
from ticketgen.rules import registry
from ticketgen.sizing.quota_needs import KINDS as OF_QUOTAS
from ticketgen.tree import State

PACKAGE = Path(__file__).parents[2] / "src/ticketgen"
MODULES = (projects, rehearsal, sizing, spec, stacks, verification)
MAKERS = {
    "findings/__init__.py": "a kind makes its findings",
    "verification/result_cache.py": "a result from the cache has been a finding before",
}


def declared(module: ModuleType) -> dict[str, FindingKind]:
    """The constants of a module that declare kinds."""
    return {name: value for name, value in vars(module).items() if isinstance(value, FindingKind)}


def makes_findings(source: str) -> Iterator[int]:
    """The lines that make a finding without a kind."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="Finding") | ast.Attribute(attr="Finding")):
                yield node.lineno


def used(source: str, module: ModuleType) -> set[str]:
    """The constants of a module of findings that some code imports and reads."""
    nodes = list(ast.walk(ast.parse(source)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == module.__name__]
    read = {node.id for node in nodes if isinstance(node, ast.Name)}
    return {alias.name for node in imports for alias in node.names} & read


SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))
}


@pytest.mark.parametrize("source", ['Finding("a", "b", Stage.LOAD)', 'f = findings.Finding("a", "b", stage)'])
def test_a_finding_without_a_kind_is_detected(source: str) -> None:
    assert list(makes_findings(source))


def test_only_kinds_make_findings() -> None:
    assert {path for path, source in SOURCES.items() if list(makes_findings(source))} == MAKERS.keys()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_declared_kind_is_reported(module: ModuleType) -> None:
    raised = set[str]().union(*(used(source, module) for source in SOURCES.values()))
    assert declared(module).keys() - raised == set()


def test_every_rule_and_every_state_of_a_file_is_reported() -> None:
    modules = {
        path.stem for path in (PACKAGE / "rules").glob("*.py") if "RULE = Rule(" in path.read_text("utf-8")
    }
    assert modules == {rule.id.replace("-", "_") for rule in registry.RULES}
    assert {state.value for state in State} - {"unchanged"} <= KINDS.keys()


def test_every_id_is_declared_once_and_named_like_its_constant() -> None:
    constants = [(name, kind) for module in MODULES for name, kind in declared(module).items()]
    assert [name for name, kind in constants if kind.id != name.lower().replace("_", "-")] == []
    every = [*(kind.id for _, kind in constants), *(kind.id for kind in OF_QUOTAS.values())]
    every += [rule.id for rule in registry.RULES]
    assert sorted(every) == sorted(KINDS)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", id) for id in every)


@pytest.mark.parametrize("id", KINDS)
def test_every_kind_says_what_must_hold_why_and_how_to_fix_it(id: str) -> None:
    kind = KINDS[id]
    assert re.fullmatch(r"(?:[A-Z]|ticketgen|each\.|count\.|self |terraform ).*[^.\s]", kind.summary)
    assert re.fullmatch(r"(?:[A-Z`]|ticketgen ).*\.", kind.why)
    assert re.fullmatch(r"[a-z].*[^.\s]", kind.fix)
