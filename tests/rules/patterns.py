"""The regular expressions of the source, how they are used, and texts that make a slow one slow."""

from __future__ import annotations

import ast
import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as sre_parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Any

__all__ = ["Pattern", "attacks", "patterns_of", "search_or_match"]

_FUNCTIONS = {
    "compile": "search", "search": "search", "sub": "search", "findall": "search", "finditer": "search",
    "split": "search", "match": "match", "fullmatch": "fullmatch",
}  # fmt: skip
_REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}
_SAMPLES = "a0 _-.\n\t\r/*\"'#:=(){}[],;$%\\!@<>~é\x85"


@dataclass(frozen=True)
class Pattern:
    """One regular expression: where it is written, and the methods that it is used with."""

    place: str
    text: str | bytes
    flags: int
    uses: frozenset[str]


def patterns_of(file: Path, root: Path) -> Iterator[Pattern]:
    """Every constant pattern in a file: an argument of a function of ``re``, or a value of a ``pattern`` argument."""
    tree = ast.parse(file.read_text("utf-8"))
    uses = _uses(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "re"
        ):
            if function.attr not in _FUNCTIONS or not node.args:
                continue
            given = _constant(node.args[0])
            if given is None:
                continue
            used = {_FUNCTIONS[function.attr]}
            if function.attr == "compile":
                used = uses.get(_name_of(tree, node), _at_once(tree, node) or {"fullmatch"})
            place = f"{file.relative_to(root)}:{node.lineno}"
            yield Pattern(place, given, _flags(node), frozenset(used))


def search_or_match(pattern: Pattern) -> list[Any]:
    """The functions that try the pattern on a text, as the source does."""
    compiled = re.compile(pattern.text, pattern.flags)
    tried = {
        "search": lambda text: sum(1 for _ in compiled.finditer(text)),
        "match": compiled.match,
        "fullmatch": compiled.fullmatch,
    }
    return [tried[use] for use in sorted(pattern.uses)]


def attacks(pattern: Pattern) -> Iterator[tuple[str, str, str]]:
    """Prefix, pump and suffix: a text that a repeat of the pattern takes for long, and that ends wrong."""
    flags = pattern.flags | re.compile(pattern.text, pattern.flags).flags
    tree = sre_parser.parse(pattern.text, pattern.flags)
    found: dict[tuple[str, str, str], None] = {}
    whole = _shortest(tree, flags)
    found[("", whole, "\0")] = None
    found[("", whole[:-1] or "a", "\0")] = None
    for before, pumps in _repeats(tree, flags, ""):
        for pump in pumps:
            for suffix in ("\0", "\n", ""):
                found[(before, pump, suffix)] = None
            found[("", before + pump, "\0")] = None
            found[("", before + pump * 3, "\0")] = None
        for one, other in islice(product(pumps, pumps), 9):
            found[(before, one + other, "\0")] = None
    for sample in _SAMPLES:
        found[("", sample, "\0")] = None
    yield from found


def _uses(tree: ast.Module) -> dict[str, set[str]]:
    """The methods of each name that are called, or all if the pattern itself is passed on."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in _FUNCTIONS
            and node.value.id != "re"
        ):
            found.setdefault(node.value.id, set()).add(_FUNCTIONS[node.attr])
    return found


def _name_of(tree: ast.Module, call: ast.Call) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is call:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return target.id if isinstance(target, ast.Name) else ""
    return ""


def _at_once(tree: ast.Module, call: ast.Call) -> set[str]:
    """The method of ``re.compile(…).match(…)``."""
    return {
        _FUNCTIONS[node.attr]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.value is call and node.attr in _FUNCTIONS
    }


def _constant(node: ast.expr) -> str | bytes | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value
    return None


def _flags(call: ast.Call) -> int:
    flags = 0
    for node in [*call.args[1:], *(each.value for each in call.keywords)]:
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute) and isinstance(getattr(re, each.attr, None), re.RegexFlag):
                flags |= getattr(re, each.attr)
    return flags


def _repeats(tree: Any, flags: int, before: str) -> Iterator[tuple[str, list[str]]]:
    """Each repeat without a small limit: an example of the text before it, and texts that it repeats."""
    for kind, value in tree:
        if kind in _REPEATS:
            _, most, body = value
            if most > 20:
                yield before, list(dict.fromkeys(_examples(body, flags)))[:6]
            yield from _repeats(body, flags, before)
        for inside in _inside(kind, value):
            yield from _repeats(inside, flags, before)
        before += _shortest([(kind, value)], flags)


def _inside(kind: Any, value: Any) -> Iterable[Any]:
    if kind is sre.SUBPATTERN:
        return [value[-1]]
    if kind is sre.BRANCH:
        return list(value[1])
    if kind is sre.ATOMIC_GROUP:
        return [value]
    if kind in {sre.ASSERT, sre.ASSERT_NOT}:
        return [value[1]]
    return []


def _shortest(tree: Any, flags: int) -> str:
    """A text that a pattern matches, nearly: assertions are left out."""
    return "".join(next(iter(_of_one(kind, value, flags)), "") for kind, value in tree)


def _examples(tree: Any, flags: int) -> Iterator[str]:
    """Some texts that a pattern matches."""
    parts = [list(islice(_of_one(kind, value, flags), 6)) or [""] for kind, value in tree]
    for number in range(max(map(len, parts), default=0)):
        yield "".join(part[number % len(part)] for part in parts)


def _of_one(kind: Any, value: Any, flags: int) -> Iterator[str]:
    if kind is sre.LITERAL:
        yield chr(value)
    elif kind in {sre.NOT_LITERAL, sre.IN, sre.ANY, sre.CATEGORY}:
        text = sre_parser.SubPattern(sre_parser.State(), [(kind, value)])
        one = re._compiler.compile(text, flags & ~re.VERBOSE)  # type: ignore[attr-defined]
        yield from (sample for sample in _SAMPLES if one.fullmatch(sample))
        yield from (chr(code) for code in range(33, 127) if one.fullmatch(chr(code)))
    elif kind in _REPEATS:
        least, _, body = value
        for example in _examples(body, flags):
            yield example * max(least, 1 if least else 0)
    elif kind is sre.BRANCH:
        for branch in value[1]:
            yield from islice(_examples(branch, flags), 2)
    elif kind is sre.SUBPATTERN:
        yield from _examples(value[-1], flags)
    elif kind is sre.ATOMIC_GROUP:
        yield from _examples(value, flags)
