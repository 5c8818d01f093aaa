"""The tokens of HCL are written once, and its scanners agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ticketgen
from ticketgen import hcl_tokens
from ticketgen.hcl import scanner
from ticketgen.rendering import scan

SOURCE = Path(ticketgen.__file__).parent
SCANNERS = ("hcl/scanner.py", "rendering/scan.py")


@pytest.mark.parametrize("name", hcl_tokens.__all__)
def test_no_scanner_repeats_a_token(name: str) -> None:
    pattern = getattr(hcl_tokens, name)
    variants = {pattern, pattern.replace(r"\#", "#"), *pattern.split("|")}
    for path in SCANNERS:
        text = (SOURCE / path).read_text("utf-8")
        assert name in text, f"{path} does not use {name}"
        assert [each for each in variants if each in text] == [], f"{path} repeats {name}"


@pytest.mark.parametrize("flags", [re.NOFLAG, re.VERBOSE])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LINE_COMMENT", "# a"),
        ("LINE_COMMENT", "// a"),
        ("HEREDOC", "<<EOT\n"),
        ("HEREDOC", "<<-end-1\r\n"),
        ("OPENING_BRACKET", "{"),
        ("TEMPLATE", "%{"),
        ("ESCAPED_TEMPLATE", "$${"),
    ],
)
def test_a_token_is_the_same_in_every_pattern(name: str, text: str, flags: re.RegexFlag) -> None:
    assert re.fullmatch(getattr(hcl_tokens, name), text, flags)


@pytest.mark.parametrize("marker", ["EOT", "-EOT"])
@pytest.mark.parametrize("line", ["$${a", "%%{a", '"', "# a", "${b}", '${"}"}', "EOT a", "EOTa"])
def test_the_scanners_agree_on_the_ends_of_heredocs(marker: str, line: str) -> None:
    text = f'a = <<{marker}\n{line}\nEOT\n# <<EOT\nb = "$${{ <<EOT"\n'
    ends = [
        text.rindex("\n", 0, match.end()) + 1
        for kind, *_, match in scanner.scan(text)
        if kind == "marker end"
    ]
    assert ends == [end for _, end in scan.scan(text).heredocs] == [text.index("\nEOT\n") + 1]
