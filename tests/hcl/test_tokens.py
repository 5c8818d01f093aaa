"""The tokens of HCL are written once, and their readers agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ticketgen
from ticketgen import hcl_tokens
from ticketgen.hcl.tokenizer import EndKind, tokenize

TOKENIZER = Path(ticketgen.__file__).parent / "hcl/tokenizer.py"
PATTERNS = [name for name in hcl_tokens.__all__ if name.isupper()]


@pytest.mark.parametrize("name", PATTERNS)
def test_the_tokenizer_repeats_no_token(name: str) -> None:
    pattern = getattr(hcl_tokens, name)
    variants = {pattern, pattern.replace(r"\#", "#"), *pattern.split("|")}
    text = TOKENIZER.read_text("utf-8")
    assert name in text, f"it does not use {name}"
    assert [each for each in variants if each in text] == [], f"it repeats {name}"


@pytest.mark.parametrize("flags", [re.NOFLAG, re.VERBOSE])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LINE_COMMENT", "# a"),
        ("LINE_COMMENT", "// a"),
        ("HEREDOC", "<<EOT\n"),
        ("HEREDOC", "<<-end-1\r\n"),
        ("TEMPLATE", "%{"),
        ("ESCAPED_TEMPLATE", "$${"),
    ],
)
def test_a_token_is_the_same_in_every_pattern(name: str, text: str, flags: re.RegexFlag) -> None:
    assert re.fullmatch(getattr(hcl_tokens, name), text, flags)


@pytest.mark.parametrize("marker", ["EOT", "-EOT"])
@pytest.mark.parametrize("line", ["$${a", "%%{a", '"', "# a", "${b}", '${"}"}', "EOT a", "EOTa"])
def test_the_readers_agree_on_the_ends_of_heredocs(marker: str, line: str) -> None:
    text = f'a = <<{marker}\n{line}\nEOT\n# <<EOT\nb = "$${{ <<EOT"\n'
    (end,) = (each.line for each in tokenize(text) if each.kind == EndKind.HEREDOC)
    bodies = [text[start:stop] for start, stop in hcl_tokens.heredoc_bodies(text)]
    assert bodies == [f"{line}\n"] == ["".join(text.splitlines(keepends=True)[1 : end - 1])]
