"""Every id of a finding is declared once, explained, and reported somewhere; nothing else makes findings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from ticketgen import findings
from ticketgen.finding_kinds import KINDS
from ticketgen.findings import FindingKind
from ticketgen.rules import registry
from ticketgen.sizing.quota_needs import KINDS as OF_QUOTAS
from ticketgen.tree import FileState

PACKAGE = Path(__file__).parents[2] / "src/ticketgen"
MODULES = tuple(import_module(each.name) for each in iter_modules(findings.__path__, f"{findings.__name__}."))
MAKERS = {
    "findings/__init__.py": "a kind makes its findings",
    "verification/finding_rows.py": "a result from the cache or another process has been a finding before",
}
DECLARERS = {
    "hidden_characters.py": "the spec has the findings of a rule",
    "rules/rule.py": "a rule is a kind with a check",
    "sizing/quota_needs.py": "one kind for each quota",
}
"""Modules that declare kinds, besides those of `ticketgen.findings` and those of the rules."""


def declared(module: ModuleType) -> dict[str, FindingKind]:
    """The constants of a module that declare kinds."""
    return {name: value for name, value in vars(module).items() if isinstance(value, FindingKind)}


def bindings(tree: ast.AST) -> Mapping[str, str]:
    """The original names of what a module imports or assigns under another name."""
    found = dict[str, str]()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=names):
                found |= {each.asname or each.name: each.name for each in names}
            case ast.Assign(targets=[ast.Name(id=alias)], value=ast.Name() | ast.Attribute() as value):
                found[alias] = name_of(value, found)
    return found


def name_of(node: ast.AST, known: Mapping[str, str]) -> str:
    """The last part of a name, after aliases; "" for other expressions."""
    match node:
        case ast.Name(id=name):
            return known.get(name, name)
        case ast.Attribute(attr=name):
            return name
    return ""


def makes(source: str, *classes: str) -> Iterator[int]:
    """The lines that call one of these classes, derive from it, or give it to another function."""
    tree = ast.parse(source)
    known = bindings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance")):
                continue
            case ast.Call(func=function, args=args):
                used = [function, *args]
            case ast.ClassDef(bases=bases):
                used = bases
            case _:
                continue
        if any(name_of(each, known) in classes for each in used):
            yield node.lineno


def renames(source: str) -> Iterator[int]:
    """The lines that copy a finding or a kind under another id."""
    tree = ast.parse(source)
    known = bindings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, keywords=keywords) if name_of(function, known) == "replace":
                if {each.arg for each in keywords} & {"rule", "id", None}:
                    yield node.lineno


def repeats(path: str, source: str) -> Iterator[int]:
    """The lines that repeat the fix of a kind that the module names, or a long fix of any kind."""
    tree = ast.parse(source)
    named = set(bindings(tree).values())
    fixes = {kind.fix for id, kind in KINDS.items() if id.replace("-", "_").upper() in named}
    fixes |= {kind.fix for kind in KINDS.values() if len(kind.fix) > 20}
    declaring = path in DECLARERS or path.startswith(("findings/", "rules/"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in fixes:
            if declaring:
                fixes.discard(node.value)  # the declaration
            else:
                yield node.lineno


def used(source: str, module: ModuleType) -> set[str]:
    """The constants of a module of findings that some code imports and reads."""
    if module.__name__ not in source:
        return set()
    nodes = list(ast.walk(ast.parse(source)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == module.__name__]
    read = {node.id for node in nodes if isinstance(node, ast.Name)}
    return {alias.name for node in imports for alias in node.names} & read


SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))
}


@pytest.mark.parametrize(
    "source",
    [
        'Finding("a", "b", Stage.LOAD)',
        'f = findings.Finding("a", "b", stage)',
        'from ticketgen.findings import Finding as _F\n_F("a", "b", stage)',
        'Made = findings.Finding\nMade("a", "b", stage)',
        "make = partial(Finding, stage=Stage.LOAD)",
        "class Special(Finding): ...",
    ],
)
def test_a_finding_without_a_kind_is_detected(source: str) -> None:
    assert list(makes(source, "Finding"))


@pytest.mark.parametrize(
    "source",
    ['replace(NO_SPEC.found("x"), rule="new")', "dataclasses.replace(kind, id=new)", "replace(f, **changes)"],
)
def test_a_copy_under_another_id_is_detected(source: str) -> None:
    assert list(renames(source))


def test_only_kinds_make_findings() -> None:
    assert {path for path, source in SOURCES.items() if list(makes(source, "Finding"))} == MAKERS.keys()
    assert {path for path, source in SOURCES.items() if list(renames(source))} == set()


def test_a_kind_is_declared_where_kinds_are_collected() -> None:
    declarers = {path for path, source in SOURCES.items() if list(makes(source, "FindingKind", "Rule"))}
    of_rules = {f"rules/{rule.id.replace('-', '_')}.py" for rule in registry.RULES}
    of_findings = {f"findings/{module.__name__.rpartition('.')[2]}.py" for module in MODULES}
    assert declarers == DECLARERS.keys() | of_rules | of_findings
    for path in declarers - of_findings:
        assert len(list(makes(SOURCES[path], "FindingKind", "Rule"))) == 1, f"{path} declares several kinds"


def test_a_module_of_findings_declares_each_kind_as_a_constant() -> None:
    for module in MODULES:
        tree = ast.parse(SOURCES[f"findings/{module.__name__.rpartition('.')[2]}.py"])
        known = bindings(tree)
        makers = {"FindingKind"}
        makers |= {
            name
            for name, value in vars(module).items()
            if getattr(value, "func", None) is FindingKind  # partial(FindingKind, …)
        }
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and name_of(node.func, known) in makers
        ]
        constants = [node.value for node in tree.body if isinstance(node, ast.Assign)]
        assert [f"{module.__name__}:{call.lineno}" for call in calls if call not in constants] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_declared_kind_is_reported(module: ModuleType) -> None:
    raised = set[str]().union(*(used(source, module) for source in SOURCES.values()))
    assert declared(module).keys() - raised == set()


def test_every_rule_and_every_state_of_a_file_is_reported() -> None:
    modules = {
        path.stem for path in (PACKAGE / "rules").glob("*.py") if "RULE = Rule(" in path.read_text("utf-8")
    }
    assert modules == {rule.id.replace("-", "_") for rule in registry.RULES}
    assert {state.value for state in FileState} - {"unchanged"} <= KINDS.keys()


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


def test_no_place_repeats_the_fix_of_a_kind() -> None:
    assert {path: lines for path, source in SOURCES.items() if (lines := [*repeats(path, source)])} == {}
