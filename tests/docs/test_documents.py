"""Every command in the documents is one that works, and the transcript of the README is what really happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from project_tools import run

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
BIN = Path(sys.executable).parent

# What takes minutes or asks the network is run by tests of its own; here it is only parsed.
PARSED = {"rehearse", "doctor", "new"}
# How else a command may end here: drift, or nothing to take over.
ENDS = {"--check": {0, 1}, "--diff": {0, 1}, "--accept": {0}}


def commands() -> Iterator[tuple[str, str]]:
    """Every line with a command of ticketgen's, and the document it is in."""
    seen = set()
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        lines = re.findall(r"^    (?:\\$ )?(ticketgen [^\n]*)", text, re.MULTILINE)
        lines += re.findall(r"`(ticketgen [a-z-][^`\n]*)`", text)
        for line in lines:
            command = re.split(r" +#| [|>] | && ", line)[0].strip()
            if command not in seen:
                seen.add(command)
                yield document.name, command


COMMANDS = [pytest.param(command, id=f"{name}: {command}") for name, command in commands()]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_ticketgen_takes(command: str) -> None:
    words = shlex.split(command)[1:]
    done = run(*(word for word in words if not re.search("[<>…]", word)), "--help")
    assert done.exit_code == 0, done.output
    assert all(word.partition("=")[0] in done.stdout for word in words if word.startswith("--"))


@pytest.mark.slow
def test_every_command_runs_in_a_project(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small_project / "prices.yaml").write_text("{}\n")
    assert run("eject", "stack/tables.tf.j2").exit_code == 0
    for _, command in commands():
        words = shlex.split(command)[1:]
        if words in (["add-region"], ["remove-region"]):
            continue  # the name of a command in a sentence
        if words[0] in PARSED or "…" in command or "<" in command or words[:1] == ["--help"]:
            continue
        if words == ["eject", "stack/tables.tf.j2"]:
            continue  # done above
        if "prices.yaml" in words or words[0] == "--install-completion":
            continue  # needs prices; changes the shell of whoever runs the tests
        done = run(*words)
        flag = next((word for word in words if word in ENDS), "")
        assert done.exit_code in ENDS.get(flag, {0}), f"{command}: {done.output}"


@pytest.mark.slow
def test_the_transcript_of_the_readme_is_what_happens(tmp_path: Path) -> None:
    block = (ROOT / "README.md").read_text("utf-8").partition("## A run\n")[2].partition("## The spec")[0]
    lines = [line[4:] for line in block.splitlines() if line.startswith("    ")]
    told = "\n".join(lines)
    script = "\n".join(
        f"printf '%s\\n' {shlex.quote(line)}\n{line[2:]} || true" for line in lines if line.startswith("$ ")
    )
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"], cwd=tmp_path, capture_output=True, text=True, timeout=600, check=True,
        env={"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
    )  # fmt: skip
    expected = re.escape(told).replace("\\\n", "\n").replace("…\n", "(?:.*\n)*?").replace("…", ".*?")
    assert re.fullmatch(expected + r"(?:\n.*)*\n?", done.stdout), done.stdout


def test_make_targets_in_the_documents_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        used = set(re.findall(r"(?:^    (?:\$ )?|`)make ([a-z-]+)", text, re.MULTILINE))
        assert used <= targets, document.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), target


def test_the_readme_has_every_command_and_every_exit_code() -> None:
    from ticketgen.cli.help import SECTIONS

    text = (ROOT / "README.md").read_text("utf-8")
    assert not [name for entries in SECTIONS.values() for name in entries if f"ticketgen {name}" not in text]
    for code in (
        "0 fine",
        "1 findings or drift",
        "2 wrong usage",
        "3 invalid spec",
        "4 would overwrite",
        "70 a bug",
    ):
        assert code in text
