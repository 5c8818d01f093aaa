"""Unreadable files are reported at their place; the severity depends on whether ticketgen rendered them."""

from __future__ import annotations

import pytest

from ticketgen.findings import Location, Severity
from ticketgen.verification.verify import verify


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


@pytest.mark.parametrize(
    "text",
    [
        'locals {\n  a = "${~ 1 ~}"\n}\n',
        'locals {\n  a = "$${${1}}"\n}\n',
        "locals {\n  a = " + "[" * 300 + "]" * 300 + "\n}\n",
    ],
    ids=["python-hcl2 cannot read it", "python-hcl2 misreads it", "deep"],
)
def test_unreadable_valid_hcl_is_an_error_in_rendered_files_and_a_note_in_others(text: str) -> None:
    (ours,) = verify({"main.tf": text}, rendered=True)
    (theirs,) = verify({"main.tf": text}, rendered=False)
    assert (ours.rule, ours.severity) == ("not-checked", Severity.ERROR)
    assert (theirs.rule, theirs.severity) == ("not-checked", Severity.NOTE)
    assert theirs.location == ours.location
    assert ours.location is not None
    assert ours.location.line == 2


def test_every_file_is_reported() -> None:
    findings = verify({"a.tf": "a = =\n", "b.tf": "x\0", "c.tf": "locals {\n  c = var.c\n}\n"}, rendered=True)
    found = [(finding.location.file, finding.rule) for finding in findings if finding.location]
    assert found == [("a.tf", "syntax"), ("b.tf", "syntax"), ("b.tf", "hidden-characters")]
