"""`ticketgen lsp`, as an editor sees it: the real server, in its own process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import Editor

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
    assert {"hoverProvider", "definitionProvider", "codeActionProvider", "textDocumentSync"} <= offered.keys()


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
        ("main.tf", "./net", "net/main.tf", 0),
        ("main.tf", "cidr_block", "net/main.tf", 0),
        ("main.tf", "aws.paris", "main.tf", 9),
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
    assert "purchases_per_minute" in _at(editor, "hover", spec, "dev:")["contents"]["value"]
    assert _at(editor, "definition", spec, "extends")["uri"].endswith("/flash-sale.yaml")
    assert _at(editor, "definition", spec, "project:") is None


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
