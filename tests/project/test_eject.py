"""A project's own templates: copied, used, reported if broken, and reported if ticketgen's have changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project_tools import everything_in, run

from ticketgen.assets import asset_folder
from ticketgen.project.eject import ejectable, moved_on

NAME = "stack/modules/region/locks.tf.j2"


def test_every_template_can_be_taken_over_but_the_functions_code() -> None:
    listed = run("eject").stdout.splitlines()
    assert tuple(listed) == ejectable()
    assert NAME in listed
    assert all((asset_folder("templates") / name).is_file() for name in listed)
    assert not [name for name in listed if name.startswith(("functions/", "project/"))]


def test_a_template_that_was_taken_over_wins_and_renders_the_same_until_it_is_changed(
    small_project: Path,
) -> None:
    done = run("eject", NAME)
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, f"templates/{NAME}")
    mine = small_project / "templates" / NAME
    assert mine.read_bytes() == (asset_folder("templates") / NAME).read_bytes()
    assert run("render", "--check", "--env", "dev").exit_code == 0
    mine.write_text(mine.read_text("utf-8") + "\n# Ours: see the wiki.\n", encoding="utf-8")
    assert run("render", "--check", "--env", "dev").exit_code == 1
    assert run("render", "--env", "dev").exit_code == 0
    locks = small_project / "stacks/dev/modules/region/locks.tf"
    assert locks.read_text("utf-8").endswith("# Ours: see the wiki.\n")
    difference = run("eject", NAME, "--diff").stdout
    assert difference.startswith(f"--- ticketgen/{NAME}\n+++ templates/{NAME}\n")
    assert "\n+# Ours: see the wiki.\n" in difference, "what the project added is an addition"
    assert "\n-" not in difference.partition("@@")[2]


def test_one_that_is_there_is_never_overwritten(small_project: Path) -> None:
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
def test_a_broken_one_is_a_finding_with_its_line(
    small_project: Path, text: str, line: int, words: str
) -> None:
    assert run("eject", NAME).exit_code == 0
    (small_project / "templates" / NAME).write_text(text)
    done = run("render", "--env", "dev")
    assert done.exit_code == 1
    assert f"templates/{NAME}:{line}:1: error: the template cannot be rendered" in done.stderr
    assert words in done.stderr


def test_one_that_renders_no_terraform_is_refused_as_ours_would_be(small_project: Path) -> None:
    assert run("eject", NAME).exit_code == 0
    (small_project / "templates" / NAME).write_text('resource "aws_sns_topic" {{\n'.replace("{{", "{"))
    before = everything_in(small_project / "stacks")
    done = run("render", "--env", "dev")
    assert done.exit_code == 1
    assert "stacks/dev/modules/region/locks.tf:" in done.stderr
    assert everything_in(small_project / "stacks") == before


def test_check_says_when_ticketgens_own_has_moved_on_until_that_is_accepted(small_project: Path) -> None:
    assert run("eject", NAME).exit_code == 0
    assert moved_on(small_project) == ()
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
    assert f"ticketgen eject {NAME} --diff" in checked.stderr
    assert run("eject", NAME, "--accept").exit_code == 0
    assert moved_on(small_project) == ()


def test_a_file_that_is_no_template_is_warned_of(small_project: Path) -> None:
    place = small_project / "templates/stack/table.tf.j2"
    place.parent.mkdir(parents=True)
    place.write_text("")
    (found,) = moved_on(small_project)
    assert (found.rule, found.help) == ("override-unknown", "did you mean stack/tables.tf.j2?")


@pytest.mark.parametrize(
    "arguments", [("stack/tabels.tf.j2",), ("../ticketgen.yaml",), (NAME, "--diff"), (NAME, "--accept")]
)
def test_what_cannot_be_taken_over_is_named_with_a_way_out(
    small_project: Path, arguments: tuple[str, ...]
) -> None:
    before = everything_in(small_project)
    done = run("eject", *arguments)
    assert done.exit_code == 2
    assert "→" in done.stderr
    assert everything_in(small_project) == before
