"""Writing: rendered files are updated, other files are kept, and nothing outside the folder changes."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import resource
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tree_tools import NEW, OLD, VERSION, in_child, render, rules, snapshot, stack

from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree import FileState, write
from ticketgen.tree.stage import STAGE


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A project whose stacks were rendered once."""
    render(tmp_path, OLD)
    return tmp_path


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside of the project."""
    return tmp_path_factory.mktemp("outside")


def test_a_write_leaves_exactly_the_rendered_files(old: Path) -> None:
    done = render(old, NEW)
    assert done.findings == ()
    assert snapshot(old) == {
        "stacks": None,
        "stacks/dev": None,
        f"stacks/dev/{MANIFEST_NAME}": (old / f"stacks/dev/{MANIFEST_NAME}").read_bytes(),
        "stacks/dev/main.tf": b"new dev\n",
        "stacks/dev/modules": None,
        "stacks/dev/modules/fresh": None,
        "stacks/dev/modules/fresh/b.tf": b"fresh\n",
        "stacks/dev/same.tf": b"same\n",
        "stacks/prod": None,
        f"stacks/prod/{MANIFEST_NAME}": (old / f"stacks/prod/{MANIFEST_NAME}").read_bytes(),
        "stacks/prod/main.tf": b"prod\n",
        "stacks/prod/modules": None,
        "stacks/prod/modules/c.tf": b"c\n",
    }
    assert not (old / STAGE).exists()


def test_a_write_reports_its_changes(old: Path) -> None:
    changes = render(old, NEW).value
    assert changes is not None
    assert changes.retired == ("stacks/left",)
    assert changes.count(FileState.CREATED) == 3
    assert changes.count(FileState.CREATED, "stacks/dev") == 1
    assert changes.count(FileState.ORPHANED) == 2


def test_writing_again_touches_no_file(old: Path) -> None:
    render(old, NEW)
    files = [place for place in old.rglob("*") if place.is_file()]
    times = [place.stat().st_mtime_ns for place in files]
    assert render(old, NEW).findings == ()
    assert [place.stat().st_mtime_ns for place in files] == times


def test_a_hand_edit_stops_the_whole_write(old: Path) -> None:
    (old / "stacks/dev/main.tf").write_text("my own\n")
    before = snapshot(old)
    done = render(old, NEW)
    assert (done.value, rules(done)) == (None, [("hand-edited", "stacks/dev/main.tf")])
    assert "--force" in done.findings[0].help
    assert snapshot(old) == before


def test_force_overwrites_hand_edits_only(old: Path) -> None:
    (old / "stacks/dev/main.tf").write_text("my own\n")
    (old / "stacks/prod").mkdir()
    (old / "stacks/prod/main.tf").write_text("never rendered\n")
    assert rules(render(old, NEW, force=True)) == [("in-the-way", "stacks/prod/main.tf")]
    (old / "stacks/prod/main.tf").unlink()
    assert render(old, NEW, force=True).findings == ()
    assert (old / "stacks/dev/main.tf").read_text() == "new dev\n"


def test_a_file_in_the_way_that_is_just_as_rendered_is_taken_over(old: Path) -> None:
    (old / "stacks/dev" / MANIFEST_NAME).unlink()
    assert render(old, OLD).findings == ()
    assert rules(render(old, NEW)) == []


def test_a_stale_file_edited_by_hand_stays_and_is_named_every_time(old: Path) -> None:
    left = old / "stacks/left/main.tf"
    left.write_text("my own\n")
    for force in (False, True, False):
        assert rules(render(old, NEW, force=force)) == [("kept", "stacks/left/main.tf")]
        assert left.read_text() == "my own\n"
    left.unlink()
    assert rules(render(old, NEW)) == []
    assert not left.parent.exists()


def test_foreign_files_are_kept(old: Path) -> None:
    foreign = [
        "stacks/dev/terraform.tfstate",
        "stacks/left/terraform.tfstate",
        "stacks/dev/modules/gone/x.tf",
    ]
    for path in foreign:
        (old / path).write_text("theirs\n")
    render(old, NEW, destroyed=True)
    assert [(old / path).read_text() for path in foreign] == ["theirs\n"] * 3
    assert not (old / "stacks/left/main.tf").exists()


def test_written_files_have_line_feeds_and_utf8(tmp_path: Path) -> None:
    render(tmp_path, [stack("stacks/dev", main="“Tickets”\n")])
    assert (tmp_path / "stacks/dev/main.tf").read_bytes() == "“Tickets”\n".encode()
    with pytest.raises(ValueError, match="carriage return"):
        render(tmp_path, [stack("stacks/dev", main="a\r\n")])


@pytest.mark.parametrize("link", ["stacks", "stacks/dev", "stacks/dev/modules"])
def test_nothing_is_written_or_deleted_through_a_link(old: Path, outside: Path, link: str) -> None:
    shutil.copytree(old / link, outside / "copy")
    shutil.rmtree(old / link)
    (old / link).symlink_to(outside / "copy")
    before = snapshot(outside)
    found = render(old, NEW)
    assert found.value is None
    assert {rule for rule, _ in rules(found)} == {"path-outside"}
    assert snapshot(outside) == before


def test_a_link_in_place_of_a_file_is_not_followed(old: Path) -> None:
    target = old / "precious.txt"
    target.write_text("old dev\n")
    (old / "stacks/dev/main.tf").unlink()
    (old / "stacks/dev/main.tf").symlink_to(target)
    assert rules(render(old, NEW, force=True)) == [("in-the-way", "stacks/dev/main.tf")]
    assert target.read_text() == "old dev\n"


def test_a_link_in_place_of_the_stage_is_not_followed(old: Path, outside: Path) -> None:
    (old / STAGE).symlink_to(outside)
    before = snapshot(old)
    assert rules(render(old, NEW)) == [("in-the-way", STAGE)]
    assert snapshot(old) == before
    assert list(outside.iterdir()) == []


def test_a_file_where_a_folder_must_be_is_a_finding(old: Path) -> None:
    shutil.rmtree(old / "stacks/dev/modules")
    (old / "stacks/dev/modules").write_text("in the way\n")
    assert {rule for rule, _ in rules(render(old, NEW))} == {"in-the-way"}


def test_a_full_disk_is_a_finding_and_leaves_the_old_tree(old: Path) -> None:
    before = snapshot(old)

    def full() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        found = render(old, [stack("stacks/dev", main="new\n" * 1000)])
        return 0 if [rule for rule, _ in rules(found)] == ["cannot-write"] else 1

    assert in_child(full) == 0
    assert snapshot(old) == before
    assert not (old / STAGE).exists()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("locked", [".", "stacks/dev", "stacks/dev/modules/gone"])
def test_a_read_only_folder_is_a_finding_and_leaves_the_old_tree(open_folder: Path, locked: str) -> None:
    render(open_folder, OLD)
    before = snapshot(open_folder)
    for place in (open_folder, *open_folder.rglob("*")):
        os.chown(place, 65534, 65534) if os.geteuid() == 0 else None
    (open_folder / locked).chmod(0o555)

    def as_nobody() -> int:
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        found = render(open_folder, NEW)
        return 0 if [rule for rule, _ in rules(found)] == ["cannot-write"] else 1

    code = in_child(as_nobody)
    (open_folder / locked).chmod(0o755)
    assert code == 0
    assert snapshot(open_folder) == before


def test_concurrent_renders_leave_one_complete_result(tmp_path: Path) -> None:
    versions = [
        [
            stack("stacks/dev", **{f"file{n}": f"{who}\n" for n in range(30)}),
            stack("stacks/prod", main=f"{who}\n"),
        ]
        for who in ("one", "two", "three")
    ]
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        writers = [context.Process(target=render, args=(tmp_path, stacks)) for stacks in versions]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert [writer.exitcode for writer in writers] == [0, 0, 0]
        assert len({place.read_text() for place in tmp_path.rglob("*.tf")}) == 1


def test_a_render_waits_for_another_up_to_a_limit(old: Path) -> None:
    held = os.open(old, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    done = write(old, NEW, version=VERSION, retire_in="stacks", timeout_s=0.1)
    assert rules(done) == [("busy", "")]
    release = threading.Timer(0.2, os.close, [held])
    release.start()
    assert render(old, NEW).findings == ()
    release.join()


def test_a_file_beside_the_stacks_is_written_in_the_same_transaction(old: Path) -> None:
    spec = old / "ticketgen.yaml"
    spec.write_text("old\n")
    spec.chmod(0o600)
    known = {"ticketgen.yaml": b"old\n"}
    (old / "stacks/dev/main.tf").write_text("my own\n")
    refused = write(old, NEW, version=VERSION, sources=known, extra_files={"ticketgen.yaml": b"new\n"})
    assert [rule for rule, _ in rules(refused)] == ["hand-edited"]
    assert spec.read_text() == "old\n"
    (old / "stacks/dev/main.tf").write_text("old dev\n")
    done = write(old, NEW, version=VERSION, sources=known, extra_files={"ticketgen.yaml": b"new\n"})
    assert done.findings == ()
    assert spec.read_text() == "new\n"
    assert spec.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("now", ["edited meanwhile\n", None])
def test_stacks_of_a_changed_spec_are_not_written(old: Path, now: str | None) -> None:
    if now:
        (old / "ticketgen.yaml").write_text(now)
    before = snapshot(old)
    done = write(old, NEW, version=VERSION, retire_in="stacks", sources={"ticketgen.yaml": b"old\n"})
    assert rules(done) == [("interference", "ticketgen.yaml")]
    assert snapshot(old) == before
