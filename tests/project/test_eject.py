"""A project's own templates: copied, used, reported if broken, and reported if ticketgen's have changed."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from killed_processes import dies_at, fails_at
from project_tools import everything_in, run

from ticketgen.assets import asset_folder
from ticketgen.project.eject import eject, ejectable_templates, outdated_copies
from ticketgen.tree import recover_interrupted

NAME = "stack/modules/data/locks.tf.j2"


def test_every_template_except_function_code_can_be_ejected() -> None:
    listed = run("eject").stdout.splitlines()
    assert tuple(listed) == ejectable_templates()
    assert NAME in listed
    assert all((asset_folder("templates") / name).is_file() for name in listed)
    assert not [name for name in listed if name.startswith(("functions/", "project/"))]


def test_an_ejected_template_overrides_and_initially_renders_the_same(
    small_project: Path,
) -> None:
    done = run("eject", NAME)
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, f"templates/{NAME}")
    own_copy = small_project / "templates" / NAME
    assert own_copy.read_bytes() == (asset_folder("templates") / NAME).read_bytes()
    assert run("render", "--check", "--env", "dev").exit_code == 0
    own_copy.write_text(own_copy.read_text("utf-8") + "\n# Ours: see the wiki.\n", encoding="utf-8")
    assert run("render", "--check", "--env", "dev").exit_code == 1
    assert run("render", "--env", "dev").exit_code == 0
    locks = small_project / "stacks/dev/modules/data/locks.tf"
    assert locks.read_text("utf-8").endswith("# Ours: see the wiki.\n")
    difference = run("eject", NAME, "--diff").stdout
    assert difference.startswith(f"--- ticketgen/{NAME}\n+++ templates/{NAME}\n")
    assert "\n+# Ours: see the wiki.\n" in difference, "what the project added is an addition"
    assert "\n-" not in difference.partition("@@")[2]


def test_an_existing_copy_is_never_overwritten(small_project: Path) -> None:
    assert run("eject", NAME).exit_code == 0
    (small_project / "templates" / NAME).write_text("mine\n")
    before = everything_in(small_project)
    again = run("eject", NAME)
    assert (again.exit_code, "[ejected-already]" in again.stderr) == (4, True)
    assert everything_in(small_project) == before


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("# fine\n\n{% if %}\n", 3, "Expected an expression"),
        ("# fine\n{{ nobody_knows | hcl }}\n", 2, "nobody_knows"),
        ("# fine\n\n\n{{ environment.name }}\n", 4, "unquoted"),
    ],
)
def test_a_broken_template_is_a_finding_with_its_line(
    small_project: Path, text: str, line: int, words: str
) -> None:
    assert run("eject", NAME).exit_code == 0
    (small_project / "templates" / NAME).write_text(text)
    done = run("render", "--env", "dev")
    assert done.exit_code == 1
    assert f"templates/{NAME}:{line}:1: error: the template cannot be rendered" in done.stderr
    assert words in done.stderr


def test_a_template_that_renders_invalid_terraform_is_refused(small_project: Path) -> None:
    assert run("eject", NAME).exit_code == 0
    (small_project / "templates" / NAME).write_text('resource "aws_sns_topic" {{\n'.replace("{{", "{"))
    before = everything_in(small_project / "stacks")
    done = run("render", "--env", "dev")
    assert done.exit_code == 1
    assert "stacks/dev/modules/data/locks.tf:" in done.stderr
    assert everything_in(small_project / "stacks") == before


def test_check_reports_an_outdated_copy_until_it_is_accepted(small_project: Path) -> None:
    assert run("eject", NAME).exit_code == 0
    assert outdated_copies(small_project) == ()
    noted = small_project / "templates/.ticketgen.json"
    older = json.loads(noted.read_text("utf-8"))
    older["files"][NAME]["sha256"] = "0" * 64
    older["ticketgen"] = "0.0.9"
    noted.write_text(json.dumps(older))
    checked = run("render", "--check", "--env", "dev")
    assert (
        f"templates/{NAME}:1:1: warning: ticketgen's own template has changed since ticketgen 0.0.9"
        in checked.stderr
    )
    assert "run `ticketgen render --upgrade --merge`" in checked.stderr
    (small_project / ".ticketgen/bases/templates" / f"{NAME}.base").unlink()  # as an older ticketgen left it
    (warning,) = outdated_copies(small_project)
    assert f"ticketgen eject {NAME} --diff" in warning.help
    assert run("eject", NAME, "--accept").exit_code == 0
    assert outdated_copies(small_project) == ()


def test_an_unknown_file_among_the_templates_is_a_warning(small_project: Path) -> None:
    place = small_project / "templates/stack/modules/data/table.tf.j2"
    place.parent.mkdir(parents=True)
    place.write_text("")
    (found,) = outdated_copies(small_project)
    assert (found.rule, found.help) == ("override-unknown", "did you mean stack/modules/data/tables.tf.j2?")


@pytest.mark.parametrize(
    "arguments", [("stack/tabels.tf.j2",), ("../ticketgen.yaml",), (NAME, "--diff"), (NAME, "--accept")]
)
def test_an_unknown_template_is_reported_with_a_fix(small_project: Path, arguments: tuple[str, ...]) -> None:
    before = everything_in(small_project)
    done = run("eject", *arguments)
    assert done.exit_code == 2
    assert "→" in done.stderr
    assert everything_in(small_project) == before


def test_a_kill_at_any_call_leaves_copy_and_record_or_neither(tmp_path: Path) -> None:
    before = dict(everything_in(tmp_path))
    outcomes = []
    for call in range(200):
        died = dies_at(call, lambda: eject(tmp_path, NAME))
        assert recover_interrupted(tmp_path) == ()
        after = {
            name: text for name, text in everything_in(tmp_path).items() if not name.startswith(".ticketgen")
        }
        whole = f"templates/{NAME}" in after
        assert whole or after == before
        if whole:
            assert after[f"templates/{NAME}"] == (asset_folder("templates") / NAME).read_bytes()
            assert outdated_copies(tmp_path) == ()
        for each in sorted(tmp_path.rglob("*"), reverse=True):
            each.rmdir() if each.is_dir() else each.unlink()
        if not died:
            break
        outcomes.append(whole)
    assert len(outcomes) > 5
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {True, False}


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_failed_call_of_eject_is_a_finding_and_leaves_nothing(tmp_path: Path, reason: int) -> None:
    failed = 0
    for call in range(200):

        def attempt() -> None:
            done = eject(tmp_path, NAME)
            made = (tmp_path / "templates" / NAME).is_file()
            assert made is (done.value is not None)
            if not made:
                assert done.findings
                assert not (tmp_path / "templates").exists()

        happened = fails_at(call, reason, attempt)
        for each in sorted(tmp_path.rglob("*"), reverse=True):
            each.rmdir() if each.is_dir() else each.unlink()
        if not happened:
            break
        failed += 1
    assert failed > 5


def test_a_full_disk_exits_with_5(small_project: Path) -> None:
    """Files of any size are too large for this process, as on a full disk."""
    before = everything_in(small_project)
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ticketgen"), "eject", NAME], cwd=small_project,
        capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)),
        env={**os.environ, "XDG_CACHE_HOME": "/dev/null"},
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "[cannot-write]" in done.stderr
    assert "Traceback" not in done.stderr
    after = {n: t for n, t in everything_in(small_project).items() if not n.startswith(".ticketgen-write")}
    assert after == before


def huge(place: Path) -> None:
    with place.open("wb") as stream:
        stream.truncate(10**12)  # a hole, which takes no space


STRANGE: Mapping[str, Callable[[Path], object]] = {
    "a link": lambda place: place.symlink_to("/etc/passwd"),
    "a link to itself": lambda place: place.symlink_to(place.name),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "huge": huge,
}


@pytest.mark.parametrize("option", ["--diff", "--accept", None])
@pytest.mark.parametrize("what", STRANGE)
def test_a_copy_that_is_not_a_regular_file_is_left_alone(
    small_project: Path, what: str, option: str | None
) -> None:
    place = small_project / "templates" / NAME
    place.parent.mkdir(parents=True)
    STRANGE[what](place)
    done = run("eject", NAME, *([option] if option else []))
    assert done.exit_code not in {0, 70}
    assert "root:" not in done.output
    assert sorted(each.name for each in (small_project / "templates").rglob("*") if not each.is_dir()) == (
        [] if what == "a folder" else [place.name]
    )


@pytest.mark.parametrize("option", ["--diff", "--accept", None])
def test_a_linked_folder_is_not_followed(small_project: Path, tmp_path: Path, option: str | None) -> None:
    outside = tmp_path / "outside"
    (outside / NAME).parent.mkdir(parents=True)
    (outside / NAME).write_text("a secret\n")
    (small_project / "templates").symlink_to(outside)
    done = run("eject", NAME, *([option] if option else []))
    assert done.exit_code == 4
    assert "a secret" not in done.output
    assert outdated_copies(small_project) == ()
    assert everything_in(outside)[NAME] == b"a secret\n"
    assert ".ticketgen.json" not in everything_in(outside)
