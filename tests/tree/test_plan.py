"""A plan shows the effect of a write on each file, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tree_tools import NEW, OLD, VERSION, render, rules, snapshot, stack

from ticketgen.findings import Severity
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree import FileState, changes, changes_diff, drift, plan_write
from ticketgen.tree.disk import Disk


def states(root: Path, *, version: str = VERSION) -> dict[str, FileState]:
    changes = plan_write(root, NEW, version=version, retire_in="stacks").value
    assert changes is not None
    return {change.path: change.state for change in changes.files}


def test_an_empty_folder_gets_every_file(tmp_path: Path) -> None:
    assert set(states(tmp_path).values()) == {FileState.CREATED}
    assert list(tmp_path.iterdir()) == []


def test_every_state_is_distinguished(tmp_path: Path) -> None:
    render(tmp_path, OLD)
    dev = tmp_path / "stacks/dev"
    (dev / "same.tf").unlink()
    (dev / "modules/fresh").mkdir()
    (dev / "modules/fresh/b.tf").write_text("somebody else's\n")
    (tmp_path / "stacks/left/main.tf").write_text("edited\n")
    before = snapshot(tmp_path)
    assert states(tmp_path) == {
        "stacks/dev/main.tf": FileState.CHANGED,
        "stacks/dev/modules/fresh/b.tf": FileState.IN_THE_WAY,
        "stacks/dev/modules/gone/a.tf": FileState.ORPHANED,
        "stacks/dev/same.tf": FileState.MISSING,
        "stacks/left/main.tf": FileState.KEPT,
        "stacks/prod/main.tf": FileState.CREATED,
        "stacks/prod/modules/c.tf": FileState.CREATED,
    }
    assert snapshot(tmp_path) == before
    (dev / "main.tf").write_text("edited\n")
    assert states(tmp_path)["stacks/dev/main.tf"] is FileState.HAND_EDITED


def test_freshly_written_files_are_unchanged(tmp_path: Path) -> None:
    render(tmp_path, NEW)
    assert set(states(tmp_path).values()) == {FileState.UNCHANGED}
    changes = plan_write(tmp_path, NEW, version=VERSION, retire_in="stacks").value
    assert changes is not None
    assert drift(changes) == ()
    assert changes_diff(changes.files) == ""


def test_a_new_version_that_renders_the_same_is_recorded_without_drift(tmp_path: Path) -> None:
    render(tmp_path, NEW)
    changes = plan_write(tmp_path, NEW, version="9.9.9", retire_in="stacks").value
    assert changes is not None
    assert drift(changes) == ()
    from ticketgen.tree import write

    write(tmp_path, NEW, version="9.9.9", retire_in="stacks")
    assert json.loads((tmp_path / "stacks/prod" / MANIFEST_NAME).read_text())["ticketgen"] == "9.9.9"


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text(emptied(path))])
def test_a_manifest_that_was_not_committed_is_drift(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    render(tmp_path, NEW)
    spoil(tmp_path / "stacks/prod" / MANIFEST_NAME)
    changes = plan_write(tmp_path, NEW, version=VERSION, retire_in="stacks").value
    assert changes is not None
    assert [found.location.file for found in drift(changes) if found.location] == [
        f"stacks/prod/{MANIFEST_NAME}"
    ]


def emptied(path: Path) -> str:
    return json.dumps({**json.loads(path.read_text()), "files": {}})


def test_converted_line_ends_are_not_a_hand_edit(tmp_path: Path) -> None:
    render(tmp_path, NEW)
    main = tmp_path / "stacks/prod/main.tf"
    main.write_bytes(b"prod\r\n")
    assert states(tmp_path)["stacks/prod/main.tf"] is FileState.CHANGED
    assert rules(render(tmp_path, NEW)) == []
    assert main.read_bytes() == b"prod\n"


def test_drift_names_each_file_with_its_state_and_a_fix(tmp_path: Path) -> None:
    render(tmp_path, OLD)
    (tmp_path / "stacks/left/main.tf").write_text("edited\n")
    changes = plan_write(tmp_path, NEW, version=VERSION, retire_in="stacks").value
    assert changes is not None
    found = drift(changes)
    assert [(f.rule, f.severity) for f in found if f.location and "left" in f.location.file] == [
        ("kept", Severity.WARNING)
    ]
    assert {f.rule for f in found} == {"changed", "created", "orphaned", "kept"}
    assert all(f.help and f.location for f in found)


def test_the_diff_goes_from_the_disk_to_the_rendering(tmp_path: Path) -> None:
    render(tmp_path, OLD)
    changes = plan_write(tmp_path, NEW, version=VERSION, retire_in="stacks").value
    assert changes is not None
    text = changes_diff(changes.files)
    assert "--- a/stacks/dev/main.tf\n+++ b/stacks/dev/main.tf\n@@ -1 +1 @@\n-old dev\n+new dev\n" in text
    assert "--- /dev/null\n+++ b/stacks/prod/main.tf\n" in text
    assert "--- a/stacks/left/main.tf\n+++ /dev/null\n" in text
    assert "same.tf" not in text


def test_rendering_some_stacks_keeps_the_others(tmp_path: Path) -> None:
    render(tmp_path, OLD)
    changes = plan_write(tmp_path, NEW[1:], version=VERSION).value
    assert changes is not None
    assert {change.folder for change in changes.files} == {"stacks/prod"}


@pytest.mark.parametrize(
    "path", ["../out.tf", "a/../../out.tf", "/etc/out.tf", "a//b.tf", "", ".", "a\\b.tf", "c:x.tf", "a\nb.tf"]
)
def test_a_path_out_of_the_project_is_refused(tmp_path: Path, path: str) -> None:
    from ticketgen.tree import Stack

    found = plan_write(tmp_path, [Stack("stacks/dev", {path: "x\n"})], version=VERSION)
    assert (found.value, [f.rule for f in found.findings]) == (None, ["path-outside"])


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    one = plan_write(tmp_path, [stack("stacks/dev", main="x\n", Main="y\n")], version=VERSION)
    assert [f.rule for f in one.findings] == ["case-collision"]
    (tmp_path / "stacks/dev").mkdir(parents=True)
    (tmp_path / "stacks/dev/Main.TF").write_text("not ours\n")
    two = plan_write(tmp_path, [stack("stacks/dev", main="x\n")], version=VERSION)
    assert [f.rule for f in two.findings] == ["case-collision"]


@pytest.mark.parametrize(
    "text",
    ["", "<<<<<<< ours\n", "[]", "null", '{"format": 1}', '{"format": 2, "files": {}}', "[" * 100_000]
    + [
        f'{{"format": 1, "ticketgen": {version}, "spec": "", "files": {{}}}}'
        for version in ("null", '"abc"', "[]")
    ],
)
def test_an_unreadable_manifest_is_a_finding_with_a_fix(tmp_path: Path, text: str) -> None:
    render(tmp_path, NEW)
    (tmp_path / "stacks/prod" / MANIFEST_NAME).write_text(text)
    found = render(tmp_path, NEW)
    assert rules(found) == [("manifest-broken", f"stacks/prod/{MANIFEST_NAME}")]
    assert "version control" in found.findings[0].help


def test_a_manifest_cannot_delete_outside_its_folder(tmp_path: Path) -> None:
    render(tmp_path, NEW)
    precious = tmp_path / "precious.txt"
    precious.write_text("prod\n")
    manifest = tmp_path / "stacks/prod" / MANIFEST_NAME
    data = json.loads(manifest.read_text())
    data["files"]["../../precious.txt"] = data["files"]["main.tf"]
    manifest.write_text(json.dumps(data))
    assert [rule for rule, _ in rules(render(tmp_path, NEW))] == ["path-outside"]
    assert precious.read_text() == "prod\n"


def test_a_manifest_is_sorted_and_has_no_time_or_path(tmp_path: Path) -> None:
    render(tmp_path, NEW)
    text = (tmp_path / "stacks/prod" / MANIFEST_NAME).read_text()
    data = json.loads(text)
    assert list(data["files"]) == sorted(data["files"])
    assert set(data) == {"format", "ticketgen", "spec", "files"}
    assert set(data["files"]["main.tf"]) == {"kind", "sha256"}
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    "patched",
    [
        [],
        {"main.tf": {}},
        {"main.tf": "0" * 64},
        {"main.tf": {"rendering": "x"}},
        {"main.tf": {"rendering": "0" * 64, "dropped": 1}},
        {"main.tf": {"rendering": "0" * 64, "run": "id"}},
    ],
)
def test_what_a_manifest_says_about_patches_is_checked(tmp_path: Path, patched: object) -> None:
    render(tmp_path, NEW)
    manifest = tmp_path / "stacks/prod" / MANIFEST_NAME
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "patched": patched}))
    assert rules(render(tmp_path, NEW)) == [("manifest-broken", f"stacks/prod/{MANIFEST_NAME}")]


def test_no_write_loses_the_edit_of_a_missing_patch(tmp_path: Path) -> None:
    patched = replace(NEW[1], renderings={"main.tf": "plain\n", "gone.tf": "gone\n"})
    plain = replace(NEW[1], files={**NEW[1].files, "main.tf": "plain\n", "gone.tf": "gone\n"})
    render(tmp_path, [patched])
    before = snapshot(tmp_path)
    for force in (False, True):
        assert rules(render(tmp_path, [plain], force=force)) == [
            ("patch-missing", "stacks/prod/gone.tf"),
            ("patch-missing", "stacks/prod/main.tf"),
        ]
    assert snapshot(tmp_path) == before
    (tmp_path / "stacks/prod/main.tf").write_text("plain\n")
    (tmp_path / "stacks/prod/gone.tf").write_text("gone\n")
    assert rules(render(tmp_path, [plain])) == []


def test_the_bytes_of_all_stacks_that_are_in_memory_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_MAX_BYTES", 2_000_000)
    render(tmp_path, OLD)
    for file in (tmp_path / "stacks").rglob("*.tf"):
        file.write_text("x" * 900_000)
    read = 0
    real = Disk.read

    def counted(self: Disk, path: str, *most: int) -> bytes | None:
        nonlocal read
        content = real(self, path, *most)
        read += len(content or b"")
        return content

    monkeypatch.setattr(Disk, "read", counted)
    assert ("too-large", "stacks/dev") in rules(
        plan_write(tmp_path, NEW, version=VERSION, retire_in="stacks")
    )
    assert read <= 4 * 900_000 + 10_000
    assert ("too-large", "stacks/dev") in rules(render(tmp_path, NEW, force=True))
