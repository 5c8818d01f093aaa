"""Patches of a project are applied at each render, whatever is in the folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from ticketgen.findings import Checked, Severity
from ticketgen.patches import PatchedFiles, patch_files, patches_without_environment
from ticketgen.patches.patch_folder import patch_path, patched_environments, patched_file
from ticketgen.patches.patched_files import PatchState, patch_file
from ticketgen.patches.unified_patch import make_patch

FILES = {
    "global/main.tf": "one\ntwo\nthree\n",
    "global/outputs.tf": "outputs\n",
    "data/eu-west-1/main.tf": "",
    "README.md": "# Read\n",
}
EDITED = "one\n2\nthree\n"


def put(root: Path, name: str, content: bytes | str, environment: str = "dev") -> Path:
    place = root / patch_path(environment, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return place


def edit(name: str, after: str | None) -> str:
    return make_patch(f"stacks/dev/{name}", FILES[name], after)


def applied(root: Path, files: Mapping[str, str] = FILES) -> Checked[Mapping[str, str]]:
    return patch_files(str(root), "stacks/dev", files).then(lambda each: Checked(each.files))


def rules(checked: Checked[Mapping[str, str]]) -> list[tuple[str, str, int]]:
    return [(each.rule, each.location.file, each.location.line) for each in checked.findings if each.location]


def test_a_project_without_patches_stays_as_rendered(tmp_path: Path) -> None:
    assert applied(tmp_path) == Checked(FILES)
    assert patch_files(None, "stacks/dev", FILES) == Checked(PatchedFiles(FILES))


def test_edits_and_deletions_are_applied(tmp_path: Path) -> None:
    put(tmp_path, "global/main.tf", edit("global/main.tf", EDITED))
    put(tmp_path, "data/eu-west-1/main.tf", edit("data/eu-west-1/main.tf", "é\u2028\n"))
    put(tmp_path, "README.md", edit("README.md", None))
    (tmp_path / "patches/dev/README.md").write_text("Why we have them.\n")
    expected = {**FILES, "global/main.tf": EDITED, "data/eu-west-1/main.tf": "é\u2028\n"}
    del expected["README.md"]
    assert applied(tmp_path) == Checked(expected)


def test_each_environment_has_its_own(tmp_path: Path) -> None:
    put(tmp_path, "global/main.tf", edit("global/main.tf", EDITED))
    production = make_patch("stacks/prod/global/main.tf", FILES["global/main.tf"], "other\n")
    put(tmp_path, "global/main.tf", production, "prod")
    assert applied(tmp_path).value == {**FILES, "global/main.tf": EDITED}
    prod = patch_files(str(tmp_path), "stacks/prod", FILES)
    assert prod.value == PatchedFiles(
        {**FILES, "global/main.tf": "other\n"}, {"global/main.tf": FILES["global/main.tf"]}
    )


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("ops/a.py", "x = 1\ndef f(:\n", 2),
        ("ops/a.py", "x = 1\n", 0),
        ("ops/a.py", "import " + "a." * 100_000, 0),
        ("ops/a.json", '{\n"a": 1,}\n', 2),
        ("ops/a.json", '{"a": [1, 2.5, null]}\n', 0),
        ("ops/a.json", "[" * 100_000, 0),
        ("ops/a.json", "1" * 5_000, 0),
        ("ops/a.sh", "if (\n", 0),
    ],
)
def test_patched_code_is_parsed(tmp_path: Path, name: str, text: str, line: int) -> None:
    put(tmp_path, name, make_patch(f"stacks/dev/{name}", "one\n", text))
    done = applied(tmp_path, {**FILES, name: "one\n"})
    assert rules(done) == ([("patched-file-invalid", f"stacks/dev/{name}", line)] if line else [])
    assert (done.value is None) is bool(line)


def test_an_empty_file_is_not_a_deleted_one(tmp_path: Path) -> None:
    put(tmp_path, "global/main.tf", edit("global/main.tf", ""))
    assert applied(tmp_path).value == {**FILES, "global/main.tf": ""}


def test_line_ends_of_a_checkout_do_not_matter(tmp_path: Path) -> None:
    put(tmp_path, "global/main.tf", edit("global/main.tf", EDITED).replace("\n", "\r\n"))
    assert applied(tmp_path) == Checked({**FILES, "global/main.tf": EDITED})


def test_a_conflict_names_the_hunk_and_the_fix(tmp_path: Path) -> None:
    place = put(tmp_path, "global/main.tf", edit("global/main.tf", EDITED))
    changed = applied(tmp_path, {**FILES, "global/main.tf": "one\nzwei\nthree\n"})
    assert changed.value is None
    assert rules(changed) == [("patch-conflict", str(place), 5)]
    assert changed.findings[0].message == "hunk 1 of 1 does not apply: the line 'two' is no longer rendered"
    assert "`ticketgen keep stacks/dev/global/main.tf --drop`" in changed.findings[0].help
    assert "`ticketgen keep stacks/dev/global/main.tf`" in changed.findings[0].help
    assert "or copy it elsewhere unless it is in version control, run" in changed.findings[0].help


def test_many_conflicts_are_counted(tmp_path: Path) -> None:
    before = "".join(f"{n}\n" for n in range(200))
    after = before.replace("5\n", "five\n")
    put(tmp_path, "global/main.tf", make_patch("stacks/dev/global/main.tf", before, after))
    found = applied(tmp_path).findings
    assert len(found) == 5
    assert "more hunks do not apply either" in found[-1].message
    assert "more hunks" not in found[0].message


def test_what_has_no_effect_is_reported_and_stops_nothing(tmp_path: Path) -> None:
    gone = put(tmp_path, "data/us-east-1/main.tf", "not read\n")
    rendered_now = put(tmp_path, "global/main.tf", edit("global/main.tf", EDITED))
    deleted = put(tmp_path, "README.md", edit("README.md", None))
    files = {**FILES, "global/main.tf": EDITED, "README.md": "# Read this\n"}
    done = applied(tmp_path, files)
    assert done.value == {name: text for name, text in files.items() if name != "README.md"}
    assert sorted(rules(done)) == sorted(
        [
            ("patch-unused", str(gone), 1),
            ("patch-not-needed", str(rendered_now), 1),
            ("deleted-file-changed", str(deleted), 1),
        ]
    )
    assert sorted(each.severity for each in done.findings) == [Severity.NOTE, Severity.NOTE, Severity.WARNING]


def test_patches_of_an_environment_that_is_gone_are_reported(tmp_path: Path) -> None:
    put(tmp_path, "global/main.tf", edit("global/main.tf", EDITED))
    put(tmp_path, "global/main.tf", "", "old")
    (tmp_path / "patches/empty").mkdir()
    (tmp_path / "patches/README.md").write_text("Why we have patches.\n")
    (tmp_path / "patches/link").symlink_to(tmp_path)
    (tmp_path / "patches/pipe").touch()
    (found,) = patches_without_environment(str(tmp_path), {"dev"})
    assert (found.rule, found.location and found.location.file) == (
        "patch-unused",
        str(tmp_path / "patches/old"),
    )
    assert patched_environments(tmp_path) == ("dev", "old")
    assert patches_without_environment(None, {"dev"}) == ()
    assert patches_without_environment(str(tmp_path / "elsewhere"), {"dev"}) == ()


def test_patches_leave_no_folder_without_terraform(tmp_path: Path) -> None:
    put(tmp_path, "global/main.tf", edit("global/main.tf", None))
    assert applied(tmp_path).value is not None
    put(tmp_path, "global/outputs.tf", edit("global/outputs.tf", None))
    emptied = applied(tmp_path)
    assert emptied.value is None
    assert rules(emptied) == [("patch-empties-root", str(tmp_path / patch_path("dev", "global/main.tf")), 1)]
    assert emptied.findings[0].message == "patches delete every .tf file of stacks/dev/global"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"\xff", 1, "it is not UTF-8"),
        (b"--- a/x\n\xff", 2, "it is not UTF-8"),
        (edit("global/main.tf", "one\r2\n").encode(), 9, "it contains a carriage return"),
        (edit("global/main.tf", "one\x00\n").encode(), 9, "it contains a NUL character"),
        (edit("global/outputs.tf", "other\n").encode(), 1, "is in the place of"),
        (b"<<<<<<< HEAD\n", 1, "is in the place of"),
    ],
)
def test_a_broken_patch_is_an_error_with_its_line(
    tmp_path: Path, content: bytes, line: int, reason: str
) -> None:
    place = put(tmp_path, "global/main.tf", content)
    broken = applied(tmp_path)
    assert broken.value is None
    assert rules(broken) == [("patch-broken", str(place), line)]
    assert reason in broken.findings[0].message
    assert patch_file(tmp_path, "stacks/dev", "global/main.tf", "x", content).state is PatchState.BROKEN


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = put(tmp_path, "global/main.tf", b"x" * 2_000_001)
    large = applied(tmp_path)
    assert (large.value, rules(large)) == (None, [("patch-broken", str(place), 1)])
    assert "larger than 2 MB" in large.findings[0].message
    put(tmp_path, "global/main.tf", edit("global/main.tf", EDITED))
    for limit, message in (
        ("patch_folder._MAX_TOTAL_BYTES", "its patches have more than"),
        ("patch_folder._MAX_ENTRIES", "it has more than 0 files and folders"),
        ("patched_files._MAX_SEARCHED", "its patches have too many hunks"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"ticketgen.patches.{limit}", 0)
            refused = applied(tmp_path)
        assert refused.value is None
        assert message in refused.findings[0].message
    assert applied(tmp_path).value is not None


def test_folders_without_end_are_not_walked(tmp_path: Path) -> None:
    deep = tmp_path / "patches/dev" / "/".join("d" * 40)
    deep.mkdir(parents=True)
    (deep / "main.tf.patch").write_text("deep")
    assert applied(tmp_path) == Checked(FILES)


def linked_patch(root: Path, outside: Path) -> None:
    put(root, "global/main.tf", "").unlink()
    (root / patch_path("dev", "global/main.tf")).symlink_to(outside / "main.tf.patch")


def linked_folder(root: Path, outside: Path) -> None:
    (root / "patches/dev").mkdir(parents=True)
    (root / "patches/dev/global").symlink_to(outside)


def linked_environment(root: Path, outside: Path) -> None:
    (root / "patches").mkdir()
    (root / "patches/dev").symlink_to(outside)


def linked_top(root: Path, outside: Path) -> None:
    (root / "patches").symlink_to(outside)


def file_at_top(root: Path, outside: Path) -> None:
    (root / "patches").write_text("x")


def pipe(root: Path, outside: Path) -> None:
    put(root, "global/main.tf", "").unlink()
    os.mkfifo(root / patch_path("dev", "global/main.tf"))


def folder_with_the_name(root: Path, outside: Path) -> None:
    (root / patch_path("dev", "global/main.tf")).mkdir(parents=True)


@pytest.mark.parametrize(
    "plant",
    [linked_patch, linked_folder, linked_environment, linked_top, file_at_top, pipe, folder_with_the_name],
)
def test_only_plain_files_and_folders_are_read(tmp_path: Path, plant: object) -> None:
    outside, root = tmp_path / "outside", tmp_path / "project"
    (outside / "global").mkdir(parents=True)
    root.mkdir()
    for place in (outside / "main.tf.patch", outside / "global/main.tf.patch"):
        place.write_text(edit("global/main.tf", EDITED))
    assert callable(plant)
    plant(root, outside)
    done = applied(root)
    assert done.value is None
    assert [each.rule for each in done.findings] == ["patch-broken"]
    assert "FILE" not in done.findings[0].help
    assert patches_without_environment(str(root), {"dev"}) == ()


def test_names_that_nobody_renders_are_not_opened(tmp_path: Path) -> None:
    for name in ("../../ticketgen.yaml", "..", "global/../global/main.tf"):
        assert patched_file(f"patches/dev/{name}.patch") == f"dev/{name}", "a text, which nothing opens"
    (tmp_path / "patches/dev").mkdir(parents=True)
    os.mkfifo(tmp_path / "patches/dev/strange\n.patch")
    with open(os.fsencode(tmp_path / "patches/dev") + b"/\xff.patch", "wb"):  # noqa: PTH123 - not a text
        pass
    assert [each.rule for each in applied(tmp_path).findings] == ["patch-unused", "patch-unused"]
