"""A new project: created completely or not at all, green in its own CI, with questions on a terminal only."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from project_tools import everything_in, run
from template_tools import make_template
from typer.testing import Result

from default_signals import reset_signals
from ticketgen.project.bases import read_base, read_record
from ticketgen.project.destination import invalid_name
from ticketgen.project.new_environments import count_resources
from ticketgen.project.owned_files import current_texts
from ticketgen.spec.presets import presets
from ticketgen.version import VERSION

TICKETGEN = Path(sys.executable).parent / "ticketgen"
WHEEL = f"vendor/ticketgen-{VERSION}-py3-none-any.whl"
OURS = {
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "README.md",
    "requirements-ticketgen.txt",
    "stack.svg",
    "ticketgen.schema.json",
    "ticketgen.yaml",
    WHEEL,
}
PRESETS = [
    pytest.param(name, marks=() if place == 0 else pytest.mark.slow) for place, name in enumerate(presets())
]
"""One in every run, and the others among the slow proofs."""
OF_CI = {
    "github": {".github/workflows/deploy.yml", ".github/workflows/ticketgen.yml"},
    "gitlab": {".gitlab-ci.yml", ".gitlab/check.yml"},
}


def files_of(folder: Path) -> set[str]:
    """The files of a project but for its stacks and ticketgen's record of it."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if not path.startswith(("stacks/", ".ticketgen/"))}


def check_bases(project: Path) -> None:
    """Each file that people own has the base that this version writes for the recorded answers."""
    record = read_record(project)[1].value
    assert record
    owned = {path for path in files_of(project) if not path.startswith(("vendor/", "stack.svg"))}
    assert set(record.files) == owned - {"requirements-ticketgen.txt"}
    bases = {path: read_base(project, path, entry.sha256).value for path, entry in record.files.items()}
    assert bases == current_texts(record).value
    assert bases == {path: (project / path).read_bytes() for path in record.files}


Made = Callable[[str], tuple[Path, Result]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Make a project with GitHub's workflow of a preset, once, for copies that tests change."""

    @cache
    def make(preset: str) -> tuple[Path, Result]:
        folder = tmp_path_factory.mktemp("new") / "my-shop"
        done = run("new", str(folder), "--preset", preset)
        assert done.exit_code == 0, done.output
        return folder, done

    return make


@pytest.fixture
def shop(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project; it is the current folder."""
    folder = tmp_path / "my-shop"
    shutil.copytree(made("small-venue")[0], folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A company's own template, with a variable, one that follows from it, and a choice."""
    folder = tmp_path / "template"
    inside = folder / "{{cookiecutter.project}}"
    inside.mkdir(parents=True)
    variables = {
        "project": "x-shop",
        "team": "sales",
        "mail": "{{ cookiecutter.team }}@acme.example",
        "size": ["s", "l"],
    }
    (folder / "cookiecutter.json").write_text(json.dumps(variables))
    (inside / "OWNERS").write_text("{{ cookiecutter.mail }} {{ cookiecutter.size }}\n")
    (inside / "ticketgen.yaml").write_text(
        "version: 1\nproject: {{ cookiecutter.project }}\nextends: small-venue\nenvironments: { dev: {} }\n"
    )
    return folder


def test_a_new_project_is_complete_and_up_to_date(shop: Path) -> None:
    assert files_of(shop) == OURS | OF_CI["github"]
    assert sorted(path.name for path in (shop / "stacks").iterdir()) == ["dev", "prod", "staging"]
    assert run("render", "--check").exit_code == 0
    check_bases(shop)
    assert json.loads((shop / "ticketgen.schema.json").read_text("utf-8"))["title"] == "ticketgen spec"
    spec = yaml.safe_load((shop / "ticketgen.yaml").read_text("utf-8"))
    assert (spec["project"], spec["extends"]) == ("my-shop", "small-venue")


def test_git_tracks_everything_and_a_render_changes_nothing(shop: Path) -> None:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=shop, check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q")
    (shop / "stacks/dev/.terraform").mkdir()
    (shop / "stacks/dev/.terraform/x").touch()
    (shop / "stacks/dev/terraform.tfstate").touch()
    git("add", ".")
    added = set(git("ls-files").splitlines())
    assert not {path for path in added if ".terraform/" in path or "tfstate" in path}
    assert {"ticketgen.yaml", "stacks/prod/.ticketgen.json", ".gitignore"} <= added


def shell(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as CI does: bash, stopping at the first error, with this ticketgen on the PATH."""
    path = f"{TICKETGEN.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder, env={**os.environ, "CI": "true", **variables, "PATH": path},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def hook_of(project: Path) -> list[str]:
    """The command of the pre-commit hook, split as pre-commit does."""
    (hook,) = yaml.safe_load((project / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    assert hook["language"] == "system"
    return shlex.split(hook["entry"])


@pytest.mark.slow
def test_the_pre_commit_hook_finds_a_forgotten_render(shop: Path) -> None:
    hook = shlex.join(hook_of(shop))
    assert shell(hook, shop).returncode == 0
    spec = shop / "ticketgen.yaml"
    spec.write_text(spec.read_text("utf-8") + "tags: { Owner: me }\n", encoding="utf-8")
    assert shell(hook, shop).returncode == 1


def test_the_pre_commit_hook_names_the_installation_where_ticketgen_is_missing(shop: Path) -> None:
    done = subprocess.run(
        hook_of(shop), cwd=shop, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ticketgen is not on the PATH" in done.stderr
    assert "pip install -r requirements-ticketgen.txt" in done.stderr


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_every_file_installs_from_the_given_source(ci: str, tmp_path: Path) -> None:
    source = f"ticketgen=={VERSION} --hash=sha256:{'0' * 64} --index-url https://pypi.acme.example/simple"
    folder = tmp_path / "my-shop"
    done = run("new", str(folder), "--preset", "small-venue", "--ci", ci, "--install-from", source)
    assert done.exit_code == 0, done.output
    pinned = (folder / "requirements-ticketgen.txt").read_text("utf-8").splitlines()
    assert pinned[-2:] == ["--index-url https://pypi.acme.example/simple", source.partition(" --index")[0]]
    dependencies = (folder / "requirements-ticketgen-dependencies.txt").read_text("utf-8")
    assert "\ncookiecutter" in dependencies
    command = ("python -m pip install --no-deps -r requirements-ticketgen.txt && "
               "python -m pip install -r requirements-ticketgen-dependencies.txt")  # fmt: skip
    expected = {"README.md", ".pre-commit-config.yaml"} | OF_CI.get(ci, set())
    for name in expected:
        assert command in (folder / name).read_text("utf-8"), name
    check_bases(folder)
    assert files_of(folder) == OURS - {WHEEL} | OF_CI.get(ci, set()) | {
        "requirements-ticketgen-dependencies.txt"
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_dev_is_small_and_sizes_of_environments_are_printed(preset: str, made: Made) -> None:
    folder, done = made(preset)
    whole = yaml.safe_load(presets()[preset].path.read_text("utf-8"))
    hubs = len({whole["primary_region"], whole["secondary_region"]} - {None})
    summaries = [line for line in done.stdout.splitlines() if "/stacks/" in line and " resources" in line]
    shapes = [
        re.fullmatch(r".*/stacks/(\w+): (\d+) Regions?, ([\d,]+) purchases/min, ([\d,]+) resources", line)
        for line in summaries
    ]
    figures = {
        found[1]: tuple(int(each.replace(",", "")) for each in found.groups()[1:])
        for found in shapes
        if found
    }
    dev, staging, prod = (figures[name] for name in ("dev", "staging", "prod"))
    assert dev[:2] == (hubs, 60)
    assert prod[:2] == (len(whole["regions"]), whole["event_scale"]["purchases_per_minute"])
    assert all(small <= medium <= big for small, medium, big in zip(dev, staging, prod, strict=True))
    assert dev[2] == count_resources(folder / "stacks/dev")
    of_dev = [line for line in done.stderr.splitlines() if ": dev: " in line]
    assert of_dev == []  # no quota is too low for it, and no table has to be warmed

    sized = json.loads(
        run("size", "--spec", str(folder / "ticketgen.yaml"), "--env", "dev", "--format", "json").stdout
    )
    text = json.dumps(sized)
    assert "cache.t4g.micro" in text


@pytest.mark.parametrize("preset", PRESETS)
def test_the_figures_in_the_spec_comment_match_the_preset(made: Made, tmp_path: Path, preset: str) -> None:
    folder = tmp_path / "my-shop"
    shutil.copytree(made(preset)[0], folder)
    spec = folder / "ticketgen.yaml"
    before, comment, after = re.split(r"(?s)(# primary_region:.*?)\n\n", spec.read_text("utf-8"), maxsplit=1)
    spec.write_text(f"{before}{re.sub('(?m)^# ', '', comment)}\n\n{after}", "utf-8")
    done = run("render", "--check", "--spec", str(spec))
    assert done.exit_code == 0, f"uncommenting the preset's figures changes a stack:\n{done.output}"


@pytest.mark.parametrize("how", ["a folder", "a repository"])
def test_a_custom_template_is_used_with_the_given_answers(template: Path, tmp_path: Path, how: str) -> None:
    source = str(template)
    if how == "a repository":
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "x"]):
            subprocess.run(["git", "-C", source, *command], check=True)
        source = f"git+file://{template}"
    folder = tmp_path / "deep" / "er" / "acme-shop"
    done = run("new", str(folder), "--template", source, "--answer", "team=ops", "--answer", "size=l")
    assert done.exit_code == 0, done.output
    assert (folder / "OWNERS").read_text("utf-8") == "ops@acme.example l\n"
    assert (folder / "stacks/dev/global/provider.tf").is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["acme-shop"]


def test_the_home_folder_is_not_changed(template: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    cache = str(tmp_path / "cache")  # of what was verified, wherever the machine keeps such things
    done = shell(
        f"ticketgen new my-shop --template {template}", tmp_path, HOME=str(home), XDG_CACHE_HOME=cache
    )
    assert done.returncode == 0, done.stderr
    assert list(home.iterdir()) == []


SPOILT = {
    "jinja": ("OWNERS", "{{ cookiecutter.nobody }}", "template-broken"),
    "jinja syntax": ("OWNERS", "{% if %}", "template-broken"),
    "an invalid spec": ("ticketgen.yaml", "version: 1\nproject: a b\n", "invalid-text"),
    "no spec": ("ticketgen.yaml", None, "template-without-spec"),
    "a hook that fails": ("../hooks/post_gen_project.sh", "#!/bin/sh\nexit 3\n", "template-broken"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_failure_leaves_nothing_behind(template: Path, tmp_path: Path, what: str) -> None:
    file, text, rule = SPOILT[what]
    place = template / "{{cookiecutter.project}}" / file
    place.parent.mkdir(exist_ok=True)
    place.write_text(text) if text is not None else place.unlink()
    before = {path.name for path in tmp_path.iterdir()}
    done = run("new", str(tmp_path / "a" / "b" / "my-shop"), "--template", str(template), "--trust")
    assert done.exit_code in {2, 3}
    assert f"[{rule}]" in done.stderr
    assert "Traceback" not in done.output
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("arguments", [
    ("--template", "nowhere"), ("--preset", "flashsale"), ("--answer", "colour=red"), ("--name", "My Shop"),
])  # fmt: skip
def test_an_invalid_answer_is_reported_with_a_fix(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run("new", str(tmp_path / "my-shop"), *arguments)
    assert done.exit_code == 2
    assert "→" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("preset", "help"), [
    ("flashsale", "did you mean flash-sale?"), ("xyz", "choose one of flash-sale, regional-tour, small-venue"),
])  # fmt: skip
def test_an_unknown_choice_gets_a_suggestion_or_the_list(tmp_path: Path, preset: str, help: str) -> None:
    assert f"→ {help}\n" in run("new", str(tmp_path / "my-shop"), "--preset", preset).stderr


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw builds a table of all characters
@given(st.text(max_size=40) | st.from_regex("[A-Za-z_ .-]{0,40}", fullmatch=True))
def test_an_invalid_name_gets_a_valid_suggestion(name: str) -> None:
    refused = invalid_name(name)
    if refused:
        suggested = re.match(r"pass --name (\S+), or ", refused.help)
        assert suggested
        assert invalid_name(suggested[1]) is None


def test_an_invalid_folder_name_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    done = run("new", str(tmp_path / "My_Tickets"))
    assert done.exit_code == 2
    assert "pass --name my-tickets, or write 3 to 20 lower-case letters" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["a file in it", "a file", "a link", "a project", "a folder in a project"])
def test_a_non_empty_folder_is_refused_and_unchanged(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "my-shop"
    if there == "a file in it":
        folder.mkdir()
        (folder / "theirs").write_text("precious")
    elif there == "a file":
        folder.write_text("precious")
    elif there == "a link":
        folder.symlink_to(tmp_path / "elsewhere")
    elif there == "a project":
        folder.mkdir()
        (folder / "ticketgen.yaml").write_text("version: 1\n")
    else:
        (tmp_path / "ticketgen.yaml").write_text("version: 1\n")
    before = sorted(tmp_path.rglob("*"))
    done = run("new", str(folder))
    inside = there == "a folder in a project"
    assert done.exit_code == (2 if inside else 4)
    assert f"[{'inside-a-project' if inside else 'folder-not-empty'}]" in done.stderr
    if there == "a file in it":
        assert "it holds theirs" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


FORGE = {
    "README.md": "# Theirs\n",
    "LICENSE": "Apache-2.0\n",
    ".gitignore": "*.log\n.terraform/",
    "CODEOWNERS": "* @a\n",
}


@pytest.fixture
def cloned(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a repository that a forge has just made; it is the current folder."""
    folder = tmp_path / "acme-shop"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for name, text in FORGE.items():
        (folder / name).write_text(text)
    for name in ("README.md", ".gitignore"):
        (template / "{{cookiecutter.project}}" / name).write_text("*.tfstate\n.terraform/\n")
    monkeypatch.chdir(folder)
    return folder


def test_a_new_repository_keeps_its_existing_files(cloned: Path, template: Path) -> None:
    done = run("new", ".", "--template", str(template))
    assert done.exit_code == 0, done.output
    assert "project: acme-shop\n" in (cloned / "ticketgen.yaml").read_text("utf-8")
    for name in ("README.md", "LICENSE", "CODEOWNERS"):
        assert (cloned / name).read_text("utf-8") == FORGE[name]
    assert (cloned / "TICKETGEN.md").is_file()
    assert (cloned / ".gitignore").read_text("utf-8") == "*.log\n.terraform/\n*.tfstate\n"
    assert "README.md was kept as it is [file-kept]" in done.stderr
    assert ".gitignore [file-extended]" in done.stderr
    assert "git init" not in done.stdout
    assert "\n  cd " not in done.stdout.partition("cd stacks/dev")[0]
    assert not list(cloned.glob(".ticketgen-new-*"))
    assert run("render", "--check").exit_code == 0


def test_an_invalid_spec_leaves_a_new_repository_unchanged(cloned: Path, template: Path) -> None:
    before = everything_in(cloned)
    (template / "{{cookiecutter.project}}" / "ticketgen.yaml").write_text("version: 1\n")
    done = run("new", ".", "--template", str(template))
    assert done.exit_code != 0
    assert everything_in(cloned) == before


def test_a_workflow_below_the_repository_root_causes_a_warning(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    done = run("new", str(tmp_path / "my-shop"), "--preset", "small-venue")
    assert done.exit_code == 0
    assert "[workflow-out-of-reach]" in done.stderr
    assert "git init" not in done.stdout


def test_a_warning_names_the_file_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("new", "my-shop", "--preset", "small-venue")
    assert done.exit_code == 0, done.output
    warned = [line for line in done.stderr.splitlines() if "ticketgen.yaml:" in line]
    assert warned
    assert all(line.startswith("my-shop/ticketgen.yaml:") for line in warned)


def test_the_printed_commands_can_be_pasted(template: Path, tmp_path: Path) -> None:
    spec = template / "{{cookiecutter.project}}" / "ticketgen.yaml"
    spec.write_text(spec.read_text("utf-8") + "state: { bucket: acme-state }\n", encoding="utf-8")
    folder = tmp_path / "with space" / "acme-shop"
    done = run("new", str(folder), "--template", str(template))
    assert done.exit_code == 0, done.output
    commands = [line.strip() for line in done.stdout.partition("Next:\n")[2].splitlines()]
    assert commands[-1] == "make -C stacks/dev plan"
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "terraform").write_text('#!/bin/sh\necho "called: $*"\n')
    (fake / "terraform").chmod(0o755)
    script = f'export PATH="{fake}:$PATH" GIT_AUTHOR_NAME=a GIT_COMMITTER_NAME=a\n'
    script += "export GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_EMAIL=a@b\n"
    pasted = shell(script + "\n".join(commands), tmp_path)
    assert pasted.returncode == 0, pasted.stderr
    assert "global: called: -chdir=global plan -input=false -no-color -out=tfplan\n" in pasted.stdout
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    assert WHEEL in tracked.splitlines()


def test_a_keyboard_interrupt_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(TICKETGEN), "new", "my-shop"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=reset_signals,
    )
    end = time.monotonic() + 60
    while not (made := list(tmp_path.glob(".ticketgen-new-*/project"))) and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert made
    assert process.returncode != 0
    assert list(tmp_path.iterdir()) == []


def in_terminal(arguments: list[str], typed: list[bytes], folder: Path) -> str:
    """Run ticketgen in a pseudo-terminal, type, and return its output."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(TICKETGEN, [str(TICKETGEN), *arguments], {**os.environ, "CI": "", "TERM": "xterm"})
    shown = b""
    waiting = list(typed)
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
        if waiting and shown.endswith(b"]: "):
            os.write(terminal, waiting.pop(0))
    os.waitpid(pid, 0)
    os.close(terminal)
    return shown.decode()


def test_a_terminal_is_asked_for_missing_values(tmp_path: Path) -> None:
    shown = in_terminal(["new", "my-shop"], [b"small-venu\n", b"small-venue\n", b"none\n"], tmp_path)
    assert "Which preset" in shown
    assert "One of flash-sale" in shown
    assert files_of(tmp_path / "my-shop") == OURS
    assert "extends: small-venue" in (tmp_path / "my-shop/ticketgen.yaml").read_text("utf-8")


@pytest.mark.parametrize("answer", ["y", "n", ""])
def test_a_terminal_is_asked_before_template_code_runs(tmp_path: Path, answer: str) -> None:
    mark = tmp_path / "mark"
    hooks = {"post_gen_project.sh": f"#!/bin/sh\ntouch {mark}\n"}
    make_template(tmp_path / "template", hooks=hooks, spec="no-spec")
    arguments = ["new", "acme-shop", "--template", "template"]
    shown = in_terminal(arguments, [f"{answer}\n".encode()], tmp_path)
    assert "  hooks/post_gen_project.sh" in shown
    assert ("[template-untrusted]" in shown) is (answer != "y")
    assert mark.exists() is (answer == "y")
    mark.unlink(missing_ok=True)
    shown = in_terminal([*arguments, "--no-input"], [], tmp_path)
    assert "[template-untrusted]" in shown
    assert not mark.exists()


def test_the_readme_shows_the_picture_of_the_rendered_stack(shop: Path) -> None:
    assert "](stack.svg)" in (shop / "README.md").read_text(encoding="utf-8")
    drawn = run("show")
    assert drawn.exit_code == 0
    assert (shop / "stack.svg").read_text(encoding="utf-8") == drawn.stdout
