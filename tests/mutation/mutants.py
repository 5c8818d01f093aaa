"""Mutants of a stack, and the deterministic choice of those that a run uses."""

from __future__ import annotations

import ast
import heapq
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import hcl2
from code_operators import CODE_OPERATORS, modules_in, with_module
from hcl_operators import HCL_OPERATORS, significant
from lark.exceptions import LarkError

from ticketgen.hcl.reference_parser import parser_errors

__all__ = ["Edit", "Mutant", "choose", "every_mutant", "is_valid", "nearest", "read_stack", "sample"]


@dataclass(frozen=True)
class Edit:
    """The replacement of a part of a text, and the block or function that contains it."""

    start: int
    end: int
    replacement: str
    where: str

    def of(self, text: str) -> str:
        """The text, edited."""
        return text[: self.start] + self.replacement + text[self.end :]


@dataclass(frozen=True)
class Mutant:
    """One change of a stack.

    Attributes:
        operator: the documented operator that made it.
        path: the changed file.
        module: the changed Python module inside that file; "" for a mutant of HCL.
        edit: the change of the file or of the module.
        line: the line in the file or in the module.
        was: the text that it replaces, shortened.
    """

    operator: str
    path: str
    module: str
    edit: Edit
    line: int
    was: str

    @property
    def name(self) -> str:
        """A unique, descriptive name."""
        place = f"{self.path}:{self.module or ''}:{self.line}"
        change = f"{self.was!r} -> {_short(self.edit.replacement)!r}"
        return f"{self.operator} {place} {self.edit.where} {change} @{self.edit.start}"

    @property
    def place(self) -> tuple[str, str, str]:
        """The block or the function that it is in; the same for the root modules of all Regions."""
        return re.sub(r"^(data|regions)/[^/]+/", r"\1/", self.path), self.module, self.edit.where

    def applied(self, text: str) -> str:
        """The mutated file."""
        return with_module(text, self.module, self.edit.of) if self.module else self.edit.of(text)


def _short(text: str) -> str:
    return " ".join(text.split())[:60]


OF_QUEUES = {"admission", "admission_keys", "queue_ticket"}
"""Modules of functions that do nothing in a stack without queues."""


def every_mutant(files: Mapping[str, str]) -> Iterator[Mutant]:
    """All mutants of a stack's files, valid or not."""
    queues = any("admission_queue" in path for path in files)
    for path, text in sorted(files.items()):
        if not path.endswith(".tf"):
            continue
        tree = hcl2.parses_to_tree(text)
        for operator, make in HCL_OPERATORS.items():
            yield from _mutants(operator, path, "", text, make(tree, text))
        for module, source in modules_in(text).items():
            if module in OF_QUEUES and not queues:
                continue
            for operator, make_code in CODE_OPERATORS.items():
                yield from _mutants(operator, path, module, source, make_code(source))


def _mutants(
    operator: str, path: str, module: str, text: str, edits: Iterable[tuple[int, int, str, str]]
) -> Iterator[Mutant]:
    for start, end, replacement, where in edits:
        line = text.count("\n", 0, start) + 1
        edit = Edit(start, end, replacement, where)
        yield Mutant(operator, path, module, edit, line, _short(text[start:end]))


def is_valid(mutant: Mutant, files: Mapping[str, str]) -> bool:
    """Whether Terraform's own parser, python-hcl2 and Python accept it, and read something else than before."""
    before = files[mutant.path]
    if mutant.module:
        source = _modules(before)[mutant.module]
        changed = _python(mutant.edit.of(source))
        return changed is not None and changed != _python(source)
    after = mutant.applied(before)
    read = _terraform(after)
    return read is not None and read != _terraform(before)


@cache
def _modules(text: str) -> Mapping[str, str]:
    return modules_in(text)


@lru_cache(maxsize=64)
def _terraform(text: str) -> tuple[str, ...] | None:
    """The tokens of a file; None if a parser refuses it."""
    try:
        read = tuple(significant(hcl2.parses_to_tree(text)))
    except LarkError:
        return None
    return None if parser_errors(text) else read


@lru_cache(maxsize=64)
def _python(source: str) -> str | None:
    try:
        tree = ast.parse(source)
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return None
    return ast.dump(tree)


def choose(
    mutants: Iterable[Mutant], most: int, accept: Callable[[Mutant], bool], seed: int = 6
) -> list[Mutant]:
    """Choose up to `most` mutants, by operators in turn, each from the place with the fewest so far.

    A place is a block of a file or a function of a module. Only mutants that `accept` accepts count.
    """
    shuffled = random.Random(seed)
    waiting: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        waiting[mutant.operator].append(mutant)
    for group in waiting.values():
        shuffled.shuffle(group)
    used: Counter[tuple[str, str, str]] = Counter()
    chosen: list[Mutant] = []
    while waiting and len(chosen) < most:
        for operator in sorted(waiting):
            group = waiting[operator]
            while group:
                mutant = min(group, key=lambda one: used[one.place])
                group.remove(mutant)
                if accept(mutant):
                    used[mutant.place] += 1
                    chosen.append(mutant)
                    break
            if not group:
                del waiting[operator]
    return chosen[:most]


def sample(mutants: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """Draw some mutants, in proportion of the operators."""
    shuffled = random.Random(seed)
    by_operator: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_operator[mutant.operator].append(mutant)
    ranked = [
        (position / len(group), mutant.name, mutant)
        for group in by_operator.values()
        for position, mutant in enumerate(shuffled.sample(group, len(group)))
    ]
    return [mutant for _, _, mutant in sorted(ranked, key=lambda row: row[:2])[:count]]


def nearest(cases: Iterable[str], mutants: Sequence[Mutant], most: int) -> list[Mutant]:
    """For each case, the `most` mutants of HCL whose names share the most and rarest words with its name."""
    words = {mutant: _words(mutant.name) for mutant in mutants if not mutant.module}
    common = Counter(word for those in words.values() for word in those)
    found: dict[Mutant, None] = {}
    for case in cases:
        of_case = _words(case)

        def distance(mutant: Mutant, of_case: frozenset[str] = of_case) -> tuple[float, str]:
            return -sum(1 / common[word] for word in of_case & words[mutant]), mutant.name

        found.update(dict.fromkeys(heapq.nsmallest(most, words, key=distance)))
    return list(found)


def _words(name: str) -> frozenset[str]:
    """Whole names and their parts, `ticket_sales`, `ticket` and `sales`, but no prose."""
    whole = re.findall(r"[a-z0-9_-]+", re.sub(r'= "[^"]* [^"]*', "", name).lower())
    return frozenset(whole) | frozenset(part for word in whole for part in re.split("[_-]", word) if part)


def read_stack(folder: Path) -> dict[str, str]:
    """The Terraform files of a stack, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.tf"))
        if ".terraform" not in path.parts
    }
