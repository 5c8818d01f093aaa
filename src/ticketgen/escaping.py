"""Escape untrusted text for each output format; all output passes through here.

Messages, names and excerpts show every invisible or look-alike character as an escape
(`characters` says which). No line of the result is a CI command: GitHub's runner obeys lines that
begin with ``::``, and ``##[`` anywhere in a line
(https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs); Azure's obeys ``##vso[``, and TeamCity
``##teamcity[``.
"""

from __future__ import annotations

import json
import re
import shlex
from html import escape
from typing import Final
from urllib.parse import quote

__all__ = [
    "SURROGATE",
    "as_json",
    "as_markdown",
    "as_markup",
    "as_shell_word",
    "as_uri",
    "as_utf8",
    "decode_surrogates",
    "quoted",
    "visible",
    "visible_lines",
    "without_ci_commands",
]

_PLAIN = re.compile("[ -~]*")
_PLAIN_LINES = re.compile("[\n -~]*")
SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""A lone surrogate, which UTF-8 cannot encode."""
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_COMMAND_LINE = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_COMMAND = re.compile(r"#(?=#[a-z]*\[)", re.IGNORECASE)


def visible(text: str) -> str:
    """Text on one line, with invisible and look-alike characters as escapes."""
    if not _PLAIN.fullmatch(text):
        text = _escaped(decode_surrogates(text))
    return _COMMAND.sub(r"\\u0023", text)


def quoted(text: str) -> str:
    """Text in double quotes, as `visible` shows it."""
    return visible(json.dumps(text, ensure_ascii=False))


def visible_lines(text: str, *, keep: str = "\n") -> str:
    """Lines of text, each as `visible` shows it, none of them a CI command.

    Args:
        text: the lines.
        keep: the control characters that are not escaped.
    """
    if not _PLAIN_LINES.fullmatch(text):
        parts = re.split(f"([{keep}])", decode_surrogates(text))
        text = "".join(part if part in keep else _escaped(part) for part in parts)
    return without_ci_commands(text)


def without_ci_commands(text: str) -> str:
    """The text without CI commands."""
    return _COMMAND.sub(r"\\u0023", _COMMAND_LINE.sub(r"\1\\u003a", text))


def decode_surrogates(text: str) -> str:
    r"""The text with undecodable bytes of names as ``\xff``, and lone surrogates as escapes."""
    if not SURROGATE.search(text):
        return text
    try:
        # With LC_ALL=C, Python fails to decode every byte beyond ASCII.
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_utf8(text: str) -> bytes:
    """A document as bytes, even if names in it are not UTF-8."""
    return decode_surrogates(text).encode("utf-8")


def as_json(document: object) -> str:
    """A JSON document, indented, in ASCII: logs and terminals show it unchanged."""
    text = json.dumps(document, indent=2)
    if "\\ud" in text.lower():
        text = json.dumps(_readable(document), indent=2)
    return _COMMAND.sub(r"\\u0023", text)


def as_markup(text: str, *, quotes: bool = True) -> str:
    """Text inside XML, SVG and HTML, between tags or in an attribute."""
    return escape(visible_lines(text), quote=quotes)


def as_uri(path: str) -> str:
    """A path as a relative reference, or as an absolute one with its scheme."""
    try:
        octets = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        octets = decode_surrogates(path).encode()
    # Section 4.2 of https://www.rfc-editor.org/rfc/rfc3986: a colon in the first segment would end a scheme.
    return f"file://{quote(octets)}" if octets.startswith(b"/") else quote(octets)


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&$])")


def as_markdown(text: str) -> str:
    """Text inside a line or table cell of Markdown: no markup, no HTML, no link."""
    return _MARKDOWN.sub(r"\\\1", visible(text))


def as_shell_word(text: str) -> str:
    """One shell word that can be pasted as displayed."""
    shown = visible(text.replace("\\", "\\\\").replace("'", "\\'"))
    if visible(text) == text:
        return shlex.quote(text)
    # Of bash, zsh and ksh: https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html.
    return f"$'{shown}'"


def _escaped(text: str) -> str:
    from ticketgen.characters import find_look_alikes, is_hidden

    others = set(find_look_alikes(text))
    return "".join(
        _code(mark) if index in others or is_hidden(mark) else mark for index, mark in enumerate(text)
    )


def _code(mark: str) -> str:
    code = ord(mark)
    return _SHORT.get(mark) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def _readable(document: object) -> object:
    if isinstance(document, str):
        return decode_surrogates(document)
    if isinstance(document, dict):
        return {_readable(key): _readable(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [_readable(each) for each in document]
    return document
