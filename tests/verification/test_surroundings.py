"""Links out of a directory and modules beside it are followed, no further than its work tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ticketgen.findings import Finding
from ticketgen.verification import surroundings
from ticketgen.verification.directory import read_directory
from ticketgen.verification.surroundings import PlaceKind, Surroundings, work_tree_of
from ticketgen.verification.verify import verify_within

VARIABLE = 'variable "a" {\n  default = 1\n}\n'
USE = 'output "a" {\n  value = var.a\n}\n'
MODULE = 'variable "size" {}\noutput "x" {\n  value = var.size\n}\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree with a directory ``stack``, a folder ``shared`` and a secret outside the tree."""
    for folder in ("tree/.git", "tree/stack", "tree/shared/deep", "tree/.hidden", "outside"):
        (tmp_path / folder).mkdir(parents=True)
    for place in ("tree/shared", "tree/.hidden", "outside"):
        (tmp_path / place / "vars.tf").write_text(VARIABLE)
    (tmp_path / "tree/shared/motd.txt").write_text("hello")
    return tmp_path / "tree"


def write(tree: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)


def check(folder: Path, root: Path | None) -> tuple[Finding, ...]:
    read = read_directory(folder, work_tree=root)
    assert read.value is not None
    verified = verify_within(
        read.value.texts,
        rendered=False,
        paths=read.value.paths,
        left_out=read.value.unread,
        around=read.value.around,
    )
    return read.findings + verified.findings


def rules(tree: Path) -> list[str]:
    return [each.rule for each in check(tree / "stack", tree)]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("../shared/vars.tf", []),
        ("../../outside/vars.tf", ["not-checked"]),
        ("../.hidden/vars.tf", ["not-checked"]),
        ("../shared/none.tf", ["unreadable"]),
        ("../stack/../shared/../../tree/shared/vars.tf", []),
    ],
)
def test_a_link_may_lead_anywhere_in_the_work_tree(tree: Path, target: str, expected: list[str]) -> None:
    write(tree, {"stack/main.tf": USE})
    (tree / "stack/vars.tf").symlink_to(target)
    assert rules(tree) == expected


def test_a_link_through_another_link_must_end_in_the_work_tree(tree: Path) -> None:
    write(tree, {"stack/main.tf": USE})
    (tree / "shared/way").symlink_to("../../outside")
    (tree / "stack/vars.tf").symlink_to("../shared/way/vars.tf")
    assert rules(tree) == ["not-checked"]


CALL = 'module "m" {\n  source = "SOURCE"\n  size = 1\n}\noutput "x" {\n  value = module.m.x\n}\n'


@pytest.mark.parametrize(
    ("source", "call", "expected"),
    [
        ("../mods/a", CALL, ["module-not-checked"]),
        ("../mods/a", CALL.replace("size", "sizes"),
         ["unknown-module-input", "missing-module-input", "module-not-checked"]),
        ("../mods/a", CALL.replace("m.x", "m.y"), ["unknown-module-output", "module-not-checked"]),
        ("../mods/none", CALL, ["missing-module"]),
        ("../shared/deep", CALL, ["missing-module"]),
        ("../../outside", CALL, ["module-not-checked"]),
        ("../.hidden", CALL, ["module-not-checked"]),
        ("./linked", CALL, ["module-not-checked"]),
    ],
)  # fmt: skip
def test_a_call_of_a_module_in_the_work_tree_is_checked(
    tree: Path, source: str, call: str, expected: list[str]
) -> None:
    # The module has an error, which belongs to its own directory, and calls another one.
    broken = MODULE + 'locals {\n  a = var.none\n}\nmodule "b" {\n  source = "../b"\n}\n'
    write(
        tree,
        {"stack/main.tf": call.replace("SOURCE", source), "mods/a/main.tf": broken, "mods/b/main.tf": ""},
    )
    (tree / "stack/linked").symlink_to("../mods/a")
    assert rules(tree) == expected


@pytest.mark.parametrize(
    ("source", "rest", "severity"),
    [
        ("./empty", "", "warning"),
        ("../shared/deep", "  count = 1\n", "warning"),
        ("./notes", "", "warning"),
        ("./notes", "  size = 1\n", "error"),
        ("./gone", "", "error"),
        ("../shared/gone", "", "error"),
    ],
)
def test_terraform_takes_a_folder_without_files_for_a_module(
    tree: Path, source: str, rest: str, severity: str
) -> None:
    write(
        tree,
        {"stack/main.tf": f'module "m" {{\n  source = "{source}"\n{rest}}}\n', "stack/notes/README.md": ""},
    )
    (tree / "stack/empty").mkdir()
    assert [(each.rule, each.severity.value) for each in check(tree / "stack", tree)] == [
        ("missing-module", severity)
    ]


def test_a_link_to_a_module_outside_the_work_tree_is_not_followed(tree: Path) -> None:
    (tree.parent / "outside/main.tf").write_text(MODULE)
    write(tree, {"stack/main.tf": CALL.replace("SOURCE", "../mods/far")})
    (tree / "mods").mkdir()
    (tree / "mods/far").symlink_to("../../outside")
    read = read_directory(tree / "stack", work_tree=tree)
    assert read.value is not None
    assert not read.value.around.texts
    assert rules(tree) == ["module-not-checked"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("${path.module}/../shared/motd.txt", []),
        ("../shared/motd.txt", []),
        ("../shared/gone.txt", ["missing-file"]),
        ("../../outside/gone.txt", []),
        ("../.hidden/gone.txt", []),
        ("way/motd.txt", []),
        ("way/gone.txt", ["missing-file"]),
    ],
)
def test_files_that_expressions_read_are_looked_up_in_the_work_tree(
    tree: Path, path: str, expected: list[str]
) -> None:
    write(
        tree,
        {
            "stack/main.tf": f'locals {{\n  path = "{path}"\n}}\noutput "a" {{\n  value = file(local.path)\n}}\n'
        },
    )
    (tree / "stack/way").symlink_to("../shared")
    assert rules(tree) == expected


def test_path_module_of_a_called_module_is_relative_to_the_root_module(tree: Path) -> None:
    module = 'locals {\n  t = "${path.module}/t/hello.tpl"\n}\noutput "x" {\n  value = templatefile(local.t, {})\n}\n'
    call = 'module "a" {\n  source = "../../mods/a"\n}\noutput "x" {\n  value = module.a.x\n}\n'
    write(tree, {"envs/prod/main.tf": call, "mods/a/main.tf": module, "mods/a/t/hello.tpl": ""})
    assert [each.rule for each in check(tree, tree)] == ["unused-declaration"]  # of the fixture
    (tree / "mods/a/t/hello.tpl").unlink()
    assert [each.rule for each in check(tree, tree)] == ["unused-declaration", "missing-file"]


def test_the_work_tree_begins_at_the_nearest_git(tree: Path) -> None:
    assert work_tree_of(tree / "stack") == tree
    (tree / "stack/.git").write_text("gitdir: /")  # planted: it narrows
    assert work_tree_of(tree / "stack") == tree / "stack"
    (tree.parent / "link").symlink_to(tree / "shared")
    assert work_tree_of(tree.parent / "link") == tree


def test_without_a_work_tree_the_directory_is_the_limit(tree: Path) -> None:
    write(tree, {"stack/main.tf": USE})
    (tree / "stack/vars.tf").symlink_to("../shared/vars.tf")
    assert [each.rule for each in check(tree / "stack", None)] == ["not-checked"]


def test_a_file_that_becomes_a_link_is_not_opened(tree: Path) -> None:
    (tree / "stack/vars.tf").symlink_to("../shared/vars.tf")
    around = Surroundings(tree / "stack", tree)
    place = around.look_up("vars.tf")
    assert (place.kind, around.read(place, 100)) == (PlaceKind.FILE, VARIABLE.encode())
    (tree / "shared/vars.tf").unlink()
    (tree / "shared/vars.tf").symlink_to("../../outside/vars.tf")
    with pytest.raises(OSError, match=r"(?i)symbolic|link"):
        around.read(place, 100)
    (tree / "shared").rename(tree / "old")
    (tree / "shared").symlink_to("../outside")
    with pytest.raises(OSError, match=r"(?i)director"):
        around.read(place, 100)
    with pytest.raises(OSError, match=r"(?i)director"):
        around.names(Surroundings(tree / "old", tree).look_up("../shared/deep"), 10)


def test_looking_up_is_bounded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "_MAX_STEPS", 3)
    around = Surroundings(tree / "stack", tree)
    assert around.look_up("main.tf").kind is PlaceKind.NOTHING
    assert around.look_up("main.tf").kind is PlaceKind.TANGLED
    assert around.exists("main.tf") is None


def test_a_pipe_is_not_opened(tree: Path) -> None:
    os.mkfifo(tree / "shared/pipe.tf")
    write(tree, {"stack/main.tf": "locals {}\n"})
    (tree / "stack/pipe.tf").symlink_to("../shared/pipe.tf")
    assert rules(tree) == ["unreadable"]
