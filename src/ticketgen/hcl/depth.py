"""How deep brackets are nested, told from the text alone, by the rules of HCL's own scanner.

A bracket in a comment or in literal text does not count; one inside ``${ }`` or ``%{ }`` does, and so do those two.
Where the text is wrong the scan may count too many, never too few: it guards a parser that would abort the process.
The rules are those of hashicorp/hcl v2.24, hclsyntax/scan_tokens.rl.
"""

from __future__ import annotations

import re

__all__ = ["GO_SPACE", "bracket_depth"]

GO_SPACE = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's unicode.IsSpace calls a space."""

_CODE = re.compile(
    r"#[^\n]*|//[^\n]*|(?P<comment>/\*)|<<-?(?P<marker>[^\W\d][\w-]*)\r?\n"
    r'|(?P<open>[\[({])|(?P<close>[\])}])|(?P<quote>")'
)
_QUOTED = re.compile(r'\\.|\$\$\{|%%\{|(?P<template>[$%]\{)|(?P<end>")', re.DOTALL)
_HEREDOC = re.compile(r"\$\$\{|%%\{|(?P<template>[$%]\{)|(?P<line>\n)")
_OPENER = {"]": "[", ")": "(", "}": "{"}


def bracket_depth(text: str, limit: int) -> int | None:
    """Where nesting first exceeds the limit, as an offset into the text; None where it never does."""
    last_comment_end = text.rfind("*/")
    brackets: list[str] = []
    braces = 0
    # What the scanner is inside of: the braces open at a `${`, or the mark that ends a quoted string or a heredoc.
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
