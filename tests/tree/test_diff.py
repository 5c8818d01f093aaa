"""The diff equals difflib's, applies with `patch`, and takes bounded work."""

from __future__ import annotations

import difflib
import importlib
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ticketgen.tree import FileState
from ticketgen.tree.diff import MAX_LINES, MAX_STEPS, split_lines, unified

module = importlib.import_module("ticketgen.tree.diff")  # the package has a function of that name
RENDERED = "".join(f'resource "x" "y{n}" {{\n  name = "{n}"\n  list = [\n  ]\n}}\n\n' for n in range(25))


def some(seed: int) -> tuple[str, str]:
    """Two texts with common lines, some of them without a line feed at the end."""
    chance = random.Random(seed)
    before = [
        chance.choice(["a\n", "b\n", "\n", f"{chance.randrange(9)}\n"]) for _ in range(chance.randrange(40))
    ]
    after = [line for line in before if chance.random() > 0.3]
    for _ in range(chance.randrange(5)):
        after.insert(chance.randrange(len(after) + 1), f"new {chance.randrange(3)}\n")
    texts = ["".join(each) for each in (before, after)]
    return texts[0][: -1 if chance.random() < 0.2 else None], texts[1][
        : -1 if chance.random() < 0.2 else None
    ]


@pytest.mark.parametrize("context", [0, 1, 3])
def test_a_small_diff_equals_difflibs(context: int) -> None:
    for seed in range(300):
        before, after = some(seed)
        result = difflib.unified_diff(split_lines(before), split_lines(after), "a/x", "b/x", n=context)
        ended = (
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in result
        )
        assert unified(before, after, "a/x", "b/x", context) == "".join(ended)


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is missing")
@pytest.mark.parametrize("steps", [MAX_STEPS, 200, 40, 0])
def test_a_truncated_search_still_gives_a_valid_diff(
    steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_STEPS", steps)
    for seed in range(15):
        before, after = some(seed)
        if not (before and after and before != after):
            continue
        (tmp_path / "x").write_text(before)
        result = unified(before, after, "a/x", "b/x")
        subprocess.run(["patch", "-s", "-p1"], input=result, text=True, cwd=tmp_path, check=True)
        assert (tmp_path / "x").read_text() == after


HUGE: dict[str, Callable[[], str]] = {
    "equal lines": lambda: "x\n" * 90_000,
    "one line of the rendering": lambda: "  ]\n" * 90_000,
    "its two most frequent lines in turn": lambda: "  ]\n}\n" * 45_000,
    "the rendering again and again": lambda: RENDERED * 500,
    "its lines in any order": lambda: "".join(random.Random(1).choices(split_lines(RENDERED), k=90_000)),
    "empty lines": lambda: "\n" * 90_000,
    "16 MB of equal lines": lambda: "x\n" * 8_000_000,
    "16 MB of the rendering's lines": lambda: "  ]\n" * 4_000_000,
    "one line of 16 MB": lambda: "x" * 16_000_000,
}


@pytest.mark.parametrize("edited", HUGE.values(), ids=HUGE)
def test_the_work_for_a_huge_file_is_bounded(
    edited: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0
    real = difflib.SequenceMatcher.find_longest_match

    def counted(self: Any, alo: int, ahi: int, blo: int, bhi: int) -> difflib.Match:
        nonlocal looked
        looked += sum(1 + len(self.b2j.get(line, ())) for line in self.a[alo:ahi])
        found: difflib.Match = real(self, alo, ahi, blo, bhi)
        return found

    monkeypatch.setattr(difflib.SequenceMatcher, "find_longest_match", counted)
    text = edited()
    result = unified(text, RENDERED, "a/x", "b/x")
    assert looked <= MAX_STEPS
    assert len(result) < 3 * MAX_LINES * 10
    assert result.startswith(("--- a/x\n+++ b/x\n@@ ", "Files a/x and b/x differ"))
    result = unified(RENDERED, text, "a/x", "b/x")
    assert len(result) < 3 * MAX_LINES * 10


def test_the_work_and_the_size_of_all_files_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINES", 1000)
    monkeypatch.setattr(module, "MAX_STEPS", 100_000)
    text = "  ]\n}\n" * 400
    changes = [
        module.Change(f"stacks/dev/{n}.tf", "stacks/dev", FileState.HAND_EDITED, text.encode(), RENDERED)
        for n in range(99)
    ]
    result = module.changes_diff(changes)
    assert result.count("\n") < 30_000
    assert result.count("--- a/") == 12
    assert result.count("are not compared, because the differences above are long enough") == 87
