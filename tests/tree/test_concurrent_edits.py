"""An edit that another program saves during a write is kept and reported."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tree_tools import NEW, OLD, VERSION, render, snapshot

from ticketgen.findings import Finding
from ticketgen.tree import moves, write, write_files
from ticketgen.tree.stage import STAGE

pytestmark = pytest.mark.usefixtures("no_flush")


@pytest.fixture
def no_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of writes do not wait for the disk; no test turns the power off."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


EDIT = b"my own edit\n"
REPORTED_RULES = {"interference", "hand-edited", "in-the-way", "kept", "cannot-write", "manifest-broken"}

_at_event: Callable[[], None] | None = None


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _at_event is not None and (event.startswith(("os.", "ticketgen.")) or event == "open"):
        _at_event()


sys.addaudithook(_hook)  # it cannot be removed


class Editor:
    """Another program, which acts when ticketgen is about to make its n-th call, and at the call after that."""

    def __init__(self, call: int, *actions: Callable[[], object]) -> None:
        self.calls = 0
        self.saved = False
        self._actions = {call + number: action for number, action in enumerate(actions)}

    def __enter__(self) -> Editor:
        global _at_event
        _at_event = self._event
        return self

    def __exit__(self, *_: object) -> None:
        global _at_event
        _at_event = None

    def _event(self) -> None:
        global _at_event
        action = self._actions.pop(self.calls, None)
        self.calls += 1
        if action is not None:
            _at_event = None
            self.saved = bool(action()) or self.saved
            _at_event = self._event


Actions = list[Callable[[], object]]


def in_place(place: Path) -> Actions:
    """Save into the same file, if it is there."""
    return [lambda: place.exists() and place.write_bytes(EDIT)]


def by_rename(place: Path) -> Actions:
    """Save as most editors do."""

    def save() -> bool:
        if not place.parent.is_dir():
            return False
        own = place.with_suffix(".swp")
        own.write_bytes(EDIT)
        own.replace(place)
        return True

    return [save]


def opened_before(place: Path) -> Actions:
    """Open the file, and write into it one call later, when it may have another name."""
    held: list[int] = []

    def start() -> None:
        if place.exists():
            held.append(os.open(place, os.O_RDWR))

    def end() -> bool:
        linked = [file for file in held if os.fstat(file).st_nlink]
        for file in held:
            os.pwrite(file, EDIT, 0)
            os.truncate(file, len(EDIT))
            os.close(file)
        return bool(linked)  # a file without a name is gone for every program

    return [start, end]


@pytest.fixture(params=["exchange", "several steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's exchange, and without."""
    if request.param == "several steps":
        monkeypatch.setattr(moves, "_renameat2", lambda: None)


def edit_is_there(root: Path, place: Path, found: tuple[Finding, ...]) -> bool:
    """Whether the edit is at its path, or in the stage and named by a finding."""
    if place.is_file() and place.read_bytes() == EDIT:
        return True
    kept = [p for p in (root / STAGE).glob("*") if p.is_file() and p.read_bytes() == EDIT]
    return any(f.location and f.location.file == f"{STAGE}/{p.name}" for f in found for p in kept)


def prepared(root: Path) -> Path:
    root.mkdir()
    render(root, OLD)
    return root


@pytest.mark.exhaustive
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("saved", [in_place, by_rename, opened_before])
@pytest.mark.parametrize(
    "path", ["stacks/dev/main.tf", "stacks/dev/modules/gone/a.tf", "stacks/dev/.ticketgen.json"]
)
def test_an_edit_at_any_call_of_a_write_is_kept(
    tmp_path: Path, path: str, saved: Callable[[Path], Actions]
) -> None:
    before = {
        name: text for name, text in snapshot(prepared(tmp_path / "before")).items() if text is not None
    }
    before.pop(path)
    refused = 0
    for call in range(10_000):
        root = prepared(tmp_path / str(call))
        place = root / path
        with Editor(call, *saved(place)) as editor:
            done = render(root, NEW)
        if editor.calls <= call:
            break
        if EDIT not in {p.read_bytes() for p in root.rglob("*") if p.is_file()}:
            assert not editor.saved, "the editor saved it, and it is gone"
            continue
        assert edit_is_there(root, place, done.findings)
        assert {f.rule for f in done.findings} <= REPORTED_RULES
        if any(f.message.startswith("nothing was written") for f in done.findings):
            refused += 1
            now = {name: text for name, text in snapshot(root).items() if text is not None and name != path}
            assert now == before
    assert call > 100
    assert refused > 2


@pytest.mark.exhaustive
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("other", ["folder", "link", "fifo", "file", "nothing"])
def test_a_replacement_of_any_kind_at_any_call_is_kept(tmp_path: Path, other: str) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(EDIT)

    def swapped(place: Path) -> None:
        if not place.parent.is_dir():
            return
        place.unlink(missing_ok=True)
        if other == "folder":
            place.mkdir()
            (place / "inner").write_bytes(EDIT)
        elif other == "link":
            place.symlink_to(precious)
        elif other == "fifo":
            os.mkfifo(place)
        elif other == "file":
            place.write_bytes(EDIT)

    for call in range(0, 10_000, 2):
        root = prepared(tmp_path / str(call))
        place = root / "stacks/dev/main.tf"
        with Editor(call, partial(swapped, place)) as editor:
            done = render(root, NEW)
        if editor.calls <= call:
            break
        assert {f.rule for f in done.findings} <= {*REPORTED_RULES, "render-interrupted"}
        assert precious.read_bytes() == EDIT
        if other == "folder":
            assert (place / "inner").read_bytes() == EDIT
        elif other == "link":
            assert place.is_symlink()
        elif other == "fifo":
            assert place.is_fifo()
        elif other == "file":
            assert place.read_bytes() == EDIT


@pytest.mark.exhaustive
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("folder", ["stacks", "stacks/dev", "stacks/dev/modules"])
def test_a_folder_replaced_by_a_link_at_any_call_is_not_followed(tmp_path: Path, folder: str) -> None:
    for call in range(10_000):
        root, outside = prepared(tmp_path / str(call)), prepared(tmp_path / f"outside{call}")
        before = dict(snapshot(outside))

        def swapped(root: Path = root, outside: Path = outside) -> None:
            if (root / folder).is_dir():
                (root / folder).rename(root / "away")
                (root / folder).symlink_to(outside / folder)

        with Editor(call, swapped) as editor:
            done = render(root, NEW)
        if editor.calls <= call:
            break
        assert snapshot(outside) == before
        assert all(f.rule for f in done.findings)


def test_an_edit_is_reported_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = prepared(tmp_path / "project")
    place = root / "stacks/dev/main.tf"
    before = dict(snapshot(root))
    exchanged = moves.exchange

    def edited_first(stage: int, name: str, folder: int, target: str) -> None:
        if place.read_bytes() == b"old dev\n":
            place.write_bytes(EDIT)
        exchanged(stage, name, folder, target)

    monkeypatch.setattr("ticketgen.tree.exchange.exchange", edited_first)
    (found,) = render(root, NEW).findings
    assert (found.rule, found.location and found.location.file) == ("interference", "stacks/dev/main.tf")
    assert found.message == "nothing was written, because the file changed meanwhile"
    assert snapshot(root) == {**before, "stacks/dev/main.tf": EDIT}
    assert not (root / STAGE).exists()


def test_the_latest_save_of_an_editor_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = prepared(tmp_path / "project")
    place = root / "stacks/dev/main.tf"
    exchanged, texts = moves.exchange, iter([b"first\n", EDIT])

    def edited_first(stage: int, name: str, folder: int, target: str) -> None:
        if target == "main.tf" and (text := next(texts, None)):
            by_rename_text(place, text)
        exchanged(stage, name, folder, target)

    def by_rename_text(place: Path, text: bytes) -> None:
        place.with_suffix(".swp").write_bytes(text)
        place.with_suffix(".swp").replace(place)

    monkeypatch.setattr("ticketgen.tree.exchange.exchange", edited_first)
    found = render(root, NEW).findings
    assert {f.rule for f in found} == {"interference"}
    assert place.read_bytes() == EDIT
    assert b"first\n" in {p.read_bytes() for p in (root / STAGE).iterdir()}
    assert any(f.location and f.location.file.startswith(f"{STAGE}/") for f in found)


@pytest.mark.usefixtures("way")
def test_an_edit_of_the_spec_at_any_call_is_kept(tmp_path: Path) -> None:
    for kind in ("write", "write_files"):
        for call in range(1000):
            root = prepared(tmp_path / f"{kind}{call}")
            spec = root / "ticketgen.yaml"
            spec.write_bytes(b"old\n")
            with Editor(call, *by_rename(spec)) as editor:
                if kind == "write":
                    known = {"ticketgen.yaml": b"old\n"}
                    write(root, NEW, version=VERSION, sources=known, extra_files={"ticketgen.yaml": b"new\n"})
                else:
                    write_files(root, {"ticketgen.yaml": (b"old\n", b"new\n"), "a/b.txt": (None, b"b\n")})
            if editor.calls <= call:
                break
            assert spec.read_bytes() == EDIT
        assert call > 20
