"""Each combination of what the owner and a newer ticketgen did to a file, and what a second merge does: nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from project_tools import everything_in
from three_way_tools import FIRST, be_version, make_project, write_texts

from ticketgen.findings import Finding, has_errors
from ticketgen.project.bases import BaseEntry, BaseState, base_path, read_record
from ticketgen.project.merge import merge_project, standing_findings
from ticketgen.project.text_merge import MAX_MERGED
from ticketgen.project.three_way import ACTIONS, Side

BASE = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
MINE = BASE.replace("one", "ONE, as we say it")
NEXT = BASE.replace("seven", "7")
BOTH = MINE.replace("seven", "7")
CLASHING = BASE.replace("one", "1")
CONFLICT = f"""<<<<<<< yours
ONE, as we say it
||||||| ticketgen {FIRST}
one
=======
1
>>>>>>> ticketgen 9.0.0
"""
FILE = "docs/GUIDE.md"


def merge(root: Path) -> tuple[Finding, ...]:
    """Merge, and what is found afterwards, as `render --upgrade --merge` reports it."""
    return (*merge_project(root, root / "ticketgen.yaml").findings, *standing_findings(root))


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [each.rule for each in findings]


def text_of(root: Path, path: str = FILE) -> str | None:
    return (root / path).read_bytes().decode() if (root / path).exists() else None


CASES = {
    # yours, ticketgen's: the file, the base, what is reported
    (BASE, BASE): (BASE, BASE, []),
    (BASE, NEXT): (NEXT, NEXT, ["file-merged"]),
    (BASE, None): (None, None, ["file-merged"]),
    (MINE, BASE): (MINE, BASE, []),
    (MINE, NEXT): (BOTH, NEXT, ["file-merged"]),
    (MINE, None): (MINE, None, ["no-longer-ours"]),
    (None, BASE): (None, BASE, ["stays-deleted"]),
    (None, NEXT): (None, BASE, ["stays-deleted"]),
    (None, None): (None, None, []),
    (NEXT, NEXT): (NEXT, NEXT, []),
    (MINE, CLASHING): (MINE.replace("ONE, as we say it\n", CONFLICT), CLASHING, ["merge-conflict"]),
}


@pytest.mark.parametrize("sides", CASES, ids=[str(number) for number, _ in enumerate(CASES)])
def test_each_combination_has_its_outcome_and_a_second_merge_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sides: tuple[str | None, str | None]
) -> None:
    yours, ours = sides
    text, base, reported = CASES[sides]
    make_project(tmp_path, {FILE: BASE})
    if yours is None:
        (tmp_path / FILE).unlink()
    else:
        write_texts(tmp_path, {FILE: yours.encode()})
    be_version(monkeypatch, "9.0.0", {} if ours is None else {FILE: ours})
    assert rules(merge(tmp_path)) == reported
    assert (text_of(tmp_path), text_of(tmp_path, base_path(FILE))) == (text, base)
    record = read_record(tmp_path)[1].value
    assert record
    assert record.ticketgen == "9.0.0"
    after = everything_in(tmp_path)
    again = merge(tmp_path)
    assert everything_in(tmp_path) == after
    assert rules(again) == [each for each in reported if each == "merge-conflict"], "notes are given once"


def test_the_table_has_all_nine_combinations() -> None:
    assert set(ACTIONS) == {(yours, ours) for yours in Side for ours in Side}


def test_a_conflict_has_its_line_and_is_no_longer_reported_once_it_is_resolved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {FILE: BASE})
    write_texts(tmp_path, {FILE: MINE.replace("five", "FIVE").encode()})
    be_version(monkeypatch, "9.0.0", {FILE: CLASHING.replace("five", "5")})
    found = merge(tmp_path)
    assert has_errors(found)
    assert [(each.location.file, each.location.line) for each in found if each.location] == [
        (FILE, 1),
        (FILE, 11),
    ]
    # Another version must not merge over markers.
    unresolved = everything_in(tmp_path)[FILE]
    be_version(monkeypatch, "9.1.0", {FILE: CLASHING.replace("five", "V")})
    assert rules(merge(tmp_path)) == ["merge-conflict"] * 2
    assert everything_in(tmp_path)[FILE] == unresolved
    assert text_of(tmp_path, base_path(FILE)) == CLASHING.replace("five", "5"), "the base waits, too"
    write_texts(tmp_path, {FILE: CLASHING.replace("one", "ONE").replace("five", "5").encode()})
    assert rules(merge(tmp_path)) == ["file-merged"]
    assert text_of(tmp_path) == CLASHING.replace("one", "ONE").replace("five", "V")


def test_a_text_that_shows_a_conflict_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = "\n```\n<<<<<<< HEAD\na\n||||||| base\n=======\nb\n>>>>>>> x\n```\n"
    make_project(tmp_path, {FILE: BASE})
    write_texts(tmp_path, {FILE: (BASE + shown).encode()})
    be_version(monkeypatch, "9.0.0", {FILE: CLASHING})
    assert rules(merge(tmp_path)) == ["file-merged"]
    assert text_of(tmp_path) == CLASHING + shown
    for left in ("<<<<<<< yours\r\n", "||||||| ticketgen 0.0.1\n", ">>>>>>> ticketgen 9.0.0"):
        write_texts(tmp_path, {FILE: f"{CLASHING}{shown}{left}".encode()})
        assert [each.rule for each in standing_findings(tmp_path)] == ["merge-conflict"], left


def test_a_dry_run_reports_the_merge_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {FILE: BASE, "a": "a\n", "both": BASE, "old": "old\n"})
    write_texts(tmp_path, {FILE: MINE.encode(), "both": MINE.encode()})
    be_version(monkeypatch, "9.0.0", {FILE: CLASHING, "a": "b\n", "both": NEXT, "new": "new\n"})
    before = everything_in(tmp_path)
    shown = merge_project(tmp_path, tmp_path / "ticketgen.yaml", dry_run=True)
    assert everything_in(tmp_path) == before
    due = {
        each.location.file: each.message
        for each in shown.findings
        if each.rule == "merge-due" and each.location
    }
    assert sorted(due) == ["a", "both", FILE, "new", "old"]
    merged = [each.message.split(" ticketgen")[0] for each in shown.findings if each.rule == "file-merged"]
    assert merged == [
        "this would be the text of", "it would have your changes and those of", "new in", "would be deleted:",
    ]  # fmt: skip
    assert "with 1 conflict" in due[FILE]
    assert "without a conflict" in due["a"]
    assert "\n-a\n+b\n" in shown.difference
    assert "\n+<<<<<<< yours\n" in shown.difference


def test_two_upgrades_in_a_row_keep_every_change_of_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {FILE: BASE})
    write_texts(tmp_path, {FILE: MINE.encode()})
    be_version(monkeypatch, "9.0.0", {FILE: NEXT})
    assert not has_errors(merge(tmp_path))
    be_version(monkeypatch, "10.0.0", {FILE: NEXT.replace("four", "4")})
    assert not has_errors(merge(tmp_path))
    assert text_of(tmp_path) == BOTH.replace("four", "4")
    # A project that skips a version gets the same.
    be_version(monkeypatch, "9.0.0", {FILE: NEXT})
    assert rules(merge(tmp_path)) == ["newer-bases"]


def test_skipping_a_version_gives_the_same_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path, {FILE: BASE})
    write_texts(tmp_path, {FILE: MINE.encode()})
    be_version(monkeypatch, "10.0.0", {FILE: NEXT.replace("four", "4")})
    assert not has_errors(merge(tmp_path))
    assert text_of(tmp_path) == BOTH.replace("four", "4")


@pytest.mark.parametrize("yours", [BASE, MINE])
def test_line_ends_of_windows_stay_and_are_no_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yours: str
) -> None:
    make_project(tmp_path, {FILE: BASE})
    # git checks every file out with CR and LF, the bases, too.
    for path in (FILE, base_path(FILE)):
        content = yours if path == FILE else BASE
        write_texts(tmp_path, {path: content.replace("\n", "\r\n").encode()})
    be_version(monkeypatch, "9.0.0", {FILE: NEXT})
    assert rules(merge(tmp_path)) == ["file-merged"]
    assert text_of(tmp_path) == (NEXT if yours == BASE else BOTH).replace("\n", "\r\n")
    be_version(monkeypatch, "9.1.0", {FILE: CLASHING.replace("seven", "7")})
    found = rules(merge(tmp_path))
    assert found == (["file-merged"] if yours == BASE else ["merge-conflict"])
    assert "\r\n" in str(text_of(tmp_path))
    assert "\n" not in str(text_of(tmp_path)).replace("\r\n", "")


def test_a_deleted_file_can_be_restored_and_is_merged_from_its_old_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {FILE: BASE})
    (tmp_path / FILE).unlink()
    be_version(monkeypatch, "9.0.0", {FILE: NEXT})
    assert rules(merge(tmp_path)) == ["stays-deleted"]
    write_texts(tmp_path, {FILE: MINE.encode()})
    be_version(monkeypatch, "10.0.0", {FILE: NEXT.replace("four", "4")})
    assert rules(merge(tmp_path)) == ["file-merged"]
    assert text_of(tmp_path) == BOTH.replace("four", "4")


def test_a_file_that_is_new_in_a_version_is_added_unless_its_name_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {FILE: BASE})
    write_texts(tmp_path, {"taken": b"theirs\n", "same": b"same\n"})
    be_version(monkeypatch, "9.0.0", {FILE: BASE, "taken": "ours\n", "same": "same\n", "deep/new": "new\n"})
    found = merge(tmp_path)
    assert [(each.rule, each.location.file) for each in found if each.location] == [
        ("file-merged", "deep/new"), ("name-taken", "taken"),
    ]  # fmt: skip
    assert (text_of(tmp_path, "taken"), text_of(tmp_path, "deep/new")) == ("theirs\n", "new\n")
    be_version(monkeypatch, "10.0.0", {FILE: BASE, "taken": "more\n", "same": "more\n", "deep/new": "more\n"})
    assert sorted(rules(merge(tmp_path))) == ["file-merged", "file-merged"]
    assert [text_of(tmp_path, name) for name in ("taken", "same", "deep/new")] == [
        "theirs\n",
        "more\n",
        "more\n",
    ]


def test_lines_that_were_there_before_new_are_neither_lost_nor_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a repository whose `.gitignore` was extended."""
    whole = "*.log\n*.tfstate\n.venv/\n"
    make_project(tmp_path, {".gitignore": whole})
    record = read_record(tmp_path)[1].value
    assert record
    extended = record.with_file(".gitignore", BaseEntry(record.files[".gitignore"].sha256, own_lines=1))
    write_texts(tmp_path, {".ticketgen/project.json": extended.text().encode()})
    write_texts(tmp_path, {".gitignore": f"{whole}mine/\n".encode()})
    be_version(monkeypatch, "9.0.0", {".gitignore": "*.log\n*.tfstate\nnew/\n\n.venv/\n"})
    assert rules(merge(tmp_path)) == ["file-merged"]
    assert text_of(tmp_path, ".gitignore") == "*.log\n*.tfstate\nnew/\n.venv/\nmine/\n"


def hole(place: Path) -> None:
    """A file that takes no space."""
    place.touch()
    os.truncate(place, 10**9)


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "binary": (lambda place: place.write_bytes(b"\0one"), "not-mergeable"),
    "huge": (lambda place: place.write_bytes(b"x\n" * MAX_MERGED), "not-mergeable"),
    "larger than any text": (hole, "not-mergeable"),
    "a link": (lambda place: place.symlink_to("/etc/passwd"), "not-mergeable"),
    "a pipe": (os.mkfifo, "not-mergeable"),
    "a folder": (Path.mkdir, "not-mergeable"),
}


@pytest.mark.parametrize("what", STRANGE)
def test_what_cannot_be_merged_is_reported_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    make, rule = STRANGE[what]
    make_project(tmp_path, {FILE: BASE, "other": "a\n"})
    (tmp_path / FILE).unlink()
    make(tmp_path / FILE)
    be_version(monkeypatch, "9.0.0", {FILE: NEXT, "other": "b\n"})
    found = merge(tmp_path)
    assert sorted(rules(found)) == ["file-merged", rule]
    assert "root:" not in str(found)
    assert text_of(tmp_path, "other") == "b\n", "the other files are merged"
    assert text_of(tmp_path, base_path(FILE)) == BASE
    assert (tmp_path / FILE).is_symlink() is (what == "a link")


def test_without_git_nothing_that_both_sides_changed_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {FILE: BASE, "other": "a\n"})
    write_texts(tmp_path, {FILE: MINE.encode()})
    be_version(monkeypatch, "9.0.0", {FILE: NEXT, "other": "b\n"})
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert rules(merge(tmp_path)) == ["git-missing", "file-merged"]
    assert (text_of(tmp_path), text_of(tmp_path, "other")) == (MINE, "b\n")
    without_git = everything_in(tmp_path)
    assert rules(merge(tmp_path)) == ["git-missing"]
    assert everything_in(tmp_path) == without_git, "a second run changes nothing"
    monkeypatch.undo()
    be_version(monkeypatch, "9.1.0", {FILE: CLASHING, "other": "b\n"})
    assert rules(merge(tmp_path)) == ["merge-conflict"]
    conflict = CONFLICT.replace("9.0.0", "9.1.0")
    assert text_of(tmp_path) == MINE.replace("ONE, as we say it\n", conflict), (
        "the base is that of the first version"
    )
    be_version(monkeypatch, "9.2.0", {FILE: CLASHING.replace("1", "I"), "other": "b\n"})
    write_texts(tmp_path, {FILE: MINE.encode()})
    merge(tmp_path)
    assert "||||||| ticketgen 9.1.0\n" in (text_of(tmp_path) or "")


@pytest.mark.parametrize("what", ["edited", "missing", "a link"])
def test_a_wrong_base_is_never_merged_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    make_project(tmp_path, {FILE: BASE})
    write_texts(tmp_path, {FILE: MINE.encode()})
    place = tmp_path / base_path(FILE)
    place.unlink()
    if what == "edited":
        place.write_text(MINE)  # the merge would take ticketgen's text for the only change
    elif what == "a link":
        place.symlink_to(tmp_path / FILE)
    be_version(monkeypatch, "9.0.0", {FILE: NEXT})
    assert rules(merge(tmp_path)) == ["base-broken"]
    assert text_of(tmp_path) == MINE


BROKEN: dict[str, str | dict[str, object]] = {
    "not JSON": "<<<<<<< HEAD\n{}\n",
    "a path outside": {"files": {"../outside": {}}},
    "a path in .git": {"files": {".git/hooks/post-checkout": {"sha256": "0" * 64}}},
    "its own folder": {"files": {".ticketgen/project.json": {"sha256": "0" * 64}}},
    "too many files": {"files": {str(number): {} for number in range(1001)}},
    "a version with a command": {"ticketgen": "1;$(id)"},
    "an unknown key": {"files": {FILE: {"run": "id"}}},
    "another format": {"format": 2},
    "a name that is none": {"answers": {"project": "$(id)", "preset": "small-venue", "ci": "github",
                                        "upgrade_workflow": False}},
    "a preset elsewhere": {"answers": {"project": "my-shop", "preset": "../../x", "ci": "github",
                                       "upgrade_workflow": False}},
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_hostile_or_broken_record_is_a_finding_and_changes_nothing(tmp_path: Path, what: str) -> None:
    make_project(tmp_path, {FILE: BASE})
    place = tmp_path / ".ticketgen/project.json"
    change = BROKEN[what]
    place.write_text(
        change if isinstance(change, str) else json.dumps({**json.loads(place.read_text()), **change})
    )
    before = everything_in(tmp_path)
    found = merge(tmp_path)
    assert rules(found) == ["base-broken"]
    assert all(each.location and each.location.file == ".ticketgen/project.json" for each in found)
    assert everything_in(tmp_path) == before


def test_a_project_without_bases_is_compared_and_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an older ticketgen left it."""
    write_texts(tmp_path, {FILE: MINE.encode(), "same": b"same\n",
                           "ticketgen.yaml": b"version: 1\nproject: my-shop\nextends: small-venue\n"})  # fmt: skip
    texts = {FILE: BASE, "same": "same\n", "absent": "x\n"}
    be_version(monkeypatch, "9.0.0", texts)
    report = merge_project(tmp_path, tmp_path / "ticketgen.yaml")
    assert [(each.rule, each.location.file) for each in report.findings if each.location] == [
        ("stays-deleted", "absent"), ("base-missing", FILE),
    ]  # fmt: skip
    assert f"--- a/{FILE}\n+++ ticketgen/{FILE}\n" in report.difference
    assert "\n-ONE, as we say it\n+one\n" in report.difference
    assert text_of(tmp_path) == MINE, "nothing of the owner's is changed"
    assert not (tmp_path / "absent").exists()
    assert merge(tmp_path) == ()
    be_version(monkeypatch, "10.0.0", {**texts, FILE: NEXT})
    assert rules(merge(tmp_path)) == ["file-merged"]
    assert text_of(tmp_path) == BOTH


def test_names_that_are_taken_stay_taken_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, {}, {FILE: BaseEntry(state=BaseState.NAME_TAKEN)})
    write_texts(tmp_path, {FILE: b"theirs\n"})
    be_version(monkeypatch, "9.0.0", {FILE: NEXT})
    assert merge(tmp_path) == ()
    be_version(monkeypatch, "10.0.0", {})
    assert merge(tmp_path) == ()
    record = read_record(tmp_path)[1].value
    assert record
    assert record.files == {}
    assert text_of(tmp_path) == "theirs\n"
