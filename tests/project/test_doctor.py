"""Doctor names what is installed, what is missing, and the fix."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from project_tools import run

from terraform_tool import Terraform
from ticketgen.project.pin import read_pin
from ticketgen.version import VERSION


def diagnosed(*arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = run("doctor", "--offline", "--format", "json", *arguments)
    return done.exit_code, {row["name"]: row for row in json.loads(done.stdout)}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it, an empty home, and in an empty folder."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "bin"


def program(place: Path, output: str) -> None:
    place.write_text(f"#!/bin/sh\necho '{output}'\n")
    place.chmod(0o755)


def test_a_bare_machine_gets_installation_instructions(tools: Path) -> None:
    code, found = diagnosed()
    assert code == 1
    assert {name for name, row in found.items() if row["health"] == "missing"} == {"Terraform", "git"}
    assert "OpenTofu 1.9" in found["Terraform"]["help"]
    assert found["spec"]["health"] == "optional"


@pytest.mark.parametrize(
    ("version", "health"), [("1.8.5", "missing"), ("1.9.0", "found"), ("1.13.4", "found")]
)
def test_doctor_knows_the_required_terraform_version(tools: Path, version: str, health: str) -> None:
    program(tools / "tofu", json.dumps({"terraform_version": version}))
    program(tools / "git", "git")
    code, found = diagnosed()
    assert (found["tofu"]["health"], code) == (health, int(health == "missing"))
    assert "Terraform" not in found


def test_a_terraform_that_does_not_run_is_missing(tools: Path) -> None:
    program(tools / "terraform", "no json")
    code, found = diagnosed()
    assert (code, found["terraform"]["health"]) == (1, "missing")


WHEEL = f"./vendor/ticketgen-{VERSION}-py3-none-any.whl"
COMMIT = "1" * 40


@pytest.mark.parametrize(("line", "command"), [
    (WHEEL, None),
    (f"ticketgen=={VERSION} --hash=sha256:{'0' * 64}", None),
    (f"ticketgen[rehearse]=={VERSION} \\\n    --hash=sha256:{'0' * 64}", None),
    ("other==1.0\nticketgen-plugin==3.0\n# ticketgen==2.0", None),
    ("", None),
    (WHEEL.replace(VERSION, "9.8.7"), "9.8.7"),
    ("ticketgen @ https://acme.example/ticketgen-9.8.7-py3-none-any.whl#sha256=0", "9.8.7"),
    (f"other==1.0 \\\n    --hash=sha256:{'0' * 64}\nticketgen==9.8.7 \\\n    --hash=sha256:0", "9.8.7"),
    (f"ticketgen @ git+https://acme.example/ticketgen@{COMMIT}", f"commit {COMMIT}"),
    (f"git+file:///srv/it@{COMMIT}#egg=ticketgen", f"commit {COMMIT}"),
])  # fmt: skip
def test_a_different_ticketgen_is_reported_with_the_install_command(
    tools: Path, line: str, command: str | None
) -> None:
    Path("requirements-ticketgen.txt").write_text(line + "\n", encoding="utf-8")
    row = diagnosed()[1]["ticketgen"]
    if command is None:
        assert (row["health"], row["help"]) == ("found", "")
    else:
        assert row["health"] == "missing"
        assert row["found"].endswith(f" is running, and the project installs {command}")
        assert row["help"] == "run: python -m pip install -r requirements-ticketgen.txt"


def test_a_missing_extra_is_named_package_by_package(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketgen.project.doctor.find_spec", lambda name: None)
    row = diagnosed()[1]["rehearsal"]
    assert row["health"] == "optional"
    assert '"boto3>=' in row["help"]
    assert '"moto[server]' in row["help"]
    assert " ticketgen" not in row["help"]


def test_an_invalid_spec_is_reported(tools: Path) -> None:
    Path("ticketgen.yaml").write_text("version: 1\n")
    assert diagnosed()[1]["spec"]["health"] == "missing"


def test_text_shows_the_fix_below_each_missing_item(tools: Path) -> None:
    lines = run("doctor", "--offline").stdout.splitlines()
    assert any(line.startswith("missing   Terraform") for line in lines)
    assert any("→ install Terraform or OpenTofu" in line for line in lines)


@pytest.mark.slow
@pytest.mark.terraform
def test_the_providers_are_actually_searched(
    terraform: Terraform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "TF_CLI_CONFIG_FILE" not in terraform.environment:
        pytest.skip("Terraform has no mirror here, and a test asks no registry")
    assert diagnosed()[1]["terraform's providers"]["health"] == "found"
    empty = tmp_path / "rc"
    empty.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path}"\n  }}\n}}\n')
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(empty))
    code, found = diagnosed()
    assert (code, found["terraform's providers"]["health"]) == (1, "missing")


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def huge(place: Path) -> None:
    with place.open("wb") as stream:
        stream.truncate(10**12)  # a hole, which takes no space


PINS: Mapping[str, Callable[[Path], object]] = {
    "a link": lambda place: place.symlink_to("/etc/passwd"),
    "a link to another pin": lambda place: place.symlink_to("../pin"),
    "a link to itself": lambda place: place.symlink_to(place.name),
    "a pipe": a_pipe,
    "a device": lambda place: place.symlink_to("/dev/zero"),
    "a folder": Path.mkdir,
    "huge": huge,
    "control characters": lambda place: place.write_text("ticketgen==9.8\x1b[31m7\n"),
    "a version without an end": lambda place: place.write_text("ticketgen==" + "9" * 1_000_000),
    "one long line": lambda place: place.write_text("/ticketgen-1-a" * 300_000),
}


@pytest.mark.parametrize("what", PINS)
def test_a_pin_must_be_a_small_regular_file(tools: Path, what: str) -> None:
    project = tools.parent / "project"
    project.mkdir()
    (tools.parent / "pin").write_text("ticketgen==9.8.7\n")
    PINS[what](project / "requirements-ticketgen.txt")
    assert read_pin(project) is None


@pytest.mark.parametrize(
    "line", ["../outside/{wheel}", "/dev/zero/../{wheel}", "vendor/{wheel}", "{wheel}/../x/{wheel}"]
)
def test_a_wheel_is_compared_only_inside_the_project(
    tools: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = {"archive_info": {"hashes": {"sha256": "0" * 64}}, "url": "https://acme.example"}
    monkeypatch.setattr("ticketgen.project.pin.origin", lambda: hashes)
    project, outside = tools.parent / "project", tools.parent / "outside"
    name = Path(WHEEL).name
    for folder in (project / "inside", outside):
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"another")
    (project / "vendor").symlink_to(outside)
    pin = project / "requirements-ticketgen.txt"
    pin.write_text(line.format(wheel=name) + "\n")
    found = read_pin(project)
    assert (found and found.running) in {None, ""}
    pin.write_text(f"./inside/{name}\n")
    found = read_pin(project)
    assert found
    assert found.running == f"another build of {VERSION}, from https://acme.example"
