"""`ticketgen check-history`: where it reads, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cli_tools import run
from typer.testing import CliRunner

from ticketgen.cli.app import app

HISTORIES = Path(__file__).parents[1] / "history"
BAD = HISTORIES / "bad" / "a-seat-sold-to-two-buyers.jsonl"
GOOD = HISTORIES / "good" / "a-hold-is-released.jsonl"


def test_a_good_history_is_fine() -> None:
    done = run("check-history", str(GOOD))
    assert done.exit_code == 0, done.output
    assert "3 operations, 1 ledger entry, nothing is wrong" in done.stdout


def test_a_bad_history_is_reported_with_both_lines() -> None:
    done = run("check-history", str(BAD))
    assert done.exit_code == 1
    assert (
        "a-seat-sold-to-two-buyers.jsonl:3:1: error: orders o1 and o2 both have seat A-1 of gala"
        in done.stderr
    )
    assert "(also line 4) [seat-sold-twice]" in done.stderr
    assert "nothing is wrong" not in done.output


@pytest.mark.parametrize("format", ["json", "sarif", "junit", "github"])
def test_a_program_can_read_the_report(format: str) -> None:
    done = run("check-history", str(BAD), "--format", format)
    assert done.exit_code == 1
    assert "seat-sold-twice" in done.stdout
    if format in {"json", "sarif"}:
        json.loads(done.stdout)


def test_standard_input_is_judged() -> None:
    for file, code in ((BAD, 1), (GOOD, 0)):
        done = CliRunner().invoke(app, ["check-history", "-"], input=file.read_bytes())
        assert done.exit_code == code, done.output
        assert "stdin: " in done.stdout


def test_the_options_change_what_is_allowed(tmp_path: Path) -> None:
    late = HISTORIES / "good" / "a-sale-within-the-quiet-time.jsonl"
    assert run("check-history", str(late)).exit_code == 0
    assert run("check-history", str(late), "--quiet-time", "5").exit_code == 1
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(BAD.read_text("utf-8").splitlines(keepends=True)[:1]), encoding="utf-8")
    assert run("check-history", str(answers)).exit_code == 1
    assert run("check-history", str(answers), "--without-ledger").exit_code == 0


def test_what_is_no_regular_file_is_wrong_usage(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, text in (
        (tmp_path / "missing.jsonl", "No such file"),
        (tmp_path, "it is not a regular file"),
        (tmp_path / "pipe", "it is not a regular file"),
    ):
        done = run("check-history", str(path))
        assert done.exit_code == 2, done.output
        assert text in done.stderr
        assert "[history-unreadable]" in done.stderr


def test_many_findings_of_a_kind_are_counted(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    history.write_text("nothing\n" * 1000, encoding="utf-8")
    done = run("check-history", str(history))
    assert done.exit_code == 1
    assert done.stderr.count("[malformed-operation]") == 100
    assert "901 more findings of this kind" in done.stderr


def test_a_line_that_never_ends_is_one_finding(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    history.write_bytes(b"x" * 3_500_000 + b"\n" + GOOD.read_bytes())
    done = run("check-history", str(history), "--format", "json")
    (found,) = json.loads(done.stdout)["findings"]
    assert found["line"] == 1
    assert "longer than 1,000,000 bytes" in found["message"]


def test_an_empty_history_is_not_fine() -> None:
    done = CliRunner().invoke(app, ["check-history", "-", "--without-ledger"], input=b"")
    assert done.exit_code == 1
    assert "stdin:1:1: error: the history has no hold and no purchase" in done.stderr
    assert "0 operations, 0 ledger entries" in done.stdout
    assert "nothing is wrong" not in done.output


@pytest.mark.parametrize("option", ["--quiet-time", "--skew"])
@pytest.mark.parametrize("seconds", ["nan", "inf", "-1"])
def test_an_allowance_is_a_number_of_seconds(option: str, seconds: str) -> None:
    done = run("check-history", str(BAD), option, seconds)
    assert done.exit_code == 2, done.output
    assert option in done.stderr
