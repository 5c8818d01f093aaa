"""`ticketgen lsp`, as an editor sees it: the real server, in its own process."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import Editor
from typer.testing import CliRunner

from ticketgen.cli.app import app

ROOT = """variable "region" {
  type        = string
  description = "Where it runs."
}
module "net" {
  source     = "./net"
  cidr_block = "10.0.0.0/16"
  providers  = { aws = aws.paris }
}
provider "aws" {
  alias  = "paris"
  region = var.region
}
output "id" {
  value = "é𝄞 ${module.net.vpc_id} ${var.region}"
}
"""
NET = """variable "cidr_block" {
  type = string
}
locals {
  name = var.cidr_block
}
output "vpc_id" {
  value = local.name
}
"""
SPEC = """version: 1
project: tap-marketplace
extends: flash-sale
primary_region: us-east-1
secondary_region: us-west-2
regions: [us-east-1, us-west-2]
environments:
  dev: { event_scale: { purchases_per_minute: 60 } }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editor")
    (folder / "net").mkdir()
    (folder / "main.tf").write_text(ROOT, "utf-8")
    (folder / "net/main.tf").write_text(NET, "utf-8")
    (folder / "terraform.tfvars").write_text('region = "eu-west-3"\n', "utf-8")
    (folder / "ticketgen.yaml").write_text(SPEC, "utf-8")
    return folder


@pytest.fixture(scope="module")
def editor(folder: Path) -> Iterator[Editor]:
    with Editor(folder) as editor:
        editor.open(folder / "main.tf", ROOT.replace("module.net.vpc_id", "module.net.vcp_id"))
        editor.open(folder / "ticketgen.yaml", SPEC.replace("flash-sale", "flash-sail"))
        yield editor


def test_it_offers_what_the_documentation_says(editor: Editor) -> None:
    offered = editor.capabilities["capabilities"]
    assert {
        "hoverProvider",
        "definitionProvider",
        "codeActionProvider",
        "completionProvider",
    } <= offered.keys()
    assert offered["positionEncoding"] == "utf-16"
    assert offered["textDocumentSync"]["change"] == 1  # the whole text


def test_an_unsaved_text_has_diagnostics_in_utf_16_and_a_fix(editor: Editor, folder: Path) -> None:
    main = folder / "main.tf"
    (found,) = [each for each in editor.diagnostics[main.as_uri()] if each["code"] == "unknown-module-output"]
    assert (found["severity"], found["source"]) == (1, "ticketgen")
    line = '  value = "é𝄞 ${module.net.vcp_id} ${var.region}"'
    units = len(line[: line.index(".vcp_id")].encode("utf-16-le")) // 2
    assert found["range"]["start"] == {"line": 14, "character": units}
    fix, *_ = editor.actions(main, 14)
    assert (fix["title"], fix["kind"]) == ("Replace vcp_id with vpc_id", "quickfix")
    (edit,) = fix["edit"]["changes"][main.as_uri()]
    assert edit["newText"] == "vpc_id"
    assert edit["range"] == {
        "start": {"line": 14, "character": units + 1},
        "end": {"line": 14, "character": units + len(".vcp_id")},
    }
    page = editor.at("hover", main, 14, units)
    assert "# unknown-module-output" in page["contents"]["value"]


def test_diagnostics_follow_the_text(editor: Editor, folder: Path) -> None:
    main = folder / "main.tf"
    editor.change(main, ROOT)
    assert not [each for each in editor.diagnostics[main.as_uri()] if each["severity"] == 1]
    unused = ROOT + 'variable "unused" {\n  type = string\n}\n'
    (found,) = editor.change(main, unused)
    assert (found["code"], found["range"]["start"]["line"]) == ("unused-declaration", 16)
    (ignore,) = editor.actions(main, 16)
    (edit,) = ignore["edit"]["changes"][main.as_uri()]
    assert edit["newText"] == "# ticketgen:ignore unused-declaration because …\n"
    assert not editor.change(main, ROOT)


@pytest.mark.parametrize(
    ("file", "text", "target", "line"),
    [
        ("main.tf", "var.reg", "main.tf", 0),
        ("main.tf", "vpc_id}", "net/main.tf", 6),
        ("main.tf", "module.net", "main.tf", 4),
        ("main.tf", "aws.paris", "main.tf", 9),
        ("main.tf", "./net", "net/main.tf", 0),
        ("main.tf", "cidr_block", "net/main.tf", 0),
        ("net/main.tf", "local.name", "net/main.tf", 4),
        ("net/main.tf", "var.cidr_block", "net/main.tf", 0),
        ("terraform.tfvars", "region", "main.tf", 0),
        ("main.tf", "10.0.0.0", None, 0),
        ("main.tf", "region =", None, 0),
    ],
)
def test_definitions_lead_to_the_declaration(
    editor: Editor, folder: Path, file: str, text: str, target: str | None, line: int
) -> None:
    found = _at(editor, "definition", folder / file, text)
    if target is None:
        assert found is None
        return
    assert found["uri"] == (folder / target).as_uri()
    assert found["range"]["start"]["line"] == line


def test_hover_shows_the_description_of_a_variable(editor: Editor, folder: Path) -> None:
    assert _at(editor, "hover", folder / "main.tf", "var.reg")["contents"]["value"] == (
        "**var.region**\n\nWhere it runs."
    )


def test_a_spec_has_diagnostics_help_and_a_definition(editor: Editor, folder: Path) -> None:
    spec = folder / "ticketgen.yaml"
    (found,) = editor.diagnostics[spec.as_uri()]
    assert (found["code"], found["range"]["start"]["line"]) == ("unknown-preset", 2)
    assert "did you mean flash-sale?" in found["message"]
    editor.change(spec, SPEC)
    assert not [each for each in editor.diagnostics[spec.as_uri()] if each["severity"] == 1]
    assert "in the busiest minute" in _at(editor, "hover", spec, "purchases_per_minute")["contents"]["value"]
    assert "**environments.dev**" in _at(editor, "hover", spec, "dev:")["contents"]["value"]
    assert _at(editor, "definition", spec, "extends")["uri"].endswith("/flash-sale.yaml")
    assert _at(editor, "definition", spec, "project:") is None


def test_keys_and_values_of_a_spec_are_completed(editor: Editor, folder: Path) -> None:
    spec = folder / "ticketgen.yaml"
    editor.change(spec, f"{SPEC}event_scale:\n  \n")
    found = editor.at("completion", spec, 9, 2)
    assert ("purchases_per_minute", "purchases_per_minute: ") in {
        (each["label"], each["insertText"]) for each in found
    }
    assert "flash-sale" in {each["label"] for each in editor.at("completion", spec, 2, len("extends: "))}
    assert editor.at("completion", folder / "main.tf", 0, 0) == []
    editor.change(spec, SPEC)


def test_a_caller_is_checked_again_when_the_module_changes(editor: Editor, folder: Path) -> None:
    main, net = folder / "main.tf", folder / "net/main.tf"
    editor.change(main, ROOT)
    editor.open(net, NET.replace('output "vpc_id"', 'output "id"'))
    assert "unknown-module-output" in {each["code"] for each in editor.diagnostics[main.as_uri()]}
    editor.notify("textDocument/didClose", textDocument={"uri": net.as_uri()})
    editor.wait_for(main)
    assert "unknown-module-output" not in {each["code"] for each in editor.diagnostics[main.as_uri()]}


def test_a_fix_is_not_offered_for_a_text_that_has_changed(editor: Editor, folder: Path) -> None:
    main = folder / "main.tf"
    editor.change(main, ROOT.replace("${var.region}", "${var.regoin}"))
    assert "Replace var.regoin with var.region" in {each["title"] for each in editor.actions(main, 14)}
    document = {"uri": main.as_uri(), "version": 3}
    text = ROOT.replace("${var.region}", "${var.region}").replace("é𝄞", "")
    editor.notify("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])
    assert "Replace var.regoin with var.region" not in {each["title"] for each in editor.actions(main, 14)}
    editor.wait_for(main)


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1", "git:/x/main.tf?%7B%7D", "file:main.tf", "file:///a%00b/main.tf", "http://[bad/main.tf",
    ],
)  # fmt: skip
def test_a_document_that_is_no_file_of_a_folder_is_left_alone(editor: Editor, uri: str) -> None:
    document = {"uri": uri, "languageId": "terraform", "version": 1, "text": "locals {"}
    editor.notify("textDocument/didOpen", textDocument=document)
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 1}}
    assert editor.request("textDocument/hover", **place) is None
    assert editor.request("textDocument/definition", **place) is None
    assert uri not in editor.diagnostics


def test_a_comment_that_ignores_is_offered_only_where_one_can_stand(editor: Editor, folder: Path) -> None:
    main = folder / "main.tf"
    editor.change(
        main,
        'output "a" {\n  value = <<-END\n    ${var.absent}\n  END\n}\noutput "b" {\n  value = var.gone\n}\n',
    )
    assert [bool(editor.actions(main, line)) for line in (2, 6)] == [False, True]
    other = folder / "net/more.tf.json"
    editor.open(other, '{"output": {"a": {"value": "${var.absent}"}}}')
    assert "undeclared-reference" in {each["code"] for each in editor.diagnostics[other.as_uri()]}
    assert editor.actions(other, 0) == []
    assert editor.close(other) == []
    editor.change(main, ROOT)


def test_without_its_extra_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = CliRunner().invoke(app, ["lsp"])
    assert done.exit_code == 1
    assert 'pip install "pygls' in done.stderr


def test_nothing_is_said_about_other_files(editor: Editor, folder: Path) -> None:
    other = folder / "notes.txt"
    other.write_text("var.missing")
    assert editor.at("definition", other, 0, 2) is None
    assert editor.at("hover", other, 0, 2) is None


def test_a_broken_text_is_a_diagnostic_and_no_crash(editor: Editor, folder: Path) -> None:
    net = folder / "net/main.tf"
    assert "syntax" in {each["code"] for each in editor.open(net, 'locals {\n  a = "${\n')}
    assert editor.at("definition", net, 1, 4) is None
    editor.change(net, NET)


def test_a_document_is_formatted(editor: Editor, folder: Path) -> None:
    other = folder / "net/other.tf"
    other.write_text("locals {\n  e=1 # é𝄞\n}\n", "utf-8")
    (edit,) = editor.request(
        "textDocument/formatting",
        textDocument={"uri": other.as_uri()},
        options={"tabSize": 2, "insertSpaces": True},
    )
    assert edit["newText"] == "  e = 1 # é𝄞"
    assert edit["range"] == {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 11}}
    other.unlink()


def _at(editor: Editor, method: str, file: Path, text: str) -> Any:
    """The answer about the first character of a text in a file."""
    before, _, _ = file.read_text("utf-8").partition(text)
    line = before.rpartition("\n")[2]
    return editor.at(method, file, before.count("\n"), len(line.encode("utf-16-le")) // 2 + 1)
