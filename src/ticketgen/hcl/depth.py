"""The nesting depth of brackets in a text, by the rules of HCL's own scanner.

Brackets in comments and literal text do not count; ``${ }`` and ``%{ }`` count, and so do brackets inside them. In
invalid text the scan may count too many brackets but never too few: it guards a parser that would abort the process.
The rules are those of hashicorp/hcl v2.24, hclsyntax/scan_tokens.rl.
"""

from __future__ import annotations

import re

__all__ = ["GO_SPACE", "bracket_depth"]

GO_SPACE = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""The white space of Go's unicode.IsSpace."""

_CODE = re.compile(
    r"#[^\n]*|//[^\n]*|(?P<comment>/\*)|<<-?(?P<marker>[^\W\d][\w-]*)\r?\n"
    r'|(?P<open>[\[({])|(?P<close>[\])}])|(?P<quote>")'
)
_QUOTED = re.compile(r'\\.|\$\$\{|%%\{|(?P<template>[$%]\{)|(?P<end>")', re.DOTALL)
_HEREDOC = re.compile(r"\$\$\{|%%\{|(?P<template>[$%]\{)|(?P<line>\n)")
_OPENER = {"]": "[", ")": "(", "}": "{"}


def bracket_depth(text: str, limit: int) -> int | None:
    """The offset at which the depth first exceeds the limit; None if it never does."""
    last_comment_end = text.rfind("*/")
    brackets: list[str] = []
    braces = 0
    # The enclosing templates: the number of open braces at a `${`, or the end mark of a quoted string or heredoc.
    inside: list[int | str] = []
    position = 0
    while True:
        here = inside[-1] if inside else 0
        if isinstance(here, str) and here != '"' and text[position - 1] == "\n":
            end = text.find("\n", position)
            line = text[position:] if end < 0 else text[position:end]
            if line.strip(GO_SPACE) == here:
                inside.pop()
                position += len(line)
                continue
        pattern = _CODE if isinstance(here, int) else _QUOTED if here == '"' else _HEREDOC
        match = pattern.search(text, position)
        if match is None:
            return None
        position = match.end()
        match match.lastgroup:
            case "open":
                brackets.append(match[0])
                braces += match[0] == "{"
            case "template":
                brackets.append("${")
                braces += 1
                inside.append(braces)
            case "close":
                expected = _OPENER[match[0]]
                if match[0] == "}":
                    if inside and braces == here:
                        inside.pop()
                        expected = "${"
                    braces -= 1
                if brackets and brackets[-1] == expected:
                    brackets.pop()
            case "quote":
                inside.append('"')
            case "end":
                inside.pop()
            case "marker":
                if not match["marker"].isascii():
                    return match.start()
                inside.append(match["marker"])
            case "comment":
                if position <= last_comment_end:
                    position = text.index("*/", position) + 2
        if len(brackets) > limit:
            return match.start()
