"""A stage, journal or guard from a repository is reported, never followed or deleted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tree_tools import NEW, OLD, VERSION, dies_at, render, rules, snapshot, unfinished

from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree import plan_write, recover_interrupted, write_files
from ticketgen.tree.guard import GUARD, GUARD_TEXT
from ticketgen.tree.paths import fingerprint
from ticketgen.tree.stage import STAGE

IN_THE_WAY = [("in-the-way", STAGE)]


def everything(root: Path) -> dict[str, bytes | str | None]:
    """Every file with its bytes, every link with its target, every folder; nothing is followed."""
    found: dict[str, bytes | str | None] = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            place = Path(folder, name)
            if place.is_symlink():
                found[str(place)] = f"-> {place.readlink()}"
            else:
                found[str(place)] = place.read_bytes() if place.is_file() else None
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A rendered project in a repository, with a file outside of it."""
    root = tmp_path / "project"
    (root / ".git/hooks").mkdir(parents=True)
    render(root, OLD)
    (tmp_path / "precious.txt").write_text("precious\n")
    return root


def planted_journal(root: Path, target: str, before: str | None = None, after: str | None = None) -> None:
    """The stage and journal of an older ticketgen, which it believed."""
    for folder in ("old", "new"):
        (root / STAGE / folder).mkdir(parents=True)
        (root / STAGE / folder / "0").write_text("planted\n")
    step = [target, before or fingerprint(b"planted\n"), after]
    journal = {"format": 1, "stacks": ["stacks/dev"], "created": [], "steps": [step]}
    (root / STAGE / "journal.json").write_text(json.dumps(journal))


PLANTS: dict[str, Callable[[Path], object]] = {
    "a hook": lambda root: planted_journal(root, ".git/hooks/pre-commit"),
    "a workflow": lambda root: planted_journal(root, ".github/workflows/ci.yml"),
    "outside": lambda root: planted_journal(root, "../precious.txt"),
    "a stack": lambda root: planted_journal(root, "stacks/dev/main.tf", None, fingerprint(b"old dev\n")),
    "a file": lambda root: (root / STAGE).write_text("x\n"),
    "a FIFO": lambda root: os.mkfifo(root / STAGE),
    "a link outside": lambda root: (root / STAGE).symlink_to(root.parent),
    "a dangling link": lambda root: (root / STAGE).symlink_to("nowhere"),
    "a link to itself": lambda root: (root / STAGE).symlink_to(STAGE),
    "a link to a stack": lambda root: (root / STAGE).symlink_to("stacks/dev"),
}
INSIDE: dict[str, Callable[[Path], object]] = {
    name: partial(lambda name, stage: (stage / name).symlink_to(stage.parent.parent / "precious.txt"), name)
    for name in ("new", "old", "guard", ".gitignore", "0", "journal.json", "journal.part", "f" * 32)
} | {
    "FIFO": lambda stage: os.mkfifo(stage / "0"),
    "number": lambda stage: (stage / ("0" * 32)).write_text(""),
    "numbers": lambda stage: [(stage / (c * 32)).write_text("") for c in "ab"],
    "folder": lambda stage: (stage / ("0" * 32)).mkdir(),
    "any": lambda stage: (stage / "notes.txt").write_text("notes\n"),
}


def all_refuse(root: Path) -> None:
    """No command moves, writes through or deletes anything, and each says why."""
    before = everything(root.parent)
    for force in (False, True):
        assert rules(render(root, NEW, force=force)) == IN_THE_WAY
    assert rules(plan_write(root, NEW, version=VERSION, retire_in="stacks")) == IN_THE_WAY
    assert [each.rule for each in recover_interrupted(root)] == ["in-the-way"]
    (found,) = write_files(root, {"new.txt": (None, b"new\n")})
    assert found.rule == "in-the-way"
    assert found.help.startswith("delete it")
    assert everything(root.parent) == before


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_stage_is_reported_and_left_alone(project: Path, plant: str) -> None:
    PLANTS[plant](project)
    all_refuse(project)


@pytest.mark.parametrize("plant", INSIDE)
def test_the_content_of_a_planted_stage_is_left_alone(project: Path, plant: str) -> None:
    (project / STAGE).mkdir()
    INSIDE[plant](project / STAGE)
    all_refuse(project)


def test_an_empty_folder_with_the_name_of_the_stage_is_no_obstacle(project: Path) -> None:
    (project / STAGE).mkdir()
    assert render(project, NEW).findings == ()
    assert not (project / STAGE).exists()


_replacing: list[int] = []
"""The call at which a kill leaves replaced files, once it has been found: each attempt takes a process."""


def killed(root: Path) -> None:
    """Leave a write that was killed when files were already replaced."""
    for call in _replacing or range(14, 100):
        if root.exists():
            shutil.rmtree(root)
        root.mkdir()
        render(root, OLD)
        assert dies_at(call, root, partial(render, root, NEW))
        if (root / "stacks/dev/main.tf").read_text() == "new dev\n":
            _replacing[:] = [call]
            return
    pytest.fail("no kill left a replaced file")


def test_the_stage_of_a_killed_write_is_trusted_in_its_own_project_only(tmp_path: Path) -> None:
    one, copy = tmp_path / "one", tmp_path / "copy"
    killed(one)
    shutil.copytree(one, copy)
    found = unfinished(one)
    assert found is not None
    assert found.rule == "render-interrupted"
    before = everything(copy)
    assert rules(render(copy, NEW)) == IN_THE_WAY
    assert everything(copy) == before
    shutil.rmtree(copy / STAGE)
    shutil.copytree(one / STAGE, copy / STAGE)
    assert rules(render(copy, NEW)) == IN_THE_WAY
    assert render(one, NEW).findings == ()


def test_a_replaced_stage_is_not_trusted(tmp_path: Path) -> None:
    root = tmp_path / "project"
    killed(root)
    shutil.copytree(root / STAGE, tmp_path / "copy")
    (root / STAGE).rename(tmp_path / "moved")
    (tmp_path / "copy").rename(root / STAGE)
    before = everything(root)
    assert rules(render(root, NEW)) == IN_THE_WAY
    assert everything(root) == before


def test_a_record_without_the_user_secret_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could come from an archive that was unpacked around the project, state folder included."""
    root, state = tmp_path / "project", tmp_path / "home/ticketgen"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    killed(root)
    (number,) = (each.name for each in (root / STAGE).iterdir() if len(each.name) == 32)
    record = state / "writes" / number
    kept = record.read_bytes()
    before = everything(root)
    for planted in (
        kept[32:],
        bytes(32) + kept[32:],
        kept[:32] + kept[32:].replace(b"main.tf", b"MAIN.tf"),
        b"",
    ):
        record.write_bytes(planted)
        assert rules(render(root, NEW)) == IN_THE_WAY
        assert everything(root) == before
    record.write_bytes(kept)
    assert render(root, NEW).findings == ()


def test_a_changed_staged_file_is_not_restored(tmp_path: Path) -> None:
    root = tmp_path / "project"
    killed(root)
    (old,) = (p for p in (root / STAGE).iterdir() if p.read_bytes() == b"old dev\n")
    old.write_text("planted\n")
    (found,) = render(root, NEW).findings
    assert found.rule == "render-interrupted"
    assert f"{STAGE}/{old.name}" in found.message
    assert "stacks/dev/main.tf" in found.message
    assert (root / "stacks/dev/main.tf").read_text() == "new dev\n"
    assert (root / "stacks/dev" / GUARD).exists()
    assert old.read_text() == "planted\n"
    old.rename(root / "stacks/dev/main.tf")  # the help's way
    assert rules(render(root, NEW)) == [("hand-edited", "stacks/dev/main.tf")]
    assert (root / "stacks/dev/main.tf").read_text() == "planted\n"
    assert not (root / STAGE).exists()


def test_a_link_in_an_abandoned_stage_is_not_followed(tmp_path: Path) -> None:
    root, precious = tmp_path / "project", tmp_path / "precious.txt"
    precious.write_text("old dev\n")
    killed(root)
    (old,) = (p for p in (root / STAGE).iterdir() if p.read_bytes() == b"old dev\n")
    old.unlink()
    old.symlink_to(precious)
    assert rules(render(root, NEW)) == [("render-interrupted", STAGE)]
    assert not (root / "stacks/dev/main.tf").is_symlink()
    assert precious.read_text() == "old dev\n"


@pytest.mark.parametrize("home", ["state", ".", "link"])
def test_no_record_is_kept_where_a_clone_can_bring_one(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    if home == "link":
        (project / "inside").mkdir()
        (tmp_path / "link").symlink_to(project / "inside")
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "link"))
    else:
        monkeypatch.setenv("XDG_STATE_HOME", str(project / home))
    assert render(project, NEW).findings == ()
    assert not list(tmp_path.rglob("writes"))
    (project / ".git/hooks").rmdir()
    (project / ".git").rmdir()
    assert render(project, OLD).findings == ()
    assert not list(tmp_path.rglob("writes"))


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_no_record_is_kept_or_believed_where_others_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    root, folder = tmp_path / "project", tmp_path / "home/ticketgen/writes"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    killed(root)
    assert list(folder.iterdir())
    folder.chmod(mode)
    assert rules(render(root, NEW)) == IN_THE_WAY
    folder.chmod(0o700)
    assert render(root, NEW).findings == ()


def test_a_kill_without_records_loses_nothing_and_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nobody").write_text("no folder\n")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "nobody"))
    (tmp_path / "whole").mkdir()
    render(tmp_path / "whole", OLD)
    render(tmp_path / "whole", NEW)
    after = dict(snapshot(tmp_path / "whole"))
    for call in range(100):
        root = tmp_path / str(call)
        root.mkdir()
        render(root, OLD)
        texts = {p.read_bytes() for p in root.rglob("*.tf")}
        if not dies_at(call, root, partial(render, root, NEW)):
            break
        if not texts <= {p.read_bytes() for p in root.rglob("*") if p.is_file()}:
            assert snapshot(root) == after, "an old file may be deleted only after the end of the write"
        reported = rules(render(root, NEW))
        assert reported in ([], IN_THE_WAY)
        if reported:
            shutil.rmtree(root / STAGE)
            for path in (root / "stacks").rglob(GUARD):
                known = path.parent.name != "left" or (path.parent / MANIFEST_NAME).exists()
                found = plan_write(root, NEW, version=VERSION, retire_in="stacks")
                assert (("in-the-way", str(path.relative_to(root))) in rules(found)) == known
                path.unlink()
            assert {rule for rule, _ in rules(render(root, NEW, force=True))} <= {"in-the-way"}
    assert call > 30


@pytest.mark.parametrize("text", [GUARD_TEXT, b"mine\n"])
def test_a_planted_guard_is_reported_and_left_alone(project: Path, text: bytes) -> None:
    place = project / "stacks/dev" / GUARD
    place.write_bytes(text)
    before = snapshot(project)
    for found in (render(project, NEW, force=True), plan_write(project, NEW, version=VERSION)):
        assert rules(found) == [("in-the-way", f"stacks/dev/{GUARD}")]
        assert "delete the file" in found.findings[0].help
    assert snapshot(project) == before


@pytest.mark.parametrize("plant", [os.mkfifo, Path.mkdir, lambda p: p.symlink_to("../../../precious.txt")])
@pytest.mark.parametrize("name", ["main.tf", ".ticketgen.json", GUARD])
def test_no_file_of_another_kind_is_opened_or_replaced(
    project: Path, plant: Callable[[Path], object], name: str
) -> None:
    place = project / "stacks/dev" / name
    place.unlink(missing_ok=True)
    plant(place)
    before = everything(project.parent)
    found = render(project, NEW, force=True)
    assert found.value is None
    assert {rule for rule, _ in rules(found)} <= {"in-the-way", "manifest-broken"}
    assert everything(project.parent) == before
