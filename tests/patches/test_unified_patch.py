"""Patches are made in git's form, and only patches of one text file are read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ticketgen.patches.unified_patch import MAX_HUNKS, FilePatch, PatchSyntaxError, make_patch, parse_patch

PATH = "stacks/prod/modules/data/tables.tf"
HEAD = f"--- a/{PATH}\n+++ b/{PATH}\n"
ONE = f"{HEAD}@@ -1 +1 @@\n-a\n+b\n"
TABLES = "".join(
    f'resource "aws_dynamodb_table" "t{n}" {{\n  name = "t{n}"\n  point_in_time_recovery {{\n    enabled = true\n'
    "  }\n  server_side_encryption {\n    enabled = true\n  }\n}\n\n"
    for n in range(5)
)


def test_a_patch_is_what_git_writes(tmp_path: Path) -> None:
    if not shutil.which("git"):
        pytest.skip("git is missing")
    before, after = "one\ntwo\nthree\n", "one\n2\nthree"
    place = tmp_path / PATH
    place.parent.mkdir(parents=True)
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(tmp_path))
    subprocess.run([*git, "init", "--quiet"], check=True)
    place.write_text(before)
    subprocess.run([*git, "add", "."], check=True)
    place.write_text(after)
    written = subprocess.run(
        [*git, "diff", "--full-index"], check=True, capture_output=True, text=True
    ).stdout
    assert make_patch(PATH, before, after) == written.replace(" 100644\n", "\n")
    assert parse_patch(written, PATH) == parse_patch(make_patch(PATH, before, after), PATH)
    place.unlink()
    deleted = subprocess.run(
        [*git, "diff", "--full-index", "--irreversible-delete"], check=True, capture_output=True, text=True
    ).stdout
    assert make_patch(PATH, before, None) == deleted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n", "b\n"),
        ("a\n", ""),
        ("", "a\n"),
        ("a", "a\n"),
        ("a\n", "a"),
        ("a\nb\n", "b"),
        ("Grüße\n\u2028x\x0cy\x85\n", "Gruß\n\u2028x\x0cy\x85\n"),
        (TABLES, TABLES.replace('"t2"\n  point_in_time_recovery {\n    enabled = true', '"t2"\n  # none\n')),
    ],
)
def test_git_applies_what_is_made(before: str, after: str, tmp_path: Path) -> None:
    if not shutil.which("git"):
        pytest.skip("git is missing")
    place = tmp_path / PATH
    place.parent.mkdir(parents=True)
    place.write_bytes(before.encode())
    patch = make_patch(PATH, before, after).encode()
    subprocess.run(["git", "apply"], cwd=tmp_path, input=patch, check=True)
    assert place.read_bytes() == after.encode()


def test_a_change_among_similar_ones_has_as_many_lines_as_tell_it_apart() -> None:
    twice = "same {\n  x = 1\n}\n" * 2
    blocks = "".join(f"# {n}\n{twice}" for n in range(9))
    at = blocks.index("x = 1", blocks.index("# 4"))
    (hunk,) = parse_patch(make_patch(PATH, blocks, f"{blocks[:at]}x = 2{blocks[at + 5 :]}"), PATH).hunks
    assert blocks.count(hunk.old) == 1
    assert hunk.old.count("\n") == 7, "three lines around it are enough here"
    at = blocks.index("x = 1", at + 5)
    (hunk,) = parse_patch(make_patch(PATH, blocks, f"{blocks[:at]}x = 2{blocks[at + 5 :]}"), PATH).hunks
    assert (blocks.count(hunk.old), "# 4" in hunk.old or "# 5" in hunk.old) == (1, True)


def test_headers_of_other_tools_are_read() -> None:
    with_times = ONE.replace(".tf\n", ".tf\t2026-01-01 00:00:00.000000000 +0000\n")
    assert parse_patch(with_times, PATH) == parse_patch(ONE, PATH)
    (hunk,) = parse_patch(ONE.replace("@@\n", "@@ locals {\n"), PATH).hunks
    assert (hunk.start, hunk.old, hunk.new) == (1, "a\n", "b\n")


def test_an_empty_line_of_context_may_have_lost_its_space() -> None:
    (hunk,) = parse_patch(f"{HEAD}@@ -1,3 +1,3 @@\n a\n\n-b\n+c", PATH).hunks
    assert (hunk.old, hunk.new) == ("a\n\nb\n", "a\n\nc\n"), "and the last line its end"


def test_a_full_deletion_is_one_too() -> None:
    text = (
        f"diff --git a/{PATH} b/{PATH}\ndeleted file mode 100644\nindex 7898192..0000000\n--- a/{PATH}\n"
        "+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    )
    patch = parse_patch(text, PATH)
    assert patch == FilePatch(deletes=True, base="7898192")
    assert patch.is_made_from("a\n")
    assert not patch.is_made_from("b\n")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, f"it has no '--- a/{PATH}'"),
        ("Index: x\n", 1, "'Index: x' is in the place of"),
        (ONE.replace("prod", "staging"), 1, "is in the place of '--- a/stacks/prod/"),
        (ONE.replace("+++ b/stacks", "+++ b/../stacks"), 2, "is in the place of '+++ b/stacks/prod/"),
        (ONE.replace(f"+++ b/{PATH}", "+++ /dev/null"), 2, "is in the place of"),
        (ONE.replace(f"--- a/{PATH}", "--- /dev/null"), 1, "is in the place of"),
        (HEAD, 2, "it has no hunk"),
        (f"diff --git a/x b/x\n{ONE}", 1, "is in the place of 'diff --git"),
        (f"diff --git a/{PATH} b/{PATH}\nnew file mode 100755\n{ONE}", 2, "'new file mode 100755' is not"),
        (f"diff --git a/{PATH} b/{PATH}\nold mode 100644\nnew mode 100755\n", 2, "'old mode 100644' is not"),
        (f"diff --git a/{PATH} b/{PATH}\nrename from x\nrename to y\n", 2, "'rename from x' is not"),
        (f"diff --git a/{PATH} b/{PATH}\nGIT binary patch\nliteral 1\n", 2, "'GIT binary patch' is not"),
        (f"{ONE}-- \n2.40.1\n", 6, "'-- ' is not the header of a hunk"),
        (f"{ONE}{ONE}", 6, "is not the header of a hunk"),
        (f"{HEAD}@@ -1,2 +1 @@\n-a\n+b\n", 5, "hunk 1 ends before its last line"),
        (f"{HEAD}@@ -1 +1 @@\n-a\n-b\n+b\n", 5, "'-b' does not belong to hunk 1"),
        (f"{HEAD}@@ -1 +1 @@\n-a\n*b\n", 5, "'*b' does not belong to hunk 1"),
        (f"{HEAD}@@ -1 +1 @@\n\\ No newline\n", 4, "does not belong to hunk 1"),
        (f"{HEAD}@@ -99999999 +1 @@\n-a\n+b\n", 3, "is not the header of a hunk"),
        (
            f"{HEAD}@@ -1,2 +1,2 @@\n-a\n\\ No newline at end of file\n+b\n c\n",
            8,
            "hunk 1 has a line without its end before its last line",
        ),
        (HEAD + "@@ -1 +1 @@\n-a\n+b\n" * (MAX_HUNKS + 1), None, f"it has more than {MAX_HUNKS} hunks"),
        (f"Files a/{PATH} and b/{PATH} differ, and 9 lines are too many to compare\n", 1, "is in the place of"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_line(text: str, line: int | None, reason: str) -> None:
    with pytest.raises(PatchSyntaxError) as refused:
        parse_patch(text, PATH)
    assert reason in refused.value.reason
    assert line is None or refused.value.line == min(line, max(1, text.count("\n")))
