"""Reading a directory stays inside it, waits for nothing, and ends within its limits."""

from __future__ import annotations

import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terraform_tool import Terraform
from ticketgen import safe_open
from ticketgen.findings import Finding, Severity
from ticketgen.real_path import MAX_LINKS
from ticketgen.verification import directory, finding_limits, listing, surroundings
from ticketgen.verification.directory import read_directory, targets
from ticketgen.verification.verify import verify

SECRET = "locals {\n  secret = 1\n}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.tf").write_text(SECRET)
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "main.tf").write_text("locals {}\n")
    return folder


def texts(root: Path) -> dict[str, str]:
    read = read_directory(root)
    assert read.value is not None
    return dict(read.value.texts)


def rules(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {each.location.file: each.rule for each in findings if each.location}


def test_links_are_followed_inside_the_directory_only(root: Path) -> None:
    (root / "inside.tf").symlink_to("main.tf")
    (root / "absolute.tf").symlink_to(root / "main.tf")
    (root / "out.tf").symlink_to("../outside/secret.tf")
    (root / "folder").symlink_to("../outside")
    (root / "through.tf").symlink_to("folder/secret.tf")
    (root / "self.tf").symlink_to("self.tf")
    (root / "self").symlink_to("self")
    (root / "nowhere.tf").symlink_to("missing.tf")
    (root / "sub").mkdir()
    (root / "sub/loop").symlink_to("..")
    read = read_directory(root)
    assert read.value is not None
    assert read.value.texts.keys() == {"main.tf", "inside.tf", "absolute.tf"}
    assert SECRET not in read.value.texts.values()
    assert rules(read.findings) == {
        "out.tf": "not-checked", "through.tf": "not-checked", "self.tf": "unreadable", "nowhere.tf": "unreadable",
        "folder": "not-checked",
    }  # fmt: skip
    assert read.value.unread == rules(read.findings).keys() | {"sub/loop"}


def test_only_regular_files_are_opened(root: Path) -> None:
    os.mkfifo(root / "pipe.tf")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "socket.tf"))
    (root / "device.tf").symlink_to("/dev/zero")
    (root / "folder.tf").mkdir()
    read = read_directory(root)
    assert read.value is not None
    assert read.value.texts.keys() == {"main.tf"}
    assert rules(read.findings) == {
        "pipe.tf": "unreadable",
        "socket.tf": "unreadable",
        "device.tf": "not-checked",
    }


@pytest.mark.parametrize("what", ["link", "pipe", "gone"])
def test_files_planted_after_listing_are_not_read(
    root: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "sub").mkdir()
    (root / "sub/a.tf").write_text("locals {}\n")
    real = safe_open.read_file_in

    def planted(name: str, folder: int, most: int) -> bytes:
        if name == "a.tf":
            (root / "sub/a.tf").unlink(missing_ok=True)
            if what == "link":
                (root / "sub/a.tf").symlink_to(root.parent / "outside/secret.tf")
            elif what == "pipe":
                os.mkfifo(root / "sub/a.tf")
        return real(name, folder, most)

    monkeypatch.setattr("ticketgen.verification.listing.read_file_in", planted)
    read = read_directory(root)
    assert read.value is not None
    assert read.value.texts.keys() == {"main.tf"}
    assert rules(read.findings) == {"sub/a.tf": "unreadable"}


def test_a_folder_replaced_by_a_link_is_left_immediately(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "sub").mkdir()
    (root / "sub/secret.tf").write_text("locals {}\n")
    real = safe_open.read_file_in

    def planted(name: str, folder: int, most: int) -> bytes:
        if name == "secret.tf":
            (root / "sub").rename(root / "was")
            (root / "sub").symlink_to(root.parent / "outside")
        return real(name, folder, most)

    monkeypatch.setattr("ticketgen.verification.listing.read_file_in", planted)
    read = read_directory(root)
    assert read.value is not None
    assert read.value.texts == {"main.tf": "locals {}\n", "sub/secret.tf": "locals {}\n"}


def test_a_folder_turned_into_a_link_is_not_entered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "sub").mkdir()
    real = safe_open.open_folder

    def planted(name: str, above: int | None = None) -> int:
        if name == "sub":
            (root / "sub").rmdir()
            (root / "sub").symlink_to(root.parent / "outside")
        return real(name, above)

    monkeypatch.setattr("ticketgen.verification.listing.open_folder", planted)
    read = read_directory(root)
    assert SECRET not in texts(root).values()
    assert rules(read.findings) == {"sub": "unreadable"}


def test_a_folder_that_cannot_be_listed_is_a_finding(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "sub").mkdir()
    real = safe_open.open_folder

    def refused(name: str, above: int | None = None) -> int:
        if name == "sub":
            raise PermissionError(13, "Permission denied", name)
        return real(name, above)

    monkeypatch.setattr("ticketgen.verification.listing.open_folder", refused)
    (finding,) = read_directory(root).findings
    assert (finding.rule, finding.message) == ("unreadable", "the folder cannot be read: Permission denied")


def test_all_descriptors_are_closed(root: Path) -> None:
    place = root
    for _ in range(listing.MAX_DEPTH + 20):
        place = place / "d"
        place.mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))
    read = read_directory(root)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [each.rule for each in read.findings] == ["not-checked"]
    assert read.findings[0].message.startswith("not checked: too large")


def test_a_chain_of_folders_longer_than_any_path_is_read_to_its_limit(root: Path) -> None:
    here = os.open(root, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d" * 100, dir_fd=here)
        inner = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    assert [each.rule for each in read_directory(root).findings] == ["not-checked"]


def test_the_bytes_of_a_directory_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_TOTAL_BYTES", 100)
    for number in range(30):
        (root / f"a{number:02}.tf").write_text("# 7890123\n")
    read = read_directory(root, "shop")
    assert read.value is not None
    assert len(read.value.texts) == 7  # with their names
    assert read.value.unread == {"a07.tf"}  # stands for the others
    assert [(each.rule, each.location) for each in read.findings] == [("not-checked", None)]
    assert read.findings[0].message.startswith("not checked: too large: shop: 24 files were not read")


def test_the_names_of_a_directory_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In deep folders, a path has thousands of characters, and there may be a hundred thousand files."""
    monkeypatch.setattr(directory, "_MAX_NAMES", 2_000)
    for number in range(20):
        (root / f"{'x' * 200}{number}.txt").touch()
    read = read_directory(root)
    assert read.value is not None
    assert read.value.paths is None
    assert read.value.texts.keys() == {"main.tf"}
    assert read.findings == ()


def test_files_beyond_a_limit_are_counted_and_not_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_READ", 1)
    for folder in ("a", "b"):
        (root / folder).mkdir()
        for number in range(50):
            (root / folder / f"{number:02}.tf").touch()
            (root / folder / f"test_{number:02}.py").touch()
    read = read_directory(root)
    assert read.value is not None
    assert read.value.unread == {"a/00.tf", "a/test_00.py", "b/00.tf", "b/test_00.py"}
    assert "200 files were not read" in read.findings[0].message


def test_names_that_are_in_memory_at_once_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_MAX_NAMES", 5_000)
    for number in range(100):
        (root / f"{number}.txt").touch()
    (root / "sub").mkdir()
    read = read_directory(root)
    assert read.value is None or read.value.paths is None
    assert "very long names" in read.findings[0].message


def test_findings_about_unread_files_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_limits, "MAX_PER_RULE", 10)
    monkeypatch.setattr(finding_limits, "_MAX_FILES", 5)
    for number in range(50):
        (root / f"{number}.tf").symlink_to("nowhere")
    *some, others = read_directory(root).findings
    assert len(some) == 15
    assert others.message == "35 more findings of unreadable in other files, which are not listed"
    assert (others.location, others.severity) == (None, Severity.ERROR)
    monkeypatch.setattr(directory, "_MAX_NAMES", 10 * 200)
    read = read_directory(root)
    assert len(read.findings) < 17
    assert any("very long names" in each.message for each in read.findings)


def test_a_long_chain_of_links_is_not_followed(root: Path) -> None:
    for number in range(1200):
        (root / f"a{number}.tf").symlink_to(f"a{number + 1}.tf")
    (root / "a1200.tf").symlink_to("main.tf")
    read = read_directory(root)
    assert read.value is not None
    assert len(read.value.texts) == 1 + MAX_LINKS
    assert read.findings[0].message == "the file is a broken link"


def test_links_are_followed_in_a_bounded_number_of_steps(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "_MAX_STEPS", 5_000)
    visited = []
    real = os.lstat

    def lstat(path: str, *, dir_fd: int | None = None) -> os.stat_result:
        visited.append(path)
        return real(path, dir_fd=dir_fd)

    (root / "a").mkdir()
    for number in range(100):
        (root / f"a{number}.tf").symlink_to("a/../" * 400 + "main.tf")
    monkeypatch.setattr(os, "lstat", lstat)
    read = read_directory(root)
    assert len(visited) < 10_000
    assert "the file is one of too many links" in {each.message for each in read.findings}


def test_unread_files_cause_no_undeclared_references(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_READ", 1)
    (root / "main.tf").write_text('output "a" {\n  value = var.b\n}\n')
    (root / "variables.tf").write_text('variable "b" {}\n')
    read = read_directory(root)
    assert read.value is not None
    assert verify(read.value.texts, rendered=False, paths=read.value.paths, left_out=read.value.unread) == ()


def test_the_entries_of_a_directory_are_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_ENTRIES", 50)
    looked: list[str] = []
    real = os.scandir

    def counted(folder: int) -> Iterator[os.DirEntry[str]]:
        with real(folder) as entries:
            for entry in entries:
                looked.append(entry.name)
                yield entry

    class Scan:
        def __init__(self, folder: int) -> None:
            self.entries = counted(folder)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr("ticketgen.verification.listing.os.scandir", Scan)
    for number in range(200):
        (root / f"{number}.txt").touch()
    read = read_directory(root)
    assert len(looked) == 51
    assert "not checked: too large" in read.findings[0].message
    assert read.value is None or read.value.paths is None


def test_a_file_over_the_limit_is_not_read_to_its_end(root: Path) -> None:
    with (root / "big.tf").open("wb") as stream:
        stream.write(b"#" + "é".encode() * 3_000_000)
    text = texts(root)["big.tf"]
    assert 2 * 1024**2 < len(text.encode()) < 2 * 1024**2 + 8
    assert [each.rule for each in verify({"big.tf": text}, rendered=False)] == ["not-checked"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="files there report size 0")
def test_a_file_that_reports_no_size_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda fd: os.stat_result([*real(fd)[:6], 0, *real(fd)[7:10]]))
    assert stat.S_ISREG(os.fstat(os.open(root / "main.tf", os.O_RDONLY)).st_mode)
    assert texts(root) == {"main.tf": "locals {}\n"}


@pytest.mark.parametrize("name", ["x" * 10_000, "x/" * 3_000, "self", "self/main.tf"])
def test_a_path_refused_by_the_system_is_a_finding(root: Path, name: str) -> None:
    (root / "self").symlink_to("self")
    checked = targets([root / name])
    assert checked.value is None
    assert [each.rule for each in checked.findings] == ["no-directory"]
    assert [each.rule for each in read_directory(root / name).findings] == ["no-directory"]


SUFFIXES = (".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl")


@pytest.mark.terraform
@pytest.mark.parametrize(
    "name", ["two\nlines.tf", "\r.tf", "\u2028.tf", " .tf", "~.tf", "#.tf", "\\.tf", "é.tf", "a..tf"]
)
def test_terraform_reads_the_same_names(name: str, root: Path, terraform: Terraform) -> None:
    (root / name).write_text("locals {\n  a = var.undeclared\n}\n")
    reported = terraform.run(root, "validate", "-no-color").stderr
    assert "undeclared input variable" in reported
    assert name in texts(root)


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_name_may_contain_any_character(root: Path, name: str) -> None:
    named = {f"x{name}{suffix}" for suffix in SUFFIXES} | {f"test_{name}.py", f"x{name}_test.py"}
    named = {each for each in named if len(each.encode()) < 250}
    for each in named:
        (root / each).touch()
    assert texts(root).keys() >= named
    for each in named:
        (root / each).unlink()


def test_named_files_are_verified_with_the_outermost_directory_that_reads_them(root: Path) -> None:
    for folder in ("a", "a/b", "a/.hidden", "a/.hidden/c", "z"):
        (root / folder).mkdir()
        (root / folder / "main.tf").touch()
    named = [root / each for each in ("a/b", "a/main.tf", "z/main.tf", "a/.hidden/c/main.tf", "a/.hidden")]
    found = targets(named).value
    assert found is not None
    assert {each.folder.relative_to(root).as_posix(): each.files for each in found} == {
        "a": {"main.tf", "b/main.tf"},
        "z": {"main.tf"},
        "a/.hidden": None,
    }


def test_many_named_files_are_found_in_linear_time(root: Path) -> None:
    def seconds(number: int) -> float:
        names = []
        for each in range(number):
            folder = root / f"{number}-{each}"
            folder.mkdir()
            (folder / "main.tf").touch()
            names.append(folder / "main.tf")
        took = []
        for _ in range(3):  # a busy machine slows some of them
            start = time.process_time()
            found = targets(names).value
            took.append(time.process_time() - start)
            assert found is not None
            assert len(found) == number
        return min(took)

    assert seconds(800) < 20 * (seconds(100) + 0.005)
