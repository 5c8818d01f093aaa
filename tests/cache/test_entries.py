"""An entry is read only if this user's ticketgen wrote it, for this kind and key; anything else is a cache miss."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ticketgen import caching, user_secret
from ticketgen.user_secret import DIGEST_BYTES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no cache")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, which does not exist yet."""
    monkeypatch.setenv("TICKETGEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv(caching.NO_CACHE, raising=False)
    forget_secret()
    return tmp_path / "cache"


@pytest.fixture
def entry(folder: Path) -> Path:
    """The only entry of the cache: of the kind a, the key k and the content 1."""
    caching.store("a", "k", b"1", 9)
    assert caching.load("a", "k") == b"1"
    (path,) = folder.iterdir()
    return path


def another_user(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(state))


def forget_secret() -> None:
    """Look for the secret again, as another process does."""
    user_secret.secret_in.cache_clear()


def test_an_entry_is_read_for_its_own_kind_and_key_only(entry: Path) -> None:
    for kind, key in (("b", "k"), ("a", "K"), ("a", ""), ("a-k", ""), ("", "k")):
        assert caching.load(kind, key) is None
        name = entry.with_name(caching.entry_name(kind, key))
        name.write_bytes(entry.read_bytes())
        assert caching.load(kind, key) is None


def test_an_entry_is_private(entry: Path) -> None:
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(entry.parent.stat().st_mode) == 0o700


def test_no_entry_of_another_user_or_machine_is_read(
    entry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another_user(monkeypatch, tmp_path / "other")
    assert caching.load("a", "k") is None
    caching.store("a", "k", b"2", 9)
    assert caching.load("a", "k") == b"2"
    another_user(monkeypatch, tmp_path / "state")
    assert caching.load("a", "k") is None


def test_every_changed_bit_is_a_cache_miss(entry: Path) -> None:
    whole = entry.read_bytes()
    for at in range(len(whole)):
        for bit in range(8):
            entry.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            assert caching.load("a", "k") is None
    for length in range(len(whole)):
        entry.write_bytes(whole[:length])
        assert caching.load("a", "k") is None
    entry.write_bytes(whole + b"\0")
    assert caching.load("a", "k") is None
    entry.write_bytes(whole)
    assert caching.load("a", "k") == b"1"


def sparse_file(entry: Path) -> None:
    """A sparse file of a terabyte."""
    with entry.open("wb") as file:
        file.truncate(2**40)


PLANTED: Mapping[str, Callable[[Path], object]] = {
    "huge": sparse_file,
    "FIFO": os.mkfifo,
    "socket": lambda entry: os.mknod(entry, stat.S_IFSOCK | 0o600),
    "endless": lambda entry: entry.symlink_to("/dev/zero"),
    "terminal": lambda entry: entry.symlink_to("/dev/tty"),
    "link to itself": lambda entry: entry.symlink_to(entry),
    "unreadable": lambda entry: entry.touch(0o000),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_foreign_file_is_a_cache_miss_and_is_replaced(kind: str, entry: Path) -> None:
    entry.unlink()
    PLANTED[kind](entry)
    assert caching.load("a", "k") is None
    caching.store("a", "k", b"2", 9)
    assert caching.load("a", "k") == b"2"
    assert stat.S_ISREG(entry.lstat().st_mode)
    assert len(list(entry.parent.iterdir())) == 1


def test_a_folder_in_place_of_an_entry_is_kept(entry: Path) -> None:
    entry.unlink()
    (entry / "inside").mkdir(parents=True)
    caching.store("a", "k", b"2", 9)
    assert caching.load("a", "k") is None
    assert list(entry.parent.iterdir()) == [entry]
    for number in range(4):
        caching.store("a", str(number), b"", 2)
    assert entry.is_dir()
    assert len(list(entry.parent.iterdir())) <= 3


def test_no_link_is_read_or_written_through(entry: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(entry.read_bytes())  # not even a valid entry
    entry.unlink()
    entry.symlink_to(outside)
    assert caching.load("a", "k") is None
    caching.store("a", "k", b"2", 9)
    assert not entry.is_symlink()
    assert caching.load("a", "k") == b"2"
    assert outside.read_bytes() != entry.read_bytes()


def test_the_name_of_an_unfinished_entry_cannot_be_guessed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is anything overwritten by someone who guesses it."""
    replaced: list[str] = []
    monkeypatch.setattr(os, "replace", lambda own, *_, **__: replaced.append(own))
    for _ in range(2):
        caching.store("a", "k", b"1", 9)
    assert len({*replaced}) == 2
    monkeypatch.setattr(os, "urandom", lambda count: b"0" * count)
    caching.store("a", "k", b"1", 9)
    (guessed,) = set(folder.iterdir()) - {folder / name for name in replaced[:2]}
    guessed.write_bytes(b"mine")
    caching.store("a", "k", b"1", 9)
    assert len(replaced) == 3
    assert guessed.read_bytes() == b"mine"


def test_a_failed_write_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", failing)
    caching.store("a", "k", b"1", 9)
    assert list(folder.iterdir()) == []


def test_unreadable_entries_are_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "_MAX_BYTES", 100)
    caching.store("a", "k", bytes(100 - DIGEST_BYTES), 9)
    assert caching.load("a", "k") is not None
    caching.store("a", "l", bytes(101 - DIGEST_BYTES), 9)
    assert caching.load("a", "l") is None
    assert len(list(folder.iterdir())) == 1


def test_the_newest_of_each_kind_are_kept(folder: Path) -> None:
    caching.store("b", "k", b"", 1)
    left = folder / "a-left.0"  # by a run that was killed
    left.touch()
    os.utime(left, (0, 0))
    for number in range(6):
        caching.store("a", str(number), b"", 3)
    assert [caching.load("a", str(number)) for number in range(6)] == [None] * 3 + [b""] * 3
    assert caching.load("b", "k") == b""
    assert not left.exists()


@pytest.mark.parametrize(
    ("place", "link"),
    [("cache", "cache"), ("a/cache", "a/cache"), ("a/cache", "a"), ("a/b/cache", "a"), ("a/../b/cache", "b")],
)
@pytest.mark.parametrize("brought_by", ["git", "an archive in the current folder"])
def test_no_repository_redirects_the_cache(
    place: str, link: str, brought_by: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone, outside = tmp_path / "clone", tmp_path / "outside"
    outside.mkdir()
    (clone / link).parent.mkdir(parents=True)
    (clone / link).symlink_to(outside)
    if brought_by == "git":
        (clone / ".git").mkdir()
    else:
        monkeypatch.chdir(clone)
    monkeypatch.setenv("TICKETGEN_CACHE_DIR", str(clone / place))
    caching.store("a", "k", b"1", 9)
    assert caching.cache_folder() is None
    assert list(outside.iterdir()) == []
    (clone / link).unlink()
    forget_secret()
    caching.store("a", "k", b"1", 9)
    assert caching.load("a", "k") == b"1"


def test_a_link_outside_a_repository_is_the_users_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People keep ``~/.cache`` on another disk."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.cache").symlink_to(tmp_path / "disk")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("TICKETGEN_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert caching.cache_folder() == tmp_path / "home/.cache/ticketgen"


def test_a_relative_cache_home_is_ignored(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clone").mkdir()
    monkeypatch.chdir(tmp_path / "clone")
    monkeypatch.delenv("TICKETGEN_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setattr(sys, "platform", "linux")
    assert caching.cache_folder() == tmp_path / "home/.cache/ticketgen"
    monkeypatch.setenv("HOME", ".")
    assert caching.cache_folder() is None
    assert list(Path().iterdir()) == []


def test_without_a_secret_there_is_no_cache_and_no_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "state/.git").mkdir(parents=True)
    caching.store("a", "k", b"1", 9)
    assert caching.load("a", "k") is None
    assert not folder.exists()


def test_a_disabled_cache_creates_no_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(caching.NO_CACHE, "1")
    caching.store("a", "k", b"1", 9)
    assert list(tmp_path.iterdir()) == []


def test_unfinished_entries_of_other_runs_are_kept(entry: Path) -> None:
    writing = [entry.with_name(f"{entry.name}.{each:016x}") for each in range(5)]
    for each in writing:
        each.touch()
    caching.store("a", "other", b"2", 2)
    assert caching.load("a", "k") == b"1"
    assert caching.load("a", "other") == b"2"
    assert all(each.exists() for each in writing)
    for each in writing:
        os.utime(each, (0, 0))
    caching.store("a", "other", b"3", 2)
    assert not any(each.exists() for each in writing)
    assert caching.load("a", "k") == b"1"


def test_parallel_runs_read_complete_entries_only(folder: Path) -> None:
    program = (
        "from ticketgen.caching import store, load\n"
        "for n in range(200):\n"
        "    store('a', 'k', bytes([n]) * 50_000, 3)\n"
        "    found = load('a', 'k')\n"
        "    assert found is not None and len({*found}) == 1 and len(found) == 50_000\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    assert [run.wait(timeout=120) for run in runs] == [0] * 4
    assert len(list(folder.iterdir())) == 1
