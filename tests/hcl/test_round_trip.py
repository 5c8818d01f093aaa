"""The round trip changes nothing, and reports any difference."""

from __future__ import annotations

import gc
import weakref
from typing import Any
from unittest.mock import patch

import pytest

from ticketgen.hcl.raw_tree import read
from ticketgen.hcl.roundtrip import write
from ticketgen.hcl.tokenizer import Unreadable
from ticketgen.verification.file_checks import check_round_trip

TEXT = """# Kept.
resource "aws_sqs_queue" "refunds" {
  name   = "${local.app_name}-refunds-${var.suffix}.fifo" // kept too
  policy = jsonencode({ a = [1, 2], b : x ? y : z })

  /* and
     this */
  body = f(<<-EOT
    ${each.key}
    EOT
  )
}
"""


def _tree(text: str) -> Any:
    tree = read(text)
    assert not isinstance(tree, Unreadable), tree
    return tree


def test_a_round_trip_changes_nothing() -> None:
    assert write(_tree(TEXT)).difference() == ""


def test_an_empty_file_survives_its_round_trip() -> None:
    assert write(_tree("")).difference() == ""


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            TEXT.replace("refunds.fifo", "refund.fifo").replace("-refunds-", "-refund-"),
            'changes "-refunds-" to "-refund-"',
        ),
        (TEXT.replace("# Kept.\n", ""), "the round trip changes"),
        (TEXT.replace("// kept too", ""), "the round trip changes"),
        (TEXT + "locals {}\n", "adds or drops"),
        ("a = = 1\n", "cannot read its own output"),
        (TEXT.replace('"refunds" {', '"refunds" {\n  name = 1', 1), 'changes "string" to "int_lit"'),
    ],
)
def test_a_difference_is_reported(written: str, message: str) -> None:
    """python-hcl2 is patched to write another text, because it makes few mistakes itself."""
    with patch("hcl2.reconstruct", return_value=written):
        assert message in write(_tree(TEXT)).difference()


def test_the_strict_parser_checks_the_written_text() -> None:
    with patch("hcl2.reconstruct", return_value="a = 1\na = 1\n"):
        assert "makes the file invalid" in write(_tree("a = 1\na = 1\n")).difference()


def test_a_text_nested_too_deeply_to_be_written_is_reported() -> None:
    assert "nested too deeply" in write(_tree(f"a = {'[' * 900}{']' * 900}\n")).difference()


def test_only_one_tree_is_in_memory_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees are the largest objects, and peak memory is an objective."""
    trees: list[weakref.ref[Any]] = []

    def counted(text: str) -> Any:
        assert not any(tree() for tree in trees)
        tree = read(text)
        trees.append(weakref.ref(tree))
        return tree

    monkeypatch.setattr("ticketgen.verification.file_checks.read", counted)
    monkeypatch.setattr("ticketgen.hcl.roundtrip.read", counted)
    gc.disable()
    try:
        # Texts of their own, because a process remembers round trips.
        found = [
            each
            for path in ("a.tf", "b.tf")
            for each in check_round_trip(path, f"{TEXT}\n# {path}, one tree\n", rendered=True)
        ]
    finally:
        gc.enable()
    assert not found
    assert len(trees) == 4
