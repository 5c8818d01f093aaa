r"""Escape text for strings of HCL, Python, YAML and JSON, heredocs and comments.

The escapes ``\\``, ``\"``, ``\n``, ``\r``, ``\t``, ``\uNNNN`` and ``\UNNNNNNNN`` mean the same in HCL, Python
and YAML. The characters that are escaped by number are a fixed list, because ``str.isprintable`` depends on the Unicode
version of the running Python.
"""

from __future__ import annotations

import re
import unicodedata

from ticketgen.escaping import SURROGATE

__all__ = [
    "comment_text",
    "double_quoted",
    "hcl_key",
    "hcl_string",
    "hcl_text",
    "heredoc_text",
    "require_encodable",
    "require_normalized",
]

# Control characters, and characters that are invisible, break lines or change the writing direction.
_BY_NUMBER = (
    "\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff"
)
_ESCAPED = re.compile(f'["\\\\{_BY_NUMBER}]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# terraform fmt aligns by grapheme clusters: each of these characters is always exactly one.
_ONE_CLUSTER = (
    "\x20-\x7e\xa1-\xac\xae-\u024f\u0391-\u03a9\u03b1-\u03c9\u0410-\u044f"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff"
)
_NOT_ONE_CLUSTER = re.compile(f"[^{_ONE_CLUSTER}]")

_LINE_BREAKS = re.compile(f"[\\s{_BY_NUMBER}]+")
_TEMPLATE = re.compile(r"[$%](?=\{)")


def require_encodable(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it contains a NUL, at which pygohcl stops reading, or a lone surrogate, which UTF-8 cannot encode.
    """
    if "\x00" in text:
        raise ValueError(f"a NUL character cannot be rendered: {text[:40]!r}")
    if SURROGATE.search(text):
        raise ValueError(f"a lone surrogate cannot be rendered: {text[:40]!r}")
    return text


def require_normalized(text: str) -> str:
    """The text itself, if Terraform leaves it unchanged.

    Raises:
        ValueError: it is not in Unicode's form NFC, to which Terraform normalizes every string
            (https://github.com/zclconf/go-cty, ``cty.NormalizeString``), or it is not sound.
    """
    if not unicodedata.is_normalized("NFC", require_encodable(text)):
        raise ValueError(f"Terraform would change {text[:40]!r}: write it in Unicode's form NFC")
    return text


def _numeric_escape(character: str) -> str:
    """The character as an escape that HCL, Python and YAML share."""
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _between_quotes(text: str) -> str:
    """The text for use between double quotes in Python and YAML."""
    return _ESCAPED.sub(
        lambda match: _SHORT.get(match[0]) or _numeric_escape(match[0]), require_encodable(text)
    )


def double_quoted(text: str) -> str:
    """The text as a string literal of Python and YAML."""
    return f'"{_between_quotes(text)}"'


def hcl_text(text: str) -> str:
    """The text for use between double quotes in HCL, beside any other text.

    A ``$`` or ``%`` at its end and a ``{`` at its start are written by number, so that they cannot open an
    interpolation together with the text beside them.
    """
    escaped = _TEMPLATE.sub(r"\g<0>\g<0>", _between_quotes(require_normalized(text)))
    if escaped[-1:] in ("$", "%"):
        escaped = escaped[:-1] + _numeric_escape(escaped[-1])
    if escaped[:1] == "{":
        escaped = _numeric_escape("{") + escaped[1:]
    return escaped


def hcl_string(text: str) -> str:
    """The text as an HCL string literal."""
    return '"' + _TEMPLATE.sub(r"\g<0>\g<0>", _between_quotes(require_normalized(text))) + '"'


def hcl_key(text: str) -> str:
    """The text as a key of an HCL object: quoted unless it is an identifier."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) and text not in {
        "for",
        "if",
        "in",
        "true",
        "false",
        "null",
    }:
        return text
    return _NOT_ONE_CLUSTER.sub(lambda match: _numeric_escape(match[0]), hcl_string(text))


def heredoc_text(text: str) -> str:
    """The lines of an HCL heredoc: the text, with only ``${`` and ``%{`` escaped.

    Raises:
        ValueError: a heredoc cannot contain it, because of a carriage return or a missing newline at the end.
    """
    if "\r" in require_normalized(text):
        raise ValueError("a heredoc cannot contain a carriage return")
    if text and not text.endswith("\n"):
        raise ValueError("a heredoc always ends with a newline, and this text does not")
    return _TEMPLATE.sub(r"\g<0>\g<0>", text)


def comment_text(text: str) -> str:
    """The text as one line after ``#``; white space and control characters become spaces."""
    return _LINE_BREAKS.sub(" ", require_encodable(text)).strip()
