"""A write that is killed before any call that changes the disk is undone or complete after recovery."""

from __future__ import annotations

import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from tree_tools import NEW, OLD, VERSION, dies_at, in_child, recover, render, rules, snapshot, unfinished

from default_signals import reset_signals
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree import plan_write, recover_interrupted, write
from ticketgen.tree.guard import GUARD
from ticketgen.tree.stage import STAGE

Trees = tuple[dict[str, bytes | None], dict[str, bytes | None]]


def whole(root: Path) -> bool:
    """Whether every file is wholly old or wholly new, the guard aside."""
    texts = {text.encode() for stack in (*OLD, *NEW) for text in stack.files.values()}
    return all(
        place.read_bytes() in texts for place in (root / "stacks").rglob("*.tf") if place.name != GUARD
    )


@pytest.fixture
def trees(
    tmp_path_factory: pytest.TempPathFactory,
) -> Trees:
    """The tree before and after."""
    root = tmp_path_factory.mktemp("trees")
    render(root, OLD)
    (root / "stacks/dev/terraform.tfstate").write_text("theirs\n")
    before = dict(snapshot(root))
    render(root, NEW)
    return before, dict(snapshot(root))


def prepared(root: Path) -> Path:
    root.mkdir()
    render(root, OLD)
    (root / "stacks/dev/terraform.tfstate").write_text("theirs\n")
    return root


def test_a_kill_at_any_call_leaves_the_old_or_the_new_tree(tmp_path: Path, trees: Trees) -> None:
    before, after = trees
    outcomes = []
    for call in range(1000):
        root = prepared(tmp_path / str(call))
        if not dies_at(call, root, partial(render, root, NEW)):
            break
        assert whole(root)
        mixed = snapshot(root) not in (before, after)
        if mixed:
            found = plan_write(root, NEW, version=VERSION, retire_in="stacks")
            assert rules(found) == [("render-interrupted", STAGE)]
        assert recover(root) == ()
        assert snapshot(root) in (before, after)
        assert not (root / STAGE).exists()
        outcomes.append((mixed, dict(snapshot(root)) == after))
        assert render(root, NEW).findings == ()
        assert snapshot(root) == after
    assert call > 40
    assert {mixed for mixed, _ in outcomes} == {True, False}
    assert outcomes == sorted(outcomes, key=lambda outcome: outcome[1]), "once new, never old again"


def test_a_kill_at_any_call_keeps_spec_and_stacks_consistent(tmp_path: Path) -> None:
    def edit(root: Path) -> None:
        known = {"ticketgen.yaml": b"old\n"}
        write(
            root,
            NEW,
            version=VERSION,
            retire_in="stacks",
            sources=known,
            extra_files={"ticketgen.yaml": b"new\n"},
        )

    spec_kinds = set()
    for call in range(1000):
        root = prepared(tmp_path / str(call))
        (root / "ticketgen.yaml").write_text("old\n")
        if not dies_at(call, root, partial(edit, root)):
            break
        assert recover_interrupted(root) == ()
        spec = (root / "ticketgen.yaml").read_text()
        assert (root / "stacks/dev/main.tf").read_text() == f"{spec.strip()} dev\n"
        spec_kinds.add(spec)
    assert call > 40
    assert spec_kinds == {"old\n", "new\n"}


@pytest.mark.exhaustive
def test_a_kill_during_recovery_still_leaves_the_old_or_the_new_tree(tmp_path: Path, trees: Trees) -> None:
    before, after = trees
    tried = 0
    for first in range(1000):
        for second in range(1000):
            root = prepared(tmp_path / f"{first}-{second}")
            if not dies_at(first, root, partial(render, root, NEW)):
                assert tried > 900
                return
            if not dies_at(second, root, partial(recover, root)):
                break
            tried += 1
            assert recover(root) == ()
            assert snapshot(root) in (before, after)
            assert render(root, NEW).findings == ()
            assert snapshot(root) == after


def test_a_guard_file_blocks_terraform_while_files_are_mixed(tmp_path: Path) -> None:
    before = dict(snapshot(prepared(tmp_path / "as it was")))
    seen_mixed = 0
    for call in range(1000):
        root = prepared(tmp_path / str(call))
        if not dies_at(call, root, partial(render, root, NEW)):
            break
        dev = {path: text for path, text in snapshot(root).items() if path.startswith("stacks/dev/")}
        old = dev == {path: text for path, text in before.items() if path.startswith("stacks/dev/")}
        new = dev.get("stacks/dev/main.tf") == b"new dev\n" and "stacks/dev/modules/gone/a.tf" not in dev
        guarded = f"stacks/dev/{GUARD}" in dev
        if not old and not new:
            only_folders = {p for p in dev if p not in before} <= {"stacks/dev/modules/fresh"}
            assert guarded or only_folders
            seen_mixed += guarded
    assert seen_mixed > 2


def test_a_keyboard_interrupt_restores_everything(tmp_path: Path) -> None:
    root = prepared(tmp_path / "project")
    before = snapshot(root)

    def run() -> int:
        calls = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal calls
            if event == "ticketgen.rename":
                calls += 1
                if calls == 4:
                    signal.raise_signal(signal.SIGINT)

        sys.addaudithook(hook)
        reset_signals()
        try:
            render(root, NEW)
        except KeyboardInterrupt:
            return 7
        return 1

    assert in_child(run) == 7
    assert snapshot(root) == before
    assert not (root / STAGE).exists()


def test_edits_after_the_interruption_are_kept(tmp_path: Path) -> None:
    for call in range(1000):
        root = prepared(tmp_path / str(call))
        if not dies_at(call, root, partial(render, root, NEW)):
            break
        if not unfinished(root) or (root / "stacks/dev/main.tf").read_text() != "new dev\n":
            continue
        (root / "stacks/dev/main.tf").write_text("edited since\n")
        assert rules(render(root, NEW)) == [("hand-edited", "stacks/dev/main.tf")]
        assert (root / "stacks/dev/main.tf").read_text() == "edited since\n"
        return
    pytest.fail("no kill left a journal behind a replaced file")


def test_the_manifest_is_the_last_file_of_its_folder_to_change(tmp_path: Path) -> None:
    from ticketgen.tree.write import operations

    root = prepared(tmp_path / "project")
    changes = plan_write(root, NEW, version=VERSION, retire_in="stacks").value
    assert changes is not None
    paths = [operation.path for operation in operations(changes)]
    manifests = [path for path in paths if path.endswith(MANIFEST_NAME)]
    assert paths[-len(manifests) :] == manifests
