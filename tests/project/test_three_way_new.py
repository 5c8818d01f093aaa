"""Bases of a project that is made in a folder with files, such as a clone: settled, and moved there with the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from killed_processes import dies_at
from project_tools import everything_in
from three_way_tools import be_version, make_project, write_texts

from ticketgen.project.bases import BaseState, base_path, read_record
from ticketgen.project.destination import move_into_place
from ticketgen.project.merge import merge_project
from ticketgen.tree import recover_interrupted

TEXTS = {"README.md": "# How\n", ".gitignore": "*.tfstate\n.venv/\n", "LICENSE": "ours\n", "docs/a.md": "a\n"}
THEIRS = {
    "README.md": b"# Theirs\n",
    ".gitignore": b"*.log\n.venv/\n",
    "LICENSE": b"theirs\n",
    ".git/config": b"x\n",
}


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    """A new project that is not moved yet, and the clone that it is for."""
    make_project(tmp_path / "made", TEXTS)
    write_texts(tmp_path / "clone", THEIRS)
    return tmp_path / "made", tmp_path / "clone"


def test_bases_follow_files_that_were_renamed_extended_or_kept(
    made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    new, clone = made
    move_into_place(new, clone)
    record = read_record(clone)[1].value
    assert record
    assert (record.files["TICKETGEN.md"].source, "README.md" in record.files) == ("README.md", False)
    assert record.files["LICENSE"].state is BaseState.NAME_TAKEN
    assert record.files[".gitignore"].own_lines == 2
    assert sorted(path for path in everything_in(clone) if path.endswith(".base")) == [
        base_path(".gitignore"), base_path("TICKETGEN.md"), base_path("docs/a.md"),
    ]  # fmt: skip
    assert (clone / ".gitignore").read_text() == "*.log\n.venv/\n*.tfstate\n"
    write_texts(clone, {".gitignore": b"*.log\nmine/\n.venv/\n*.tfstate\n"})
    be_version(monkeypatch, "9.0.0", {**TEXTS, "README.md": "# Why\n", "LICENSE": "x\n",
                                      ".gitignore": "*.tfstate\n.venv/\n*.tfplan\n"})  # fmt: skip
    assert [each.rule for each in merge_project(clone, clone / "ticketgen.yaml").findings] == [
        "file-merged"
    ] * 2
    assert (clone / "TICKETGEN.md").read_text() == "# Why\n"
    assert (clone / "README.md").read_bytes() == THEIRS["README.md"]
    assert (clone / "LICENSE").read_bytes() == THEIRS["LICENSE"]
    assert (clone / ".gitignore").read_text() == "*.log\nmine/\n.venv/\n*.tfstate\n*.tfplan\n"


def test_a_kill_at_any_call_leaves_no_base_without_its_project(
    tmp_path: Path, made: tuple[Path, Path]
) -> None:
    outcomes = []
    for call in range(300):
        new, clone = tmp_path / f"{call}/made", tmp_path / f"{call}/clone"
        shutil.copytree(made[0], new)
        shutil.copytree(made[1], clone)
        died = dies_at(call, lambda new=new, clone=clone: move_into_place(new, clone))  # type: ignore[misc]
        assert recover_interrupted(clone) == ()
        after = {path for path in everything_in(clone) if not path.startswith(".ticketgen-write")}
        whole = ".ticketgen/project.json" in after
        assert whole == ("TICKETGEN.md" in after) == ("docs/a.md" in after) == (".ticketgen" in after), call
        if not died:
            break
        outcomes.append(whole)
    assert len(outcomes) > 10
    assert set(outcomes) == {True, False}
