"""An editor shows for a folder what `ticketgen validate` prints, and for a spec what `ticketgen size` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ticketgen.cli.app import app
from ticketgen.findings import Finding
from ticketgen.language_server.worker_tasks import check_target

CALL = 'module "net" {\n  source = "../modules/net"\n  cidr   = "10.0.0.0/16"\n  typo   = 1\n}\n'
CALLED = 'variable "cidr" {\n  type = number\n}\noutput "id" {\n  value = var.cidr\n}\n'
POLICY = """resource "aws_sqs_queue" "jobs" {
  name = "jobs"
  tags = local.tags
}
resource "aws_iam_role_policy" "all" {
  name   = "all"
  role   = "r"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
output "pattern" {
  value = regex("[a-z]+", file("missing.txt"))
}
"""
JSON = '{"locals": {"a": "${var.missing}"}, "resource": {"aws_sqs_queue": {"q": {"nmae": "q"}}}}\n'

FOLDERS: Mapping[str, Mapping[str, str]] = {
    "rendered": {
        "root/.ticketgen.json": "{}",
        "root/a/main.tf": POLICY,
        "root/modules/x/main.tf": 'resource "random_id" "r" {}\n',
    },
    "modules beside it": {".git/HEAD": "", "root/main.tf": CALL, "modules/net/main.tf": CALLED},
    "modules out of reach": {"root/main.tf": CALL, "modules/net/main.tf": CALLED},
    "links": {
        ".git/HEAD": "",
        "shared/names.tf": 'variable "shared" {}\nlocals {\n  x = var.absent\n}\n',
        "root/main.tf": "output \"o\" {\n  value = var.shared\n}\n",
        "root/names.tf": "-> ../shared/names.tf",
        "root/secret.tf": "-> ../../elsewhere.tf",
    },
    "JSON": {"root/main.tf.json": JSON, "root/broken.tf.json": "{"},
    "settings": {
        "root/ticketgen.toml": '[validate]\nignore = ["unused-declaration"]\nstrict = true\nmin-severity = "warning"\n',
        "root/main.tf": POLICY + 'variable "unused" {}\n',
    },
    "rules for stacks": {"root/ticketgen.toml": "[validate]\nstack-rules = true\n", "root/main.tf": POLICY},
    "layout": {
        "root/ticketgen.toml": '[validate]\nselect = ["not-formatted"]\n',
        "root/main.tf": "locals {\n a=1\n}\n",
    },
    "wrong settings": {"root/ticketgen.toml": "[validate]\nstrikt = true\n", "root/main.tf": POLICY},
    "broken": {"root/main.tf": 'locals {\n  a = "${\n', "root/other.tf": 'resource "aws_sqs_queue" "q" {}\n'},
    "nothing": {"root/readme.txt": ""},
}  # fmt: skip


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            file.symlink_to(text[3:])
        else:
            file.write_text(text, "utf-8")
    return folder / "root"


def as_printed(text: str, folder: Path) -> str:
    return text.replace(f"{folder}/", "").replace(str(folder), ".").replace(f"{folder.parent}/", "../")


def as_rows(findings: tuple[Finding, ...], folder: Path) -> set[tuple[object, ...]]:
    """The findings as the command prints them."""
    return {
        (
            each.rule,
            each.severity.value,
            as_printed(each.message, folder),
            as_printed(each.help, folder),
            str(Path(each.location.file).relative_to(folder)) if each.location else None,
            each.location.line if each.location else None,
            len(each.edits),
        )
        for each in findings
    }


def printed(*command: str) -> set[tuple[object, ...]]:
    done = CliRunner().invoke(app, [*command, "--format", "json"])
    assert done.exit_code in (0, 1, 2, 3), done.output
    return {
        (
            each["rule"],
            each["severity"],
            each["message"],
            each["help"],
            each["file"],
            each["line"],
            len(each["edits"]),
        )
        for each in json.loads(done.stdout)["findings"]
    }


@pytest.mark.parametrize("name", FOLDERS)
def test_an_editor_shows_what_validate_prints(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, FOLDERS[name])
    monkeypatch.chdir(folder)
    expected = printed("validate")
    assert expected, "a folder without findings shows nothing"
    assert as_rows(check_target(folder, {}).findings, folder) == expected


def test_an_editor_shows_what_size_prints_about_a_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text(
        "version: 1\nproject: Tap\nextends: flash-sale\nregions: [us-east-9]\nenvironments:\n  dev:\n    cachee: {}\n"
    )
    monkeypatch.chdir(tmp_path)
    expected = printed("size")
    assert len(expected) > 1
    assert as_rows(check_target(spec, {}).findings, tmp_path) == expected


def test_unsaved_texts_take_the_place_of_files(tmp_path: Path) -> None:
    files = {**FOLDERS["links"], **FOLDERS["modules beside it"]}
    del files["root/secret.tf"]
    folder = write(tmp_path, files)

    def rules(unsaved: Mapping[str, str]) -> list[str]:
        found = check_target(folder, {(tmp_path / path).as_posix(): text for path, text in unsaved.items()})
        return sorted({each.rule for each in found.findings if each.severity == "error"})

    assert rules({}) == ["invalid-expression", "undeclared-reference", "unknown-module-input"]
    declared = {"shared/names.tf": 'variable "absent" {}\n'}
    assert rules(declared) == ["invalid-expression", "unknown-module-input"]
    assert rules({**declared, "root/main.tf": CALL.replace("  typo   = 1\n", "")}) == ["invalid-expression"]
    assert rules({**declared, "modules/net/main.tf": CALLED.replace("number", "string")}) == [
        "unknown-module-input"
    ]
    read = {**declared, "root/main.tf": 'output "o" {\n  value = var.added\n}\n'}
    assert rules(read) == ["undeclared-reference"]
    assert rules({**read, "root/new.tf": 'variable "added" {}\n'}) == []
