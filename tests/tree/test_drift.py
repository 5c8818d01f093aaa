"""Drift is reported by cause: another version, a deleted stack or folder, or single files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ticketgen.findings import Finding
from ticketgen.manifest_name import MANIFEST_NAME
from ticketgen.tree import Changes, Stack, drift, plan_write, write
from ticketgen.tree.version_order import is_newer

FILES = {
    "main.tf": "m\n",
    "a/one.tf": "1\n",
    "a/two.tf": "2\n",
    "b/deep/x.tf": "x\n",
    "b/deep/y.tf": "y\n",
    "c/z.tf": "z\n",
}
STACKS = (Stack("stacks/prod", FILES),)
NEW = (Stack("stacks/prod", FILES | {"main.tf": "other\n"}),)


def changes(root: Path, stacks: tuple[Stack, ...] = STACKS, version: str = "1.2.0") -> Changes:
    planned = plan_write(root, stacks, version=version, retire_in="stacks")
    assert planned.value is not None, planned.findings
    return planned.value


def summary(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(each.rule, each.location.file if each.location else "") for each in found]


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    assert write(tmp_path, STACKS, version="1.2.0", retire_in="stacks").value is not None
    return tmp_path


def test_a_stack_that_was_never_rendered_is_one_finding(tmp_path: Path) -> None:
    (found,) = drift(changes(tmp_path))
    assert summary((found,)) == [("created", "stacks/prod")]
    assert found.message == "the stack was never rendered, or was deleted: all 6 files are missing"
    assert found.help == "run `ticketgen render`"


def test_a_deleted_stack_folder_is_one_finding(rendered: Path) -> None:
    shutil.rmtree(rendered / "stacks/prod")
    assert summary(drift(changes(rendered))) == [("created", "stacks/prod")]


def test_a_stack_without_its_files_but_with_its_manifest_is_one_finding(rendered: Path) -> None:
    for name in FILES:
        (rendered / "stacks/prod" / name).unlink()
    (found,) = drift(changes(rendered))
    assert found.message == "the stack was deleted: all 6 files are missing"


def test_a_deleted_folder_inside_is_one_finding_and_a_single_file_is_named(rendered: Path) -> None:
    shutil.rmtree(rendered / "stacks/prod/b")
    (rendered / "stacks/prod/a/one.tf").unlink()
    shutil.rmtree(rendered / "stacks/prod/c")
    assert summary(drift(changes(rendered))) == [
        ("missing", "stacks/prod/a/one.tf"),
        ("missing", "stacks/prod/b"),
        ("missing", "stacks/prod/c/z.tf"),
    ]


def test_a_stack_removed_from_the_spec_is_one_finding(rendered: Path) -> None:
    (found,) = drift(changes(rendered, ()))
    assert found.message == "the stack is no longer rendered: all 6 files are left over"


def test_after_an_upgrade_the_help_is_the_working_command(rendered: Path) -> None:
    (rendered / "stacks/prod/a/one.tf").unlink()
    found = drift(changes(rendered, NEW, "1.3.0"))
    assert summary(found) == [
        ("upgrade", f"stacks/prod/{MANIFEST_NAME}"),
        ("missing", "stacks/prod/a/one.tf"),
    ]
    assert all("`ticketgen render --upgrade`" in each.help for each in found)
    assert write(rendered, NEW, version="1.3.0", upgrade=False).value is None
    assert write(rendered, NEW, version="1.3.0", upgrade=True).value is not None
    assert drift(changes(rendered, NEW, "1.3.0")) == ()


def test_a_stack_of_a_newer_ticketgen_is_kept_unless_forced(rendered: Path) -> None:
    found = drift(changes(rendered, NEW, "1.1.9"))
    assert summary(found) == [("downgrade", f"stacks/prod/{MANIFEST_NAME}")]
    assert found[0].help.startswith("install ticketgen 1.2.0 or newer")
    assert "--upgrade" not in found[0].help
    for upgrade in (False, True):
        refused = write(rendered, NEW, version="1.1.9", upgrade=upgrade)
        assert (refused.value, [each.rule for each in refused.findings]) == (None, ["downgrade"])
    assert (rendered / "stacks/prod/main.tf").read_text() == "m\n"
    assert write(rendered, NEW, version="1.1.9", force=True).value is not None
    assert (rendered / "stacks/prod/main.tf").read_text() == "other\n"


def test_an_older_ticketgen_that_renders_the_same_leaves_the_newer_version_in_the_manifest(
    rendered: Path,
) -> None:
    assert write(rendered, STACKS, version="1.1.9").value is not None
    assert json.loads((rendered / "stacks/prod" / MANIFEST_NAME).read_text())["ticketgen"] == "1.2.0"


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("1.10.0", "1.9.9"),
        ("0.2.0", "0.2.0rc1"),
        ("0.2.0rc2", "0.2.0rc1"),
        ("1.0.1", "1.0"),
        ("0.2.0", "0.2.0.dev3"),
    ],
)
def test_versions_are_ordered(newer: str, older: str) -> None:
    assert is_newer(newer, older)
    assert not is_newer(older, newer)
    assert not is_newer(newer, newer)
    assert not is_newer("1.0", "1.0.0")
