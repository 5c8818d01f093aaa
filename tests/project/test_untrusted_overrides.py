"""A project's templates cannot run code, read other files or exhaust the machine.

Whatever is wrong with one is the finding ``override-broken`` with its place, and the exit code 1.
"""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path

import pytest
from project_tools import everything_in, run

from ticketgen.assets import asset_folder
from ticketgen.rendering.budget import TemplateBudget
from ticketgen.stack.overrides import MAX_BYTES

TABLES = "stack/modules/data/tables.tf.j2"
SECRET = "only the runner may read this"

RENDERING = (
    ("render", "--env", "dev"), ("render", "--check", "--env", "dev"), ("render", "--check", "--diff", "--env", "dev"),
    ("show",), ("add-region", "eu-west-2", "--env", "dev"),
)  # fmt: skip
"""The commands that render; `size`, `doctor` and `upgrade` do not read a template."""


def template(project: Path, text: str, name: str = TABLES) -> Path:
    place = project / "templates" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return place


def refused(
    project: Path, name: str = TABLES, command: tuple[str, ...] = ("render", "--check", "--env", "dev")
) -> str:
    """The report of a command that refuses a template and writes nothing."""
    before = everything_in(project / "stacks")
    done = run(*command)
    assert done.exit_code == 1, done.stderr
    assert "[override-broken]" in done.stderr
    assert f"templates/{name}:" in done.stderr
    assert everything_in(project / "stacks") == before
    assert SECRET not in done.stderr + done.stdout
    return done.stderr


class _Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("command", RENDERING, ids=" ".join)
def test_no_model_s_method_runs_a_command(
    command: tuple[str, ...], small_project: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    payload = "".join(f"\\x{byte:02x}" for byte in pickle.dumps(_Touch(ran), 0))
    template(
        small_project,
        f"{{% set x = environment.parse_raw('{payload}', proto='pickle', allow_pickle=true) %}}",
    )
    assert "parse_raw" in refused(small_project, command=command)
    assert not ran.exists()


@pytest.mark.parametrize(
    "text",
    [
        "{{ environment.model_dump() | hcl }}", "{{ environment.model_config | hcl }}",
        "{{ environment.event_scale.model_construct() }}", "{{ primary.__class__ }}",
        "{{ all_replicas.text | inside }}", "{{ self._TemplateReference__context }}",
        "{{ name.name | hcl }}{% from '_names.j2' import name with context %}",
        "{% from '_names.j2' import name with context %}{{ name.__globals__ }}", "{{ range.__self__ }}",
        "{{ [environment] | map(attribute='__class__') | list | hcl }}", "{{ environment | attr('__class__') }}",
        "{{ '{0.__class__}'.format(environment) | hcl }}", "{{ nothing.__class__ | hcl }}",
        "{{ (functions | selectattr('__init__') | list) | hcl }}",
        "{% for f in functions %}{{ loop.cycle() }}{% endfor %}",
        "{{ (1).__class__ }}", "{{ functions.items.data | hcl }}", "{{ environment['__class__'] | hcl }}",
        "{{ lipsum.__globals__ }}", "{{ cycler.__init__ }}", "{{ joiner() }}", "{{ environment.items.__self__ }}",
    ],
)  # fmt: skip
def test_no_attribute_escapes_the_data(text: str, small_project: Path) -> None:
    template(small_project, text)
    refused(small_project)


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", RENDERING),
        ("{% include 'modules/data/tables.tf.j2' %}", RENDERING[1:2]), ("{{ (1 // 0) | number }}", RENDERING[1:2]),
        ("{{ " + "(" * 9_000, RENDERING[1:2]), ("{% for a in [1] %}" * 25 + "{% endfor %}" * 25, RENDERING[1:2]),
    ],
    ids=["loops", "include", "division", "parentheses", "blocks"],
)  # fmt: skip
def test_a_stopped_template_is_a_finding_in_every_command(
    text: str, commands: tuple[tuple[str, ...], ...], small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TemplateBudget.__init__, "__defaults__", (20_000_000,))
    template(small_project, text)
    for command in commands:
        refused(small_project, command=command)


def test_errors_caused_by_a_project_template_are_attributed_to_it(small_project: Path) -> None:
    """Here the error is raised in a template of ticketgen's, which needs a macro that the project's lacks."""
    template(small_project, "{% macro other() %}{% endmacro %}", "stack/_names.j2")
    assert "name" in refused(small_project, "stack/_names.j2")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    place = tmp_path / "elsewhere" / "tables.tf.j2"
    place.parent.mkdir()
    place.write_text(f"# {SECRET}\n")
    return place


@pytest.mark.parametrize("command", RENDERING[:4], ids=" ".join)
def test_a_link_in_place_of_a_template_is_refused(
    command: tuple[str, ...], small_project: Path, secret: Path
) -> None:
    template(small_project, "").unlink()
    (small_project / "templates" / TABLES).symlink_to(secret)
    assert "is a symbolic link" in refused(small_project, command=command)


@pytest.mark.parametrize("target", ["/proc/self/environ", "/etc/passwd", "nowhere", "locks.tf.j2"])
def test_links_are_refused_whatever_their_target(target: str, small_project: Path) -> None:
    template(small_project, "", "stack/modules/data/locks.tf.j2")
    (small_project / "templates" / TABLES).symlink_to(target)
    assert "is a symbolic link" in refused(small_project)


@pytest.mark.parametrize("folder", ["templates", "templates/stack", "templates/stack/modules"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_linked_folder_is_refused(folder: str, inside: bool, small_project: Path, tmp_path: Path) -> None:
    name = "stack/modules/data/locks.tf.j2"
    template(small_project, f"# {SECRET}\n", name)
    target = (small_project if inside else tmp_path) / "moved"
    (small_project / folder).rename(target)
    (small_project / folder).symlink_to(target)
    done = run("render", "--check", "--diff", "--env", "dev")
    assert done.exit_code == 1
    assert f"'{folder}' is a symbolic link" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_link_to_a_file_that_is_copied_is_refused(small_project: Path, secret: Path) -> None:
    name = "suites/unit/test_names.py"
    template(small_project, "", name).unlink()
    (small_project / "templates" / name).symlink_to(secret)
    assert "is a symbolic link" in refused(small_project, name)


@pytest.mark.parametrize("how", ["include", "import", "from"])
@pytest.mark.parametrize(
    "name",
    [
        "../../../elsewhere/tables.tf.j2",
        "/etc/passwd",
        "a/../../b",
        "linked.j2",
        "..",
        "a\\x00b",
        "a//b",
        ".",
    ],
)
def test_includes_lead_to_plain_templates_only(
    how: str, name: str, small_project: Path, secret: Path
) -> None:
    statement = {"include": "include '{}'", "import": "import '{}' as x", "from": "from '{}' import x"}[how]
    template(small_project, f"{{% {statement.format(name)} %}}")
    (small_project / "templates/stack/linked.j2").symlink_to(secret)
    done = run("render", "--check", "--env", "dev")
    assert (done.exit_code, "[override-broken]" in done.stderr) == (1, True)
    assert SECRET not in done.stdout + done.stderr
    assert "root:" not in done.stdout + done.stderr


def test_no_pipe_device_or_huge_file_is_read(small_project: Path) -> None:
    place = template(small_project, "")
    place.unlink()
    os.mkfifo(place)
    assert "not a regular file" in refused(small_project)
    place.unlink()
    with place.open("wb") as stream:
        stream.truncate(1 << 32)
    assert f"more than {MAX_BYTES:,} bytes" in refused(small_project)
    place.write_bytes(b"# a\n\xff\n")
    assert f"{TABLES}:2:1: error" in refused(small_project)
    place.unlink()
    place.mkdir()
    assert "directory" in refused(small_project)


def test_a_hard_link_is_a_regular_file(small_project: Path) -> None:
    own = (asset_folder("templates") / TABLES).read_text("utf-8")
    os.link(template(small_project, own, "stack/modules/data/other.j2"), small_project / "templates" / TABLES)
    assert run("render", "--check", "--env", "dev").exit_code == 0


@pytest.mark.parametrize("name", ["functions/events.py", "functions/ticket_purchase.py", "project/README.md"])
def test_the_function_code_cannot_be_overridden(name: str, small_project: Path) -> None:
    template(small_project, "raise SystemExit\n", name)
    assert run("render", "--check", "--env", "dev").exit_code == 0


def test_every_template_can_be_overridden(small_project: Path) -> None:
    """All of them together stay within the bounds, with room."""
    for folder in ("stack", "suites", "ops"):
        shutil.copytree(
            asset_folder("templates") / folder, small_project / "templates" / folder,
            ignore=shutil.ignore_patterns("__pycache__"),
        )  # fmt: skip
    done = run("render", "--check", "--env", "dev")
    assert (done.exit_code, "[override-broken]" in done.stderr) == (0, False)


@pytest.mark.parametrize("repository", [True, False])
@pytest.mark.parametrize(
    "command", ["render --check", "show", "size", "list", "render --check --spec sub/spec.yaml"]
)
def test_a_spec_that_links_out_of_the_repository_is_not_read(
    command: str, repository: bool, small_project: Path, secret: Path
) -> None:
    if repository:
        (small_project / ".git").mkdir(exist_ok=True)
    (small_project / "sub").mkdir()
    for spec in ("ticketgen.yaml", "sub/spec.yaml"):
        (small_project / spec).unlink(missing_ok=True)
        (small_project / spec).symlink_to(secret)
    done = run(*command.split())
    assert done.exit_code == 3 or "[unreadable-file]" in done.stderr
    assert "leads out of" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_folder_that_links_out_of_the_repository_is_not_worked_in(
    small_project: Path, tmp_path: Path
) -> None:
    """The spec may lie above that folder, where no link is in its path any more."""
    (tmp_path / "other" / "deep").mkdir(parents=True)
    (tmp_path / "other" / "ticketgen.yaml").write_text(f"{SECRET}: {SECRET}\n")
    (small_project / ".git").mkdir(exist_ok=True)
    (small_project / "sub").symlink_to(tmp_path / "other" / "deep")
    done = run("-C", "sub", "render", "--check")
    assert (done.exit_code, "leads out of" in done.stderr) == (2, True)
    assert SECRET not in done.stderr


def test_a_spec_that_links_to_another_place_in_the_repository_is_read(small_project: Path) -> None:
    (small_project / ".git").mkdir(exist_ok=True)
    (small_project / "shared").mkdir()
    (small_project / "ticketgen.yaml").rename(small_project / "shared" / "spec.yaml")
    (small_project / "ticketgen.yaml").symlink_to("shared/spec.yaml")
    assert run("render", "--check", "--env", "dev").exit_code == 0


@pytest.mark.parametrize("content", ["link", "fifo", "deep", "huge"])
def test_a_configuration_that_is_not_a_regular_file_is_a_finding(
    content: str, small_project: Path, secret: Path
) -> None:
    place = small_project / "ticketgen.toml"
    if content == "link":
        place.symlink_to(secret)
    elif content == "fifo":
        os.mkfifo(place)
    else:
        place.write_text("a = " + "[" * 5_000 if content == "deep" else "#" * 100_000)
    done = run("validate", "stacks/dev")
    assert "[invalid-config]" in done.stderr
    assert done.exit_code not in {0, 70}
    assert SECRET not in done.stderr
