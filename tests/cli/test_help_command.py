"""`ticketgen help` explains topics, commands and rules; messages name existing topics."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_tools import run

from ticketgen.assets import documents
from ticketgen.cli.exit_codes import MEANINGS
from ticketgen.cli.help import COMMANDS
from ticketgen.cli.topics import topic_text, topics

ROOT = Path(__file__).parents[2]


def test_every_page_is_a_listed_topic() -> None:
    shown = run("help").stdout
    pages = {name.removesuffix(".md") for name in documents() if "/" not in name}
    assert pages | {"rules", "exit-codes", "environment", "config", "quotas"} == topics().keys()
    assert {"spec", "validate", "sizing", "suites", "operating", "rehearsal", "upgrading", "cli"} <= pages
    for topic, title in topics().items():
        assert re.search(rf"^  {re.escape(topic)} +{re.escape(title)}$", shown, re.MULTILINE)
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("topic", sorted(topics()))
def test_a_topic_prints_its_page(topic: str) -> None:
    done = run("help", topic)
    assert done.exit_code == 0
    assert done.stdout.endswith(topic_text(topic))
    assert len(topic_text(topic).splitlines()) > 3
    assert topic_text(topic).startswith("# ")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_prints_its_help(command: str) -> None:
    done = run("help", command)
    assert done.exit_code == 0
    assert done.stdout.startswith(run(command, "--help").stdout.rstrip("\n"))


def test_a_topic_can_be_a_section_of_a_page() -> None:
    text = run("help", "exit-codes").stdout
    assert text.startswith("# Exit codes\n")
    assert all(meaning in text for _, meaning in MEANINGS.values())
    assert "# Environment variables" not in text
    assert "TICKETGEN_SPEC" in run("help", "environment").stdout


@pytest.mark.parametrize("id", ["name-has-suffix", "hand-edited", "quota-table-writes"])
def test_a_finding_is_explained_as_rules_does(id: str) -> None:
    explained = run("help", id)
    assert explained.stdout.startswith(f"# {id}\n\nRequirement: ")
    assert explained.stdout == run("rules", id).stdout


def test_a_finding_is_described_for_programs() -> None:
    (described,) = json.loads(run("rules", "hand-edited", "--format", "json").stdout)
    assert described.keys() == {"id", "severity", "summary", "why", "fix", "sources"}
    assert (described["id"], described["severity"]) == ("hand-edited", "error")


@pytest.mark.parametrize("typed", ["Exit Codes", "exit_codes", "EXIT-CODES", "spec.md"])
def test_topics_ignore_case_and_file_endings(typed: str) -> None:
    assert run("help", typed).exit_code == 0


def test_an_unknown_topic_gets_a_suggestion() -> None:
    done = run("help", "sizeing")
    assert done.exit_code == 2
    assert "there is no topic 'sizeing'. Did you mean sizing?" in done.stderr


def test_messages_name_existing_topics_and_no_source_files() -> None:
    for path in (ROOT / "src/ticketgen").rglob("*.py"):
        text = path.read_text("utf-8")
        for topic in re.findall(r"`ticketgen help ([a-z-]+)`", text):
            assert topic in topics() or topic in COMMANDS, f"{path}: {topic}"
        named = [line for line in text.splitlines() if re.search(r"(?<![\w/`])docs/\w+\.md", line)]
        assert named == [] or path.name == "reference.py", path


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_80_columns(command: str) -> None:
    shown = run(*([command] if command else []), "--help", env={"COLUMNS": "80"}).stdout
    prose = [line for line in shown.splitlines() if not re.match(r"\s+(ticketgen|cd) ", line)]
    assert [line for line in prose if len(line) > 80] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_common_options_are_explained_once(command: str) -> None:
    shown = run(command, "--help").stdout
    assert "-C DIR, --quiet, --verbose and --color are options of every command" in " ".join(shown.split())
    assert "Run as if started" not in shown
