"""Unreadable files are reported at their place; the severity depends on whether ticketgen rendered them."""

from __future__ import annotations

import pytest

from ticketgen.findings import Location, Severity
from ticketgen.verification.verify import verify, verify_within


def test_no_file_and_an_empty_file_are_valid() -> None:
    assert verify({}, rendered=True) == ()
    assert verify({"main.tf": "", "other.tf": "\ufeff# a byte order mark\n"}, rendered=True) == ()


def test_only_terraform_is_read() -> None:
    assert verify({"README.md": "a = = 1", "x.json": "{"}, rendered=True) == ()


@pytest.mark.parametrize("ours", [True, False])
def test_invalid_syntax_is_an_error_in_any_file(ours: bool) -> None:
    (finding,) = verify({"good.tf": "locals {}\n", "bad.tf": "locals {\n  a = = 1\n}\n"}, rendered=ours)
    assert (finding.rule, finding.severity) == ("syntax", Severity.ERROR)
    assert finding.location == Location("bad.tf", 2, 7)


DEEP = "locals {\n  a = " + "[" * 300 + "]" * 300 + "\n}\n"


def test_valid_hcl_that_is_too_deep_is_an_error_in_rendered_files_and_a_note_in_others() -> None:
    (ours,) = verify({"main.tf": DEEP}, rendered=True)
    (theirs,) = verify({"main.tf": DEEP}, rendered=False)
    assert (ours.rule, ours.severity) == ("not-checked", Severity.ERROR)
    assert (theirs.rule, theirs.severity) == ("not-checked", Severity.NOTE)
    assert theirs.location == ours.location
    assert ours.location is not None
    assert ours.location.line == 2


@pytest.mark.parametrize("value", ['"${~ 1 ~}"', "<<EOT\nx\nEOT  ", "{ for k in []\n: k\n=>\nk }"])
def test_only_the_round_trip_needs_python_hcl2(value: str) -> None:
    """python-hcl2 cannot read these values."""
    texts = {"main.tf": f'locals {{\n  a = {value}\n}}\n\noutput "b" {{\n  value = local.b\n}}\n'}
    theirs = [each for each in verify(texts, rendered=False) if each.severity is Severity.ERROR]
    assert [each.rule for each in theirs] == ["undeclared-reference"]
    ours = [each for each in verify(texts, rendered=True) if each.severity is Severity.ERROR]
    assert {each.rule for each in ours} - {"undeclared-reference"} <= {"not-checked", "round-trip"}
    assert len(ours) == 2


def test_a_round_trip_of_files_that_were_rendered_earlier_is_a_note() -> None:
    texts = {"main.tf": 'output "a" {\n  value = "${~ 1 ~}"\n}\n'}
    assert verify_within(texts, rendered=False).findings == ()
    (finding,) = verify_within(texts, rendered=False, round_trips=True).findings
    assert (finding.rule, finding.severity) == ("not-checked", Severity.NOTE)


def test_every_file_is_reported() -> None:
    findings = verify({"a.tf": "a = =\n", "b.tf": "x\0", "c.tf": "locals {\n  c = var.c\n}\n"}, rendered=True)
    found = [(finding.location.file, finding.rule) for finding in findings if finding.location]
    assert found == [("a.tf", "syntax"), ("b.tf", "syntax"), ("b.tf", "hidden-characters")]
