"""Help has valid examples and imports little, shells complete, and progress is shown on terminals only."""

from __future__ import annotations

import inspect
import os
import pty
import re
import shlex
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticketgen.cli import progress_line
from ticketgen.cli.app import app
from ticketgen.cli.help import COMMANDS

HELLO = """
import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)

@app.command()
def hello(name: str = "world") -> None:
    typer.echo(name)

app()
"""


def imported(*command: str) -> set[str]:
    """The top-level modules that a Python process imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True
    )
    return {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line
    }


def test_help_imports_only_typer_and_the_standard_library(tmp_path: Path) -> None:
    hello = tmp_path / "hello.py"
    hello.write_text(HELLO, encoding="utf-8")
    ours = imported("-m", "ticketgen", "--help") - set(sys.stdlib_module_names) - {"ticketgen"}
    assert ours <= imported(str(hello), "--help")
    assert not ours & {"pydantic", "yaml", "jinja2", "hcl2", "rich", "cookiecutter"}


def test_help_imports_no_command() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ticketgen", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not re.findall(r"ticketgen\.\S*_commands?\b", done.stderr)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_list_has_the_summaries_of_the_commands(name: str) -> None:
    module, _, function = COMMANDS[name].metavar_place.partition(":")
    docstring = inspect.getdoc(getattr(import_module(f"ticketgen.cli.{module}"), function)) or ""
    first = " ".join(docstring.split("\n\n")[0].split())
    assert COMMANDS[name].summary == re.split(r"\. |\.$", first)[0]


def examples_of(name: str) -> list[str]:
    shown = CliRunner().invoke(app, [name, "--help"], terminal_width=200).stdout
    block = shown.partition("Examples:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in block.splitlines()]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_valid_examples(name: str) -> None:
    examples = examples_of(name)
    assert examples
    for example in examples:
        words = shlex.split(re.split(r" [|>] ", example)[0])
        assert words[:2] == ["ticketgen", name]
        # Parsed by the command itself, which --help then keeps from running.
        done = CliRunner().invoke(app, [*words[1:], "--help"])
        assert done.exit_code == 0, f"{example}: {done.output}"
        options = {word for word in words if word.startswith("--")}
        assert all(option in done.stdout for option in options), example


def test_the_exit_codes_and_first_steps_are_in_the_help() -> None:
    shown = CliRunner().invoke(app, ["--help"], terminal_width=200).stdout
    assert (
        "0 fine, 1 findings or drift, 2 wrong usage, 3 invalid spec, 4 would overwrite a hand edit, 5 cannot write, 70"
        in shown
    )
    steps = shown.partition("First steps:\n")[2].splitlines()
    assert steps[0].split()[:2] == ["ticketgen", "new"]
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_completes_commands(shell: str) -> None:
    program = Path(sys.executable).parent / "ticketgen"
    variables = {
        "bash": {"COMP_WORDS": "ticketgen add", "COMP_CWORD": "1"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "ticketgen add"},
        "fish": {"_TYPER_COMPLETE_ARGS": "ticketgen add", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    environment = {**os.environ, "_TICKETGEN_COMPLETE": f"complete_{shell}", **variables}
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    assert "add-region" in done.stdout
    assert "remove-region" not in done.stdout
    script = {**os.environ, "_TICKETGEN_COMPLETE": f"source_{shell}"}
    written = subprocess.run([program], env=script, capture_output=True, text=True, check=False)
    assert "_TICKETGEN_COMPLETE=complete_" in written.stdout


def on_a_terminal(seconds: float, **variables: str) -> str:
    """The output on a terminal during a step that ends when its line is shown, or after a third of a second."""
    pid, terminal = pty.fork()
    if pid == 0:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - the terminal instead of pytest's
        os.environ.update({"TERM": "xterm", "CI": "", **variables})
        progress_line.DELAY_S = seconds
        with progress_line.progress() as shown:
            shown.step("Rendering dev")
            deadline = time.monotonic() + (60 if seconds == 1 else 0.3)
            while not shown._shown and time.monotonic() < deadline:
                time.sleep(0.01)
        os._exit(0)
    shown_bytes = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        shown_bytes += part
    os.waitpid(pid, 0)
    os.close(terminal)
    return shown_bytes.decode()


def test_progress_is_shown_after_a_second_and_removed_at_the_end() -> None:
    assert progress_line.DELAY_S == 1
    shown = on_a_terminal(seconds=1)
    assert re.match(r"\rRendering dev … [1-9]\d* s", shown)
    assert shown.rstrip(" ").endswith("\r")


@pytest.mark.parametrize(
    ("seconds", "variables"),
    [(600, {}), (0, {"CI": "true"}), (0, {"TERM": "dumb"})],
    ids=["short", "CI", "dumb"],
)
def test_progress_is_hidden_for_short_work_in_ci_and_on_a_dumb_terminal(
    seconds: float, variables: dict[str, str]
) -> None:
    assert on_a_terminal(seconds, **variables) == ""
