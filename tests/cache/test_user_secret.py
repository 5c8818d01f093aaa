"""The secret belongs to one user on one machine: a copy is not accepted, and a failure means no secret."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ticketgen import user_secret as module
from ticketgen.user_secret import user_secret

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such modes")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of state, which does not exist yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path / "state"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def reread_secret() -> bytes | None:
    """The secret, as another process reads it."""
    module.secret_in.cache_clear()
    return user_secret()


def test_the_secret_stays_the_same_and_is_private(state: Path) -> None:
    first = reread_secret()
    assert first is not None
    assert len(first) > 32
    assert reread_secret() == first
    folder, file = state / "ticketgen", state / "ticketgen/secret"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, file)] == [0o700, 0o600]
    assert names(folder) == ["secret"]


def test_two_users_have_two_secrets(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = reread_secret()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    assert reread_secret() != first


def test_a_copied_secret_is_not_accepted(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository whose folder is also HOME can bring the file, but not its inode."""
    first = reread_secret()
    shutil.copytree(state, tmp_path / "clone")  # with modes and times
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "clone"))
    second = reread_secret()
    assert (tmp_path / "clone/ticketgen/secret").read_bytes() == (state / "ticketgen/secret").read_bytes()
    assert second is not None
    assert second != first


@pytest.mark.parametrize("mark", ["folder", "file", "dangling link"])
def test_no_secret_is_created_in_a_work_tree(
    mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = tmp_path / "clone/.git"
    git.parent.mkdir()
    if mark == "folder":
        git.mkdir()
    elif mark == "file":
        git.write_text("gitdir: elsewhere")
    else:
        git.symlink_to("nowhere")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "clone/state"))
    assert reread_secret() is None
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "clone"))
    assert reread_secret() is None
    assert names(tmp_path / "clone") == [".git"]
    # Nor does a link that leads into the work tree, or out of it.
    (tmp_path / "link").symlink_to("clone")
    (tmp_path / "clone/out").symlink_to(tmp_path)
    for state in ("link", "clone/out"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / state))
        assert reread_secret() is None
    assert names(tmp_path) == ["clone", "link"]


def test_a_relative_state_folder_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The specification demands it; the current folder may be untrusted."""
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "clone").mkdir()
    monkeypatch.chdir(tmp_path / "clone")
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert reread_secret() is not None
    assert (tmp_path / "home/.local/state/ticketgen/secret").exists()
    monkeypatch.setenv("HOME", ".")
    assert reread_secret() is None
    assert names(Path()) == []


def test_macos_uses_its_own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert reread_secret() is not None
    assert (tmp_path / "Library/Application Support/ticketgen/secret").exists()


def symbolic_link(file: Path) -> None:
    (file.parent.parent / "x").write_bytes(b"x" * 32)
    file.symlink_to("../x")


def hard_link(file: Path) -> None:
    (file.parent / "x").write_bytes(b"x" * 32)
    file.hardlink_to(file.parent / "x")


def readable_by_others(file: Path) -> None:
    file.write_bytes(b"x" * 32)
    file.chmod(0o644)


PLANTED: Mapping[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "short": lambda file: file.write_bytes(b"x" * 31),
    "long": lambda file: file.write_bytes(b"x" * 33),
    "endless": lambda file: file.symlink_to("/dev/zero"),
    "readable by others": readable_by_others,
    "link": symbolic_link,
    "hard link": hard_link,
    "FIFO": os.mkfifo,
    "socket": lambda file: os.mknod(file, stat.S_IFSOCK | 0o600),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_foreign_file_is_replaced(kind: str, state: Path) -> None:
    file = state / "ticketgen/secret"
    file.parent.mkdir(parents=True, mode=0o700)
    before = os.umask(0o077)
    PLANTED[kind](file)
    os.umask(before)
    first = reread_secret()
    assert first is not None
    assert not first.startswith(b"x" * 31)
    assert reread_secret() == first
    assert file.lstat().st_mode == stat.S_IFREG | 0o600
    if kind == "link":
        assert (state / "x").read_bytes() == b"x" * 32


def test_without_a_safe_folder_there_is_no_secret(state: Path, tmp_path: Path) -> None:
    folder = state / "ticketgen"
    state.write_text("a file")
    assert reread_secret() is None
    state.unlink()
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert reread_secret() is None
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert reread_secret() is None
    assert names(tmp_path / "elsewhere") == []
    folder.unlink()
    folder.symlink_to(folder)
    assert reread_secret() is None
    folder.unlink()
    (folder / "secret").mkdir(parents=True)
    assert reread_secret() is None


def test_a_folder_of_another_user_is_not_used(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reread_secret() is not None
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert reread_secret() is None


def test_an_error_of_any_call_means_no_secret(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name in (
        *((os, name) for name in ("mkdir", "open", "fstat", "urandom")),
        (module, "create_file"),
    ):
        shutil.rmtree(state, ignore_errors=True)

        def failing(*arguments: object, **named: object) -> None:
            raise OSError(30, "Read-only file system")

        with monkeypatch.context() as context:
            context.setattr(place, name, failing)
            assert reread_secret() is None
        assert reread_secret() is not None


def test_waiting_for_a_lock_is_bounded(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    first = reread_secret()
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    held = os.open(state / "ticketgen", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert reread_secret() is None
    assert len(waited) == module.MAX_TRIES
    os.close(held)
    assert reread_secret() == first


def test_parallel_first_runs_agree_on_a_secret(state: Path) -> None:
    program = (
        "import sys; from ticketgen.user_secret import user_secret as s; sys.stdin.read(); print(s().hex())"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(10)
    ]
    for run in runs:
        assert run.stdin is not None
        run.stdin.close()
        run.stdin = None
    assert len({run.communicate(timeout=60)[0] for run in runs}) == 1
    assert all(run.returncode == 0 for run in runs)
