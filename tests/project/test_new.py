"""A new project: whole or not there at all, checked by its own CI, asked for in a terminal only."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from project_tools import run

from terraform_tool import Terraform

TICKETGEN = Path(sys.executable).parent / "ticketgen"
OURS = {
    ".gitattributes",
    ".gitignore",
    ".pre-commit-config.yaml",
    "README.md",
    "stack.svg",
    "ticketgen.schema.json",
    "ticketgen.yaml",
}
OF_CI = {
    "github": {".github/workflows/ticketgen.yml"},
    "gitlab": {".gitlab-ci.yml", ".gitlab/check.yml"},
}


def files_of(folder: Path) -> set[str]:
    """The files of a project but for its stacks."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if not path.startswith("stacks/")}


@pytest.fixture(scope="session")
def shop_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project with GitHub's workflow, to be copied and not to be touched."""
    folder = tmp_path_factory.mktemp("new") / "my-shop"
    done = run("new", str(folder), "--preset", "small-venue")
    assert done.exit_code == 0, done.output
    assert f"{folder}/stacks/prod: verified, " in done.stdout
    return folder


@pytest.fixture
def shop(shop_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project; it is the current folder."""
    folder = tmp_path / "my-shop"
    shutil.copytree(shop_once, folder)
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


def test_a_new_project_has_all_it_needs_and_is_up_to_date(shop: Path) -> None:
    assert files_of(shop) == OURS | OF_CI["github"]
    assert sorted(path.name for path in (shop / "stacks").iterdir()) == ["dev", "prod", "staging"]
    assert run("render", "--check").exit_code == 0
    assert json.loads((shop / "ticketgen.schema.json").read_text("utf-8"))["title"] == "ticketgen spec"
    spec = yaml.safe_load((shop / "ticketgen.yaml").read_text("utf-8"))
    assert (spec["project"], spec["extends"]) == ("my-shop", "small-venue")


def test_git_takes_everything_and_nothing_more_after_a_render(shop: Path) -> None:
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


def steps_of(job: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """The scripts of a GitHub job by name, but for installing, which would download."""
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step and step["name"] != "Install"}


@pytest.mark.slow
@pytest.mark.terraform
def test_githubs_workflow_passes_on_a_new_project_and_fails_on_drift(
    shop: Path, terraform: Terraform
) -> None:
    workflow = yaml.safe_load((shop / ".github/workflows/ticketgen.yml").read_text("utf-8"))
    jobs = workflow["jobs"]
    assert workflow["env"]["TICKETGEN"] == f"ticketgen=={run('--version').stdout.split()[1]}"
    output = shop.parent / "output"
    listed = shell(steps_of(jobs["environments"])["List the environments"], shop, GITHUB_OUTPUT=str(output))
    assert listed.returncode == 0, listed.stderr
    assert output.read_text("utf-8") == 'environments=["dev", "staging", "prod"]\n'
    matrix = jobs["check"]["strategy"]["matrix"]["environment"]
    assert matrix == "${{ fromJSON(needs.environments.outputs.environments) }}"

    checks = steps_of(jobs["check"])
    assert list(checks) == ["Drift", "Verification", "Unit suite", "Terraform"]
    terraform_variables = {**terraform.environment, "ENVIRONMENT": "dev"}
    for name, script in checks.items():
        done = shell(script, shop, **terraform_variables)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    assert shell(steps_of(jobs["leftovers"])["Drift"], shop).returncode == 0

    with (shop / "stacks/dev/outputs.tf").open("a") as file:
        file.write("# mine\n")
    drifted = shell(checks["Drift"], shop, ENVIRONMENT="dev")
    assert drifted.returncode == 1
    assert "::error file=stacks/dev/outputs.tf" in drifted.stdout
    spec = shop / "ticketgen.yaml"
    spec.write_text(spec.read_text("utf-8").replace("  staging: {}\n", ""), encoding="utf-8")
    assert "stacks/staging" in shell(steps_of(jobs["leftovers"])["Drift"], shop).stdout


def test_gitlabs_pipeline_makes_a_job_for_each_environment(tmp_path: Path) -> None:
    folder = tmp_path / "my-shop"
    folder.mkdir()
    arguments = ("--ci", "gitlab", "--preset", "small-venue", "--name", "other-shop")
    assert run("new", str(folder), *arguments).exit_code == 0
    assert files_of(folder) == OURS | OF_CI["gitlab"]
    assert "project: other-shop\n" in (folder / "ticketgen.yaml").read_text("utf-8")
    pipeline = yaml.safe_load((folder / ".gitlab-ci.yml").read_text("utf-8"))
    check = yaml.safe_load((folder / ".gitlab/check.yml").read_text("utf-8"))
    for line in pipeline["environments"]["script"]:
        if "pip install" not in line:
            done = shell(line, folder)
            assert done.returncode == 0, done.stderr
    child = json.loads((folder / "checks.yml").read_text("utf-8"))
    assert child.pop("include") == [{"local": ".gitlab/check.yml"}]
    for name, job in child.items():
        assert job["extends"] in check
        assert job["parallel"]["matrix"] == [{"ENVIRONMENT": ["dev", "staging", "prod"]}], name
    ours = [line for line in check[".ticketgen"]["script"] if line.startswith("ticketgen")]
    assert len(ours) == 2
    for line in ours[1:]:  # the first is what the pipeline's own check did for all
        assert shell(line, folder, ENVIRONMENT="prod").returncode == 0


def test_the_pre_commit_hook_is_what_finds_a_forgotten_render(shop: Path) -> None:
    (hook,) = yaml.safe_load((shop / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    assert shell(hook["entry"], shop).returncode == 0
    spec = shop / "ticketgen.yaml"
    spec.write_text(spec.read_text("utf-8") + "tags: { Owner: me }\n", encoding="utf-8")
    assert shell(hook["entry"], shop).returncode == 1


@pytest.mark.parametrize("how", ["a folder", "a repository"])
def test_a_companys_own_template_is_used_with_its_answers(template: Path, tmp_path: Path, how: str) -> None:
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
    assert (folder / "stacks/dev/provider.tf").is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["acme-shop"]


def test_home_is_left_alone(template: Path, tmp_path: Path) -> None:
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
def test_whatever_fails_nothing_is_left_behind(template: Path, tmp_path: Path, what: str) -> None:
    file, text, rule = SPOILT[what]
    place = template / "{{cookiecutter.project}}" / file
    place.parent.mkdir(exist_ok=True)
    place.write_text(text) if text is not None else place.unlink()
    before = {path.name for path in tmp_path.iterdir()}
    done = run("new", str(tmp_path / "a" / "b" / "my-shop"), "--template", str(template))
    assert done.exit_code in {2, 3}
    assert f"[{rule}]" in done.stderr
    assert "Traceback" not in done.output
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("arguments", [
    ("--template", "nowhere"), ("--preset", "flashsale"), ("--answer", "colour=red"), ("--name", "My Shop"),
])  # fmt: skip
def test_a_wrong_answer_is_named_with_a_way_out(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run("new", str(tmp_path / "my-shop"), *arguments)
    assert done.exit_code == 2
    assert "→" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["a file in it", "a file", "a link"])
def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "my-shop"
    if there == "a file in it":
        folder.mkdir()
        (folder / "theirs").write_text("precious")
    elif there == "a file":
        folder.write_text("precious")
    else:
        folder.symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))
    done = run("new", str(folder))
    assert done.exit_code == 4
    assert "[folder-not-empty]" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_interrupted_from_the_keyboard_it_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(TICKETGEN), "new", "my-shop"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Whoever runs in the background has inherited that a keyboard's signal is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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
    """Run ticketgen in a terminal of its own and type; what the terminal showed."""
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


def test_in_a_terminal_it_asks_for_what_was_not_given(tmp_path: Path) -> None:
    shown = in_terminal(["new", "my-shop"], [b"small-venu\n", b"small-venue\n", b"none\n"], tmp_path)
    assert "Which preset" in shown
    assert "One of flash-sale" in shown
    assert files_of(tmp_path / "my-shop") == OURS
    assert "extends: small-venue" in (tmp_path / "my-shop/ticketgen.yaml").read_text("utf-8")


def test_its_readme_shows_the_picture_of_what_was_rendered(shop: Path) -> None:
    assert "](stack.svg)" in (shop / "README.md").read_text(encoding="utf-8")
    drawn = run("show")
    assert drawn.exit_code == 0
    assert (shop / "stack.svg").read_text(encoding="utf-8") == drawn.stdout
