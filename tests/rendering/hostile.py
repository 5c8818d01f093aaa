"""Text that breaks careless quoting, for the tests of this folder."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

__all__ = ["HOSTILE", "hostile_code", "hostile_text"]

HOSTILE = (
    '"', "'", "\\", "\\\\", '\\"', "${", "%{", "$${", "$$${", "%%{", "$", "%", "{", "}", "${~", "~}",
    "${var.x}", "\n", "\r", "\r\n", "\t", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\u202e",
    "\ufeff", "\ufffe", "\U000e0001", "{{", "}}", "{%", "%}", "{#", "#}", "-}}", "#", "//", "/*", "*/",
    "<<EOT", "PYTHON", "\nPYTHON\n", "\n  PYTHON_2 \n", "EOT\n", '"""', "'''", "\\N{DASH}", "\\u0041",
    "{0}", "%s", "<b>&amp;", ": ", " #", "- ", "!!x", "*a", "&a", "null", "true", "1e5", "0x1", "=", "é",
    "\u4e2d", "😀", "👩‍👩‍👧", "🇩🇪", "x" * 10_240,
)  # fmt: skip

_sound = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_pieces = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(_sound, max_size=4)), max_size=8).map("".join)


def hostile_text() -> st.SearchStrategy[str]:
    """Any text that can be rendered: without NUL and lone surrogates, in Unicode's form NFC."""
    return _pieces.map(lambda text: unicodedata.normalize("NFC", text))


def hostile_code() -> st.SearchStrategy[str]:
    """Any text that a heredoc can contain."""
    return hostile_text().map(lambda text: text.replace("\r", "") + "\n")
