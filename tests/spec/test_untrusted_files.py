"""Files of a project are read only if they are regular, small and inside the repository."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ticketgen.safe_open import NotRegularFile, read_below, read_within_area

SECRET = b"the runner's secret"
MAX = 1000


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder outside of the project, with a file."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "file").write_bytes(SECRET)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_bytes(b"plain")
    return folder


def test_a_regular_file_is_read(project: Path) -> None:
    assert read_below(project, "a/b/file", MAX) == b"plain"
    os.link(project / "a/b/file", project / "hard")
    assert read_below(project, "hard", MAX) == b"plain"


def test_links_to_the_folder_itself_are_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project)
    assert read_below(tmp_path / "link", "a/b/file", MAX) == b"plain"


@pytest.mark.parametrize("link", ["a", "a/b", "a/b/file"])
@pytest.mark.parametrize("relative", [True, False])
def test_no_link_below_the_folder_is_followed(
    link: str, relative: bool, project: Path, tmp_path: Path
) -> None:
    """Not even one that stays in the folder."""
    target = tmp_path / "moved"
    (project / link).rename(target)
    (project / link).symlink_to(os.path.relpath(target, (project / link).parent) if relative else target)
    with pytest.raises(NotRegularFile, match=f"'{link}' is a symbolic link"):
        read_below(project, "a/b/file", MAX)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/etc/passwd",
        "../outside/file",
        "a/../../outside/file",
        "a//b/file",
        "a/./b/file",
        "a\0",
        "a/",
    ],
)
def test_only_paths_below_the_folder_are_opened(path: str, project: Path, secret: Path) -> None:
    with pytest.raises(NotRegularFile, match="not a path below"):
        read_below(project, path, MAX)


@pytest.mark.parametrize("path", ["none", "a/none", "none/file", "a/b/file/c"])
def test_a_missing_file_raises_file_not_found(path: str, project: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_below(project, path, MAX)


@pytest.fixture(params=["fifo", "directory", "socket", "device"])
def special(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "s"
    folder.mkdir()
    place = folder / "x"
    opened = None
    if request.param == "fifo":
        os.mkfifo(place)
    elif request.param == "directory":
        place.mkdir()
    elif request.param == "device":
        place = Path("/dev/zero")
    else:
        opened = socket.socket(socket.AF_UNIX)
        opened.bind(os.path.relpath(place))
    yield place
    if opened:
        opened.close()


def test_only_regular_files_are_read(special: Path) -> None:
    for read in (read_within_area, lambda path, most: read_below(path.parent, path.name, most)):
        with pytest.raises(
            (NotRegularFile, IsADirectoryError), match=r"not a regular file|[Ii]s a directory"
        ):
            read(special, MAX)


def test_reading_is_bounded(project: Path) -> None:
    (project / "a" / "full").write_bytes(b"x" * MAX)
    assert len(read_below(project, "a/full", MAX)) == MAX
    with (project / "a" / "huge").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(NotRegularFile, match="more than 1,000 bytes"):
        read_below(project, "a/huge", MAX)


@pytest.fixture(params=["git", "no git"])
def repository(
    request: pytest.FixtureRequest, project: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The current folder: a work tree, or an ordinary folder."""
    if request.param == "git":
        (project / ".git").mkdir()
    monkeypatch.chdir(project)
    return project


def test_a_link_inside_the_repository_is_followed(repository: Path) -> None:
    (repository / "spec").symlink_to("a/b/file")
    (repository / "c").symlink_to(repository / "a")
    (repository / "a" / "up").symlink_to("../spec")
    for path in ("spec", "c/b/file", "a/up", "c/up", str(repository / "c/up")):
        assert read_within_area(Path(path), MAX) == b"plain"


@pytest.mark.parametrize("link", ["file", "c/file", "a/c/file", "twice"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_out_of_the_repository_is_refused(
    link: str, absolute: bool, repository: Path, secret: Path
) -> None:
    (repository / "file").symlink_to("../outside/file")
    (repository / "c").symlink_to(secret)
    (repository / "a" / "c").symlink_to("../c")
    (repository / "twice").symlink_to("file")
    with pytest.raises(NotRegularFile, match="leads out of"):
        read_within_area(repository / link if absolute else Path(link), MAX)


def test_a_link_to_another_repository_is_refused(repository: Path, secret: Path) -> None:
    (secret / ".git").mkdir()
    (repository / "c").symlink_to(secret)
    with pytest.raises(NotRegularFile, match="leads out of"):
        read_within_area(Path("c/file"), MAX)


def test_link_loops_are_refused(repository: Path) -> None:
    (repository / "x").symlink_to("y")
    (repository / "y").symlink_to("x")
    with pytest.raises(NotRegularFile, match="circle"):
        read_within_area(Path("x"), MAX)


def test_system_links_to_a_repository_are_followed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").symlink_to(project)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for here in (elsewhere, tmp_path / "home"):
        monkeypatch.chdir(here)
        assert read_within_area(tmp_path / "home" / "a" / "b" / "file", MAX) == b"plain"


def test_outside_of_a_repository_a_file_links_to_its_own_folder_only(
    project: Path, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(secret)
    (project / "in").symlink_to("a/b/file")
    (project / "out").symlink_to(secret / "file")
    assert read_within_area(project / "in", MAX) == b"plain"
    with pytest.raises(NotRegularFile, match="leads out of"):
        read_within_area(project / "out", MAX)
