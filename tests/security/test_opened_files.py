"""What the commands of CI open, start and connect to on an untrusted pull request.

Each command runs twice: under strace, which shows every path that it opens, and under Landlock and seccomp, which
refuse everything outside and so show that it needs nothing there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from confined_process import landlock_version
from traced_commands import Traced, traced

import ticketgen
from ticketgen.assets import asset_folder

REQUIRED = bool(os.environ.get("TICKETGEN_REQUIRE_STRACE"))
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECRET = "the-runner-s-secret"
SPEC = """version: 1
project: tap-marketplace
extends: small-venue
regions: [eu-west-1]
primary_region: eu-west-1
environments:
  dev:
"""

COMMANDS = {
    "validate": ["validate", "stacks"],
    "validate as SARIF": ["validate", "--format", "sarif"],
    "check": ["render", "--check"],
    "diff": ["render", "--check", "--diff"],
    "import": ["import", "stacks"],
    "show": ["show"],
    "size": ["size"],
    "list": ["list", "--format", "json"],
}
IN_EVERY_RUN = {"validate", "diff"}
"""What pull requests run, where `diff` also checks; the others belong to the slow proofs."""
each_command = pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(arguments, marks=[] if name in IN_EVERY_RUN else [pytest.mark.slow], id=name)
        for name, arguments in COMMANDS.items()
    ],
)
MARKS = {"diff": [], "validate": [pytest.mark.slow]}
"""One command meets every hostile repository in every run, one among the slow proofs, the others exhaustively."""

# Python, the installed packages and ticketgen's own files.
PACKAGE = (
    sys.prefix, sys.base_prefix, str(Path(ticketgen.__file__).parents[1]), str(asset_folder("templates")),
    str(asset_folder("presets")),
)  # fmt: skip
# The dynamic linker, the C library, OpenSSL's settings, and what Go's runtime (pygohcl) asks about the machine.
SYSTEM = (
    "/usr/",
    "/lib",
    "/etc/ld.so",
    "/etc/locale",
    "/etc/ssl/",
    "/etc/localtime",
    "/sys/",
    "/dev/null",
    "/dev/urandom",
)
ABOUT_ITSELF = re.compile(
    r"/proc/(?:\d+|self)/(?:maps|cgroup|mountinfo|stat|statm|status|auxv)|/proc/(?:meminfo|stat|loadavg)"
)

needs_strace = pytest.mark.skipif(not (shutil.which("strace") or REQUIRED), reason="strace is missing")
needs_landlock = pytest.mark.skipif(
    not (landlock_version() >= 4 or REQUIRED), reason="the kernel has no Landlock, or an old one"
)


class Place:
    """A project, with its own cache, home folder and secret outside of it."""

    def __init__(self, above: Path) -> None:
        self.project = above / "project"
        self.secret = above / "secret.txt"
        self.own = above / "own"
        self.secret.write_text(SECRET, encoding="utf-8")
        for folder in (self.project, self.own / "home", self.own / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.own / "home"),
            "TMPDIR": str(self.own / "tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "RUNNER_TOKEN": SECRET,
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ticketgen", *arguments]

    def free(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def traced(self, *arguments: str) -> Traced:
        return traced(
            self.command(*arguments), self.project, self.own.parent / "strace.log", self.environment
        )

    def confined(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        rules = self.own.parent / "rules.json"
        readable = [*PACKAGE, *SYSTEM, str(self.project), str(HERE)]
        rules.write_text(
            json.dumps({"read": readable, "write": [str(self.own), "/dev/null"]}), encoding="utf-8"
        )
        confined = [sys.executable, str(HERE / "confined_process.py"), str(rules), *self.command(*arguments)]
        return subprocess.run(
            confined, cwd=self.project, env=self.environment, capture_output=True, text=True, check=False
        )

    def outside(self, done: Traced) -> tuple[set[str], set[str]]:
        """The paths that were read, and those that were changed, beyond what a command may."""
        may_read = (*PACKAGE, *SYSTEM, str(self.project), str(self.own))
        read = {
            path for path in done.read if not path.startswith(may_read) and not ABOUT_ITSELF.fullmatch(path)
        }
        changed = {path for path in done.changed if not path.startswith((str(self.own), "/dev/null"))}
        return read, changed


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = Place(tmp_path_factory.mktemp("rendered"))
    (place.project / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    done = place.free("render")
    assert done.returncode == 0, done.stderr
    return place.project


@pytest.fixture
def place(tmp_path: Path, rendered: Path) -> Place:
    made = Place(tmp_path)
    shutil.copytree(rendered, made.project, dirs_exist_ok=True)
    return made


@needs_strace
@each_command
def test_a_command_opens_the_project_and_the_package_only(arguments: list[str], place: Place) -> None:
    done = place.traced(*arguments)
    assert done.done.returncode == 0, done.done.stderr
    assert any(path.startswith(str(place.project)) for path in done.read), "the trace shows nothing"
    assert place.outside(done) == (set(), set())
    assert not done.sockets
    assert {Path(each).name for each in done.started} <= {Path(sys.executable).name}


@needs_landlock
@each_command
def test_a_command_needs_nothing_else(arguments: list[str], place: Place) -> None:
    free, confined = place.free(*arguments), place.confined(*arguments)
    assert (confined.returncode, confined.stdout) == (free.returncode, free.stdout), confined.stderr
    assert confined.returncode == 0


@needs_landlock
@pytest.mark.parametrize(
    "forbidden",
    [
        "open('{secret}')",
        "open('/etc/passwd')",
        "open('/proc/self/environ')",
        "open('{project}/new', 'w')",
        "os.unlink('{project}/ticketgen.yaml')",
        "os.symlink('/etc/passwd', '{project}/link')",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
    ],
)
def test_the_confinement_refuses_forbidden_calls(forbidden: str, place: Place) -> None:
    attempt = forbidden.format(secret=place.secret, project=place.project)
    code = f"import os, socket\ntry:\n    {attempt}\nexcept PermissionError:\n    print('refused')"
    place.command = lambda *arguments: [sys.executable, "-c", code]  # type: ignore[method-assign]
    assert place.confined().stdout == "refused\n"


def linked_template(place: Place) -> None:
    (place.project / "templates/stack/modules/data").mkdir(parents=True)
    (place.project / "templates/stack/modules/data/tables.tf.j2").symlink_to(place.secret)


def linked_environment(place: Place) -> None:
    (place.project / "templates/stack/modules/data").mkdir(parents=True)
    (place.project / "templates/stack/modules/data/tables.tf.j2").symlink_to("/proc/self/environ")


def linked_templates(place: Place) -> None:
    (place.secret.parent / "elsewhere/stack/modules/data").mkdir(parents=True)
    (place.secret.parent / "elsewhere/stack/modules/data/tables.tf.j2").write_text(SECRET, encoding="utf-8")
    (place.project / "templates").symlink_to(place.secret.parent / "elsewhere")


def included_template(place: Place) -> None:
    (place.project / "templates/stack/modules/data").mkdir(parents=True)
    text = f'{{% include "{place.secret}" %}}{{% include "../../../secret.txt" %}}'
    (place.project / "templates/stack/modules/data/tables.tf.j2").write_text(text, encoding="utf-8")


def linked_patch(place: Place) -> None:
    (place.project / "patches/dev/modules/data").mkdir(parents=True)
    (place.project / "patches/dev/modules/data/tables.tf.patch").symlink_to(place.secret)
    (place.project / "patches/prod").symlink_to(place.secret.parent)


def patch_of_another_file(place: Place) -> None:
    (place.project / "patches/dev/global").mkdir(parents=True)
    name = "stacks/dev/../../../secret.txt"
    text = f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-x\n+y\n"
    (place.project / "patches/dev/global/outputs.tf.patch").write_text(text, encoding="utf-8")


def linked_terraform(place: Place) -> None:
    (place.project / "stacks/dev/more.tf").symlink_to(place.secret)
    (place.project / "stacks/dev/folder").symlink_to(place.secret.parent)


def linked_rendered_file(place: Place) -> None:
    (place.project / "stacks/dev/modules/data/tables.tf").unlink()
    (place.project / "stacks/dev/modules/data/tables.tf").symlink_to(place.secret)


def linked_manifest(place: Place) -> None:
    (place.project / "stacks/dev/.ticketgen.json").unlink()
    (place.project / "stacks/dev/.ticketgen.json").symlink_to(place.secret)


def linked_settings(place: Place) -> None:
    (place.project / "ticketgen.toml").symlink_to(place.secret)


def linked_spec(place: Place) -> None:
    (place.project / "ticketgen.yaml").unlink()
    (place.project / "ticketgen.yaml").symlink_to(place.secret)


def planted_journal(place: Place) -> None:
    stage = place.project / ".ticketgen-write"
    for name in ("new", "old"):
        (stage / name).mkdir(parents=True)
    (stage / "old/0").write_text("#!/bin/sh\n", encoding="utf-8")
    (stage / "guard").symlink_to(place.secret)
    (stage / "new/0").symlink_to(place.secret)
    journal = {"format": 1, "stacks": [], "created": [], "steps": [[".git/hooks/pre-commit", "0" * 64, None]]}
    (stage / "journal.json").write_text(json.dumps(journal), encoding="utf-8")


def reading_function(place: Place) -> None:
    text = f'locals {{\n  a = file("{place.secret}")\n  b = templatefile("../../../secret.txt", {{}})\n}}\n'
    (place.project / "stacks/dev/more.tf").write_text(text, encoding="utf-8")


HOSTILE: dict[str, Callable[[Place], None]] = {
    made.__name__.replace("_", " "): made
    for made in (
        linked_template, linked_environment, linked_templates, included_template, linked_patch,
        patch_of_another_file, linked_terraform,
        linked_rendered_file, linked_manifest, linked_settings, linked_spec, planted_journal, reading_function,
    )
}  # fmt: skip


@needs_strace
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(arguments, marks=MARKS.get(name, [pytest.mark.exhaustive]), id=name)
        for name, arguments in COMMANDS.items()
    ],
)
@pytest.mark.parametrize("plant", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_repository_opens_no_outside_file(
    plant: Callable[[Place], None], arguments: list[str], place: Place
) -> None:
    plant(place)
    done = place.traced(*arguments)
    assert done.done.returncode in {0, 1, 2, 3, 4}, done.done.stderr
    assert place.outside(done) == (set(), set())
    assert not done.sockets
    assert {Path(each).name for each in done.started} <= {Path(sys.executable).name}
    assert SECRET not in done.done.stdout + done.done.stderr
