"""Failure 6: tests name files that do not exist."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject
from ticketgen.rules.suites import test_files

__all__ = ["RULE"]

_PATH = re.compile(r"(?:\.{0,2}/)*[\w-][\w./-]*\.(?:tf|tfvars|tf\.json|hcl|py|js|mjs|sh|zip)")
_READS = frozenset(
    {"open", "Path", "PurePath", "joinpath", "join", "exists", "isfile", "is_file", "read_text", "getsize"}
)
_MADE = frozenset({"tmp_path", "tmpdir", "tempfile", "tmp", "workdir", "tmp_path_factory"})


def _check(subject: Subject) -> Iterator[Problem]:
    paths = subject.configuration.paths
    if paths is None:
        return
    known = _endings(paths)
    mentioned = _mentioned(subject)
    for path, tree in test_files(subject):
        for node in _named(tree):
            name = posixpath.normpath(str(node.value)).lstrip("./")
            if name not in known and name not in mentioned:
                place = Location(path, node.lineno, node.col_offset + 1)
                yield Problem(f"there is no {node.value!s}", place)


def _endings(paths: frozenset[str]) -> frozenset[str]:
    """Every path, and what is left of it without its first folders: a test may begin anywhere."""
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")
        found.update("/".join(parts[start:]) for start in range(len(parts)))
    return frozenset(found)


def _mentioned(subject: Subject) -> frozenset[str]:
    """File names that the Terraform itself makes, such as those in an archive."""
    found: set[str] = set()
    for archive in subject.data("archive_file"):
        for name in ("output_path", "source_content_filename"):
            value = archive.assumed(name)
            if isinstance(value, str):
                found.add(posixpath.basename(value))
        for source in archive.inner("source"):
            value = source.assumed("filename")
            if isinstance(value, str):
                found.update((value, posixpath.basename(value)))
    return frozenset(found)


def _named(tree: ast.Module) -> Iterator[ast.Constant]:
    """The texts that are read as paths: Terraform files wherever they are named, others where they are opened."""
    spared: set[int] = set()
    opened: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            made = _writes(node) or _is_made(function) or name.startswith("write")
            target = spared if made else opened if name in _READS else None
            if target is not None:
                inner = ast.walk(node) if made else iter(node.args)
                target.update(id(each) for each in inner)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            spared.update(id(each) for each in ast.walk(node))  # it must not exist
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            (spared if _is_made(node.left) else opened).add(id(node.right))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)) or id(node) in spared:
            continue
        if _PATH.fullmatch(node.value) and (id(node) in opened or node.value.endswith(".tf")):
            yield node


def _writes(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax") for mode in modes)


def _is_made(node: ast.expr) -> bool:
    """Whether it leads into a folder that the test makes for itself."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return bool(names & _MADE)


RULE = Rule(
    id="suite-paths",
    severity=Severity.ERROR,
    summary="Every file that a stack's tests read exists",
    why=(
        "A test that opens lib/main.tf where the stack has main.tf fails before it tests anything, or is skipped "
        "for it, and hides what it was written to find."
    ),
    fix="name a file that the stack has, or render tests and stack from one list of names",
    check=_check,
)
