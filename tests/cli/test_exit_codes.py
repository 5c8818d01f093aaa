"""The same mistake has the same exit code in every command that can make it."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_tools import ASK_FOR_A_SPEC, SPEC, run, run_process

from ticketgen.cli.environment_variables import VARIABLES
from ticketgen.cli.exit_codes import MEANINGS, ExitCode
from ticketgen.cli.help import COMMANDS
from ticketgen.cli.reference import cli_page
from ticketgen.findings import Category

ROOT = Path(__file__).parents[2]

SPECS: dict[str, str | bytes] = {
    "empty": "",
    "not UTF-8": b"\xff\xfe",
    "not YAML": "{{",
    "an unknown key": SPEC + "evnts: 1\n",
    "an unknown Region": SPEC.replace("eu-west-1", "eu-wset-1"),
    "an unknown preset": SPEC.replace("small-venue", "small-vneue"),
}


def apply_mistake(spec: Path, mistake: str) -> None:
    """Make the mistake."""
    spec.unlink()
    if mistake == "a directory":
        spec.mkdir()
    elif mistake == "a link to nowhere":
        spec.symlink_to("nowhere")
    elif mistake != "missing":
        text = SPECS[mistake]
        spec.write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize("mistake", ["missing", "a directory", "a link to nowhere", *SPECS])
@pytest.mark.parametrize("command", sorted(ASK_FOR_A_SPEC.keys() - {"eject", "upgrade"}))
def test_every_command_exits_with_3_for_an_invalid_spec(project: Path, command: str, mistake: str) -> None:
    apply_mistake(project / "ticketgen.yaml", mistake)
    arguments = [each for each in ASK_FOR_A_SPEC[command] if each not in {"--env", "dev", "nowhere"}]
    done = run(*arguments, "--spec", "ticketgen.yaml")
    assert done.exit_code == ExitCode.INVALID_SPEC, done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("variable", [False, True])
def test_doctor_requires_the_named_spec(
    project: Path, monkeypatch: pytest.MonkeyPatch, variable: bool
) -> None:
    if variable:
        monkeypatch.setenv("TICKETGEN_SPEC", "nowhere.yaml")
    done = run("doctor", "--offline", *([] if variable else ["--spec", "nowhere.yaml"]))
    assert done.exit_code == ExitCode.INVALID_SPEC
    assert ("TICKETGEN_SPEC names nowhere.yaml" if variable else "nowhere.yaml does not exist") in done.stderr


USAGE = {
    "an unknown environment": [
        ["render", "--env", "prd"],
        ["render", "--check", "--env", "prd"],
        ["add-region", "eu-west-2", "--env", "prd"],
        ["remove-region", "eu-west-2", "--env", "prd"],
        ["size", "--env", "prd"],
        ["size", "--set", "environments.prd.protect=true"],
        ["show", "--env", "prd"],
        ["rehearse", "--env", "prd"],
    ],
    "an unknown Region": [["add-region", "eu-wset-2"], ["remove-region", "eu-wset-2"]],
    "an unknown rule": [
        ["rules", "name-has-sufix"],
        ["validate", "--select", "name-has-sufix"],
        ["validate", "--ignore", "name-has-suffix,name-has-sufix"],
        ["validate", "--ignore", "hand-edited"],
    ],
    "an unknown preset": [["presets", "small-vneue"], ["new", "shop", "--preset", "small-vneue", "--no-input"]],
    "an unknown template": [
        ["eject", "stack/table.tf.j2"],
        ["eject", "stack/table.tf.j2", "--diff"],
        ["eject", "stack/table.tf.j2", "--accept"],
    ],
    "an unknown topic": [["help", "speck"]],
    "a value that is not one": [
        ["size", "--set", "event_scale.purchases_per_minute=0"],
        ["size", "--set", "purchases"],
        ["validate", "--min-severity", "fatal"],
        ["rehearse", "--seconds", "1"],
        ["rehearse", "--seats", "many"],
        ["list", "--color", "blue"],
        ["new", "x"],
        ["new", "shop", "--ci", "jenkins"],
    ],
    "a path that does not exist": [
        ["validate", "nope"],
        ["validate", "nope/main.tf"],
        ["validate", ".", "--relative-to", "nope"],
        ["size", "--prices", "nope.yaml"],
        ["-C", "nope", "list"],
        ["list", "-C", "nope"],
    ],
    "a path with nothing to read": [
        ["validate", "empty"],
        ["validate", "ticketgen.yaml"],
        ["size", "--prices", "empty"],
        ["size", "--prices", "ticketgen.yaml"],
    ],
    "options that exclude each other": [
        ["-q", "-v", "list"],
        ["list", "-q", "--verbose"],
        ["eject", "stack/modules/data/tables.tf.j2", "--diff", "--accept"],
    ],
    "an unknown command": [["rendr"], ["--verison"]],
} | {
    f"an unknown format of {command}": [[*arguments, "--format", "xml"]]
    for command, arguments in {**ASK_FOR_A_SPEC, "validate": ("validate",), "rules": ("rules",),
                               "presets": ("presets",), "doctor": ("doctor",)}.items()
    if command != "eject"
}  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [pytest.param(each, id=" ".join(each)) for group in USAGE.values() for each in group]
)
def test_every_command_exits_with_2_for_a_usage_error(project: Path, arguments: list[str]) -> None:
    (project / "empty").mkdir()
    done = run(*arguments)
    assert done.exit_code == ExitCode.USAGE, done.output
    assert done.output.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_exits_with_2_and_a_suggestion(project: Path, command: str) -> None:
    done = run(command, "--hlep")
    assert done.exit_code == ExitCode.USAGE
    assert "--help" in done.output


@pytest.mark.parametrize(
    ("typed", "suggestion"), [("rendr", "render"), ("valdiate", "validate"), ("addregion", "add-region")]
)
def test_an_unknown_command_gets_a_suggestion(typed: str, suggestion: str) -> None:
    assert f"there is no command '{typed}'. Did you mean {suggestion}?" in run(typed).output


def test_a_command_without_a_similar_one_lists_all_commands() -> None:
    assert f"The commands are {', '.join(COMMANDS)}." in run("xyzzy").output


def test_drift_and_findings_exit_with_1(rendered: Path) -> None:
    (rendered / "stacks/dev/global/outputs.tf").unlink()
    (rendered / "stacks/dev/mine.tf").write_text("locals { a = var.b }\n")
    assert run("render", "--check").exit_code == ExitCode.FINDINGS
    assert run("render", "--diff").exit_code == ExitCode.FINDINGS
    assert run("validate", "stacks/dev").exit_code == ExitCode.FINDINGS


def test_every_command_exits_with_4_for_a_conflict(
    rendered: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (rendered / "stacks/dev/global/outputs.tf").write_text("# mine\n")
    assert run("render").exit_code == ExitCode.HAND_EDIT
    two = SPEC.replace("[eu-west-1]", "[eu-west-1, eu-central-1]\nsecondary_region: eu-central-1")
    (rendered / "ticketgen.yaml").write_text(two)
    assert run("add-region", "eu-west-2").exit_code == ExitCode.HAND_EDIT
    assert run("eject", "stack/modules/data/tables.tf.j2").exit_code == ExitCode.FINE
    assert run("eject", "stack/modules/data/tables.tf.j2").exit_code == ExitCode.HAND_EDIT
    file = tmp_path_factory.mktemp("elsewhere") / "file"
    file.write_text("")
    assert run("new", str(file), "--name", "my-shop", "--no-input").exit_code == ExitCode.HAND_EDIT


OUTPUTS = [["schema"], ["show"], ["size"], ["validate", "stacks/dev"], ["render", "--check"]]


@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
@pytest.mark.parametrize("place", ["no/such/folder.txt", "stacks", "/dev/full"])
def test_every_command_exits_with_5_for_an_unwritable_output(
    rendered: Path, arguments: list[str], place: str
) -> None:
    done = run(*arguments, "--output", place)
    assert done.exit_code == ExitCode.CANNOT_WRITE
    assert f"{place} cannot be written: " in done.stderr


@pytest.mark.parametrize("place", ["no/such/folder.svg", "stacks"])
def test_a_rehearsal_does_not_start_if_its_picture_cannot_be_written(rendered: Path, place: str) -> None:
    done = run("rehearse", "--env", "dev", "--picture", place)
    assert done.exit_code == ExitCode.CANNOT_WRITE
    assert f"{place} cannot be written: " in done.stderr


@pytest.mark.parametrize("arguments", [["schema"], ["show"], ["rules"], ["list"]], ids=" ".join)
def test_a_full_disk_behind_standard_output_exits_with_5(project: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "ticketgen", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == ExitCode.CANNOT_WRITE
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.EROFS])
def test_an_unexpected_system_error_is_not_an_internal_error(
    project: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(code, "it is so", "some/file")

    monkeypatch.setattr("ticketgen.pipeline.read_project", broken)
    done = run("list")
    assert done.exit_code == ExitCode.CANNOT_WRITE
    assert done.stderr == "Error: some/file: it is so.\n"


def test_an_interrupt_exits_with_130(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ticketgen.pipeline.read_project", broken)
    done = run("list")
    assert (done.exit_code, done.stderr) == (ExitCode.INTERRUPTED, "Interrupted.\n")


@pytest.mark.parametrize(
    "arguments", [["list"], ["schema"], ["rules"], ["show", "--format", "html"], ["help", "spec"]]
)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_every_stream_encoding_is_supported(project: Path, arguments: list[str], encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ticketgen", *arguments], cwd=project, capture_output=True, check=False,
        env={"PATH": "/usr/bin:/bin", "LANG": "C", "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0",
             "HOME": str(project)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["list", "list --spec nope.yaml"])
def test_closed_streams_are_supported(project: Path, closed: str, command: str) -> None:
    script = f'"{sys.executable}" -m ticketgen {command} {closed}'
    done = subprocess.run(["bash", "-c", script], cwd=project, capture_output=True, check=False)
    assert done.returncode == (3 if "nope" in command else 0), done.stderr


def test_an_internal_error_exits_with_70_and_says_how_to_report_it(project: Path) -> None:
    (project / "sitecustomize.py").write_text(
        "import ticketgen.pipeline as p\ndef broken(*_, **__): raise KeyError('oops')\np.read_project = broken\n"
    )
    done = run_process(project, "list", PYTHONPATH=str(project))
    assert done.returncode == ExitCode.BUG
    assert "TICKETGEN_DEBUG=1" in done.stderr


def test_every_exit_code_is_documented() -> None:
    assert MEANINGS.keys() == set(ExitCode)
    shown = " ".join(run("--help").stdout.split())
    for code, (name, meaning) in MEANINGS.items():
        assert f"{code.value} {name}" in shown
        assert f"| {code.value} | {name} | {meaning} |" in cli_page()


def test_the_command_line_page_is_up_to_date() -> None:
    text = (ROOT / "docs/cli.md").read_text("utf-8")
    assert text == cli_page(), "run: python -m ticketgen.cli.reference > docs/cli.md"


def environment_variables_in_code() -> Iterator[str]:
    """The environment variables that ticketgen's own code asks for."""
    asks = r"""(?:environ(?:ment)?(?:\.get\(|\[)|getenv\(|envvar=)\s*"([A-Z][A-Z0-9_]+)"(?!\] = )"""
    named = r"""^(?:VARIABLE|NO_CACHE|ONE_PROCESS|_WORKSPACE)(?:: Final)? = "([A-Z_]+)\""""
    for path in (ROOT / "src/ticketgen").rglob("*.py"):
        # The emulator's `environ` is that of a request; `stack` and `rules` speak of the functions' variables.
        if path.stem != "signatures" and not {"emulator", "stack", "rules"} & {*path.parts}:
            yield from re.findall(asks, path.read_text("utf-8"))
            yield from re.findall(named, path.read_text("utf-8"), re.MULTILINE)


def test_every_environment_variable_is_in_the_table() -> None:
    read = set(environment_variables_in_code())
    assert {"TICKETGEN_SPEC", "TICKETGEN_NO_CACHE", "NO_COLOR", "CI"} <= read
    assert read <= VARIABLES.keys()
    assert VARIABLES.keys() - read <= {"AWS_*", "TF_PLUGIN_CACHE_DIR"}


def test_every_category_of_findings_has_a_code() -> None:
    assert {category.name for category in Category} <= ExitCode.__members__.keys()
