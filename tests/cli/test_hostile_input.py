"""Hostile names, files and arguments are only printed, and the command ends as documented."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from cli_tools import SPEC, run, run_on_terminal
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from ticketgen.cli import streams
from ticketgen.reports import ReportFormat

EVIL = (
    "\x1b]0;t\x07\x1b[2J\b\r::add-mask::x\n::stop-commands::y\n  ::set-output name=a::b\n##[add-mask]z"
    "\u202e\u2066\u200b\u2028\x9b"
)
NAME = f"n\udcff{EVIL}".replace("/", "")
CODES = {0, 1, 2, 3, 4, 5}


def assert_harmless(text: str, *, keep: str = "\n") -> None:
    """Assert that a text has no control or invisible characters, and no commands for the CI that logs it."""
    for mark in text:
        assert mark in keep or mark == " " or unicodedata.category(mark)[0] not in "CZ", ascii(mark)
    for line in text.split("\n"):
        ours = re.match(r"::(error|warning|notice) (file|title)=", line)
        assert ours or not line.lstrip().startswith("::"), line
        assert not re.search(r"##[a-z]*\[", line), line


def assert_valid(text: str, format: str) -> None:
    if format == "json":
        json.loads(text)
    elif format == "sarif":
        Sarif.model_validate_json(text)
    elif format == "junit":
        ElementTree.fromstring(text)


def run_bytes(folder: str | Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "ticketgen", *arguments], cwd=folder, capture_output=True, check=False, timeout=900,
        env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder, with a hostile name, of Terraform with hostile names and texts."""
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "main.tf").write_text(
        f'variable "a" {{}}\n# {EVIL}\nlocals {{\n  b = "{EVIL[:14]}"\n}}\nresource "aws_{EVIL[2:5]}" "x" {{\n'
    )
    (folder / f"{NAME}.tf").write_text('output "a" {\n  value = var.missing\n}\n')
    (folder / "::error::x.tf").write_text('output "a" {\n  value = var.missing\n}\n')
    (folder / "nul.tf").write_text("\0")
    (folder / "no-utf8.tf").write_bytes(b"\xff")
    (folder / "loop.tf").symlink_to("loop.tf")
    return folder


@pytest.mark.parametrize(
    ("format", "locale"), [*((format, "C.UTF-8") for format in ReportFormat), ("text", "C"), ("sarif", "C")]
)
def test_validate_prints_names_and_texts_in_every_format(
    hostile: Path, format: str, locale: str, tmp_path: Path
) -> None:
    variables = {
        "LC_ALL": locale,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TICKETGEN_CACHE_DIR": str(tmp_path / NAME),
    }
    done = run_bytes(hostile, "validate", "--format", format, **variables)
    assert done.returncode == 1, done.stderr
    assert_harmless(done.stdout.decode("utf-8"))
    assert_harmless(done.stderr.decode("utf-8"))
    assert_valid(done.stdout.decode(), format)
    # The second result is from the cache.
    done = run_bytes(hostile, "validate", "--format", format, "--output", f"{NAME}.out", **variables)
    assert done.returncode == 1, done.stderr
    assert (hostile / f"{NAME}.out").read_bytes()
    assert_harmless((hostile / f"{NAME}.out").read_text("utf-8"))


@pytest.mark.parametrize(
    "spec",
    [
        f"version: 1\nproject: {EVIL!r}\n", f'version: 1\n"{"x" * 9}\\e[31m\\u202e": 1\n',
        "a: [\x1b[31m\u202e", "\u202e: 1", "- *\ue000\n",
        'version: 1\nextends: "\\u202e\\n::add-mask::x"\n', 'version: 1\nenvironments: {"\\n::add-mask::x": }\n',
        "t\u0430g: [", 'version: 1\nregions: ["::add-mask::x\\n::add-mask::y"]\n',
    ],
    ids=range(9),
)  # fmt: skip
def test_a_spec_is_quoted_with_escapes(tmp_path: Path, spec: str) -> None:
    path = tmp_path / f"{NAME}.yaml"
    path.write_text(spec, encoding="utf-8")
    for format in ReportFormat:
        done = run("render", "--spec", str(path), "--format", format)
        assert done.exit_code == 3
        assert_harmless(done.stdout)
        assert_harmless(done.stderr)
        assert_valid(done.stdout, format)


@pytest.mark.parametrize(
    "command",
    [
        ["list"], ["list", "--format", "json"], ["size"], ["size", "--format", "markdown"],
        ["size", "--format", "json"],
        ["show"], ["show", "--format", "html"], ["show", "--format", "mermaid"],
        ["render", "--check", "--format", "sarif"],
        ["doctor", "--offline"], ["doctor", "--offline", "--format", "json"], ["add-region", "eu-west-2", "--dry-run"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_project_works_in_a_folder_with_a_hostile_name(tmp_path: Path, command: list[str]) -> None:
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "ticketgen.yaml").write_text(SPEC.replace("  prod: { protect: true }\n", ""))
    done = run("-C", str(folder), "-v", *command)
    assert done.exit_code in CODES, done.stderr
    assert "has a bug" not in done.stderr
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)
    if command[-1] in {"json", "sarif"}:
        assert_valid(done.stdout, command[-1])


@pytest.mark.parametrize(
    "arguments",
    [
        [NAME], ["render", f"--{NAME}"], ["render", "--format", NAME], ["list", "--spec", NAME], ["-C", NAME, "list"],
        ["help", NAME], ["rules", NAME], ["presets", NAME], ["validate", NAME], ["validate", "--select", NAME],
        ["validate", "--ignore", NAME], ["validate", "--relative-to", NAME], ["validate", "-o", f"{NAME}/x"],
        ["new", f"{NAME}/x"], ["new", "x", "--preset", NAME], ["eject", NAME], ["size", "--set", NAME],
        ["size", "--prices", NAME],
        ["render", "--env", NAME], ["add-region", NAME], ["show", "--env", NAME],
    ],
    ids=lambda each: " ".join(each).encode("ascii", "replace").decode().replace("\0", "")[:20],
)  # fmt: skip
def test_an_argument_is_quoted_with_escapes(project: Path, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.exit_code in CODES - {0}, done.stderr
    assert_harmless(done.stdout)
    assert_harmless(done.stderr)


@pytest.mark.parametrize(
    "arguments", [["-C"], ["list", "--spec"], ["validate"], ["validate", "-o"], ["new"], ["size", "--prices"]]
)
@pytest.mark.parametrize("path", ["x" * 10_000, "x/" * 3_000, "loop", "loop/x"])
def test_a_path_that_the_system_refuses_is_not_an_internal_error(
    project: Path, arguments: list[str], path: str
) -> None:
    Path("loop").symlink_to("loop")
    done = run(*arguments, path, *(["list"] if arguments == ["-C"] else []))
    assert done.exit_code in CODES - {0}, done.stderr[:500]
    assert isinstance(done.exception, SystemExit)


def test_a_traceback_is_escaped_too(project: Path) -> None:
    (project / "sitecustomize.py").write_text(
        f"import ticketgen.pipeline as p\ndef broken(*_):\n    raise Exception({EVIL!a})\np.read_project = broken\n"
    )
    for debug in ("", "1"):
        done = run_bytes(project, "list", PYTHONPATH=str(project), TICKETGEN_DEBUG=debug)
        assert done.returncode == (1 if debug else 70)
        assert b"add-mask" in done.stderr
        assert_harmless(done.stderr.decode())


def test_a_diff_is_exact_in_a_pipe_and_escaped_in_a_log(rendered: Path) -> None:
    file = min((rendered / "stacks/dev").rglob("*.tf"))
    file.write_text(f"{file.read_text()}# {EVIL}\n", encoding="utf-8", newline="")
    faithful = run_bytes(
        rendered, "render", "--diff", "--env", "dev", CI="", GITHUB_ACTIONS=""
    ).stdout.decode()
    assert f"-# {EVIL[:9]}" in faithful
    for variables in ({"GITHUB_ACTIONS": "true"}, {"CI": "1", "FORCE_COLOR": "1"}):
        shown = run_bytes(rendered, "render", "--diff", "--env", "dev", **variables).stdout.decode()
        assert "add-mask" in shown
        assert_harmless(re.sub(r"\x1b\[(?:0|1|31|32|36)m", "", shown), keep="\n\t")
    document = json.loads(run_bytes(rendered, "render", "--diff", "--env", "dev", "--format", "json").stdout)
    assert EVIL[:9] in document["difference"]


def test_a_terminal_gets_no_escape_sequence_of_a_file(rendered: Path) -> None:
    file = min((rendered / "stacks/dev").rglob("*.tf"))
    file.write_text(f"{file.read_text()}# {EVIL}\n", encoding="utf-8", newline="")
    shown = run_on_terminal(rendered, "render --diff --env dev", CI="")
    assert "add-mask" in shown
    assert not re.search(r"\x1b(?!\[[0-9;]*m)", shown)
    assert "\b" not in shown


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish", "powershell"])
def test_a_shell_completes_plain_words_only(tmp_path: Path, shell: str) -> None:
    """Zsh evaluates the answer."""
    (tmp_path / "ticketgen.yaml").write_text(
        'environments: {"$(touch pwned)": , "`touch pwned`": , "a\'; touch pwned; \'": , "\\e[31m": , '
        '"x\\ny": , "good-1": }\n'
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("ticketgen")], cwd=tmp_path, capture_output=True, check=False,
        env={**os.environ, "_TICKETGEN_COMPLETE": f"complete_{shell}",
             "_TYPER_COMPLETE_ARGS": "ticketgen render --env ",
             "COMP_WORDS": "ticketgen render --env ", "COMP_CWORD": "3", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    )  # fmt: skip
    assert b"good-1" in done.stdout
    assert b"pwned" not in done.stdout
    assert_harmless(done.stdout.decode())


@pytest.mark.parametrize("name", ["ticketgen.toml", "ticketgen.yaml"])
def test_a_link_out_of_the_project_reveals_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("[secret-key]\nsecret-key = secret-value\n")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.tf").write_text("locals {}\n")
    (folder / name).symlink_to("../secret")
    done = run("-C", str(folder), "validate" if name.endswith("toml") else "list")
    assert done.exit_code in {2, 3}
    assert "leads out" in done.stderr
    assert "secret-" not in done.stderr
    (folder / name).unlink()
    (folder / "inside").write_text("[validate]\n" if name.endswith("toml") else SPEC)
    (folder / name).symlink_to("inside")
    assert run("-C", str(folder), "validate" if name.endswith("toml") else "list").exit_code == 0


@pytest.mark.parametrize(
    ("output", "is_written"),
    [
        ("file-out", False), ("folder-out/x", False), ("new-out", False), ("hook", False), ("circle", False),
        ("device", False), ("inside", True), ("plain", True), ("sub/x", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_repository", [True, False])
def test_an_output_follows_no_link_out_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, is_written: bool, is_repository: bool
) -> None:
    """CI writes its report to a name that a pull request may have made a link."""
    outside, folder = tmp_path / "outside", tmp_path / "project"
    for each in (outside, folder / "sub", folder / ".git/hooks"):
        each.mkdir(parents=True)
    if not is_repository:
        (folder / ".git").rename(folder / "git")
    (outside / "precious").write_text("kept")
    (folder / "main.tf").write_text("locals {}\n")
    links = {
        "file-out": "../outside/precious", "folder-out": "../outside", "new-out": "../outside/new",
        "device": "/dev/null", "hook": ".git/hooks/post-checkout", "circle": "circle", "inside": "sub/inside",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    if output == "hook" and not is_repository:
        (folder / "hook").unlink()
        (folder / "hook").symlink_to("../outside/hook")
    monkeypatch.chdir(folder)
    done = run("validate", "--format", "json", "--output", output)
    assert done.exit_code == (0 if is_written else 5), done.stderr
    assert (folder / output).is_file() == (is_written or output == "file-out")
    assert [each.name for each in outside.iterdir()] == ["precious"]
    assert (outside / "precious").read_text() == "kept"
    assert list(folder.glob("*git/hooks/*")) == []


def test_a_configuration_must_be_a_small_regular_file(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("locals {}\n")
    os.mkfifo(tmp_path / "ticketgen.toml")
    assert run_bytes(tmp_path, "validate").returncode == 2
    (tmp_path / "ticketgen.toml").unlink()
    (tmp_path / "ticketgen.toml").write_text("#" * 10**6)
    assert run_bytes(tmp_path, "validate").returncode == 2


def test_the_stream_wrapper_keeps_bytes_and_our_own_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    stream = streams.EscapedStream(sys.stdout)
    assert stream.write("a\x1b[31m\n") == 7
    stream.writelines(["::error::x\n", "b\n"])
    assert stream.isatty() is False
    assert capsys.readouterr().out == "a\\u001b[31m\n\\u003a:error::x\nb\n"
