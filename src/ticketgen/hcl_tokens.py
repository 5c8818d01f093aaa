"""Regular expressions for the tokens of HCL that its scanners have in common.

They follow HCL's own scanner (hashicorp/hcl v2.24, ``hclsyntax/scan_tokens.rl``), and mean the same with and without
`re.VERBOSE`.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ESCAPED_TEMPLATE", "HEREDOC", "LINE_COMMENT", "OPENING_BRACKET", "TEMPLATE"]

LINE_COMMENT: Final = r"\#[^\n]*|//[^\n]*"

HEREDOC: Final = r"<<-?(?P<marker>[^\W\d][\w-]*)\r?\n"
"""The first line of a heredoc; the group ``marker`` is what ends it."""

OPENING_BRACKET: Final = r"[\[({]"

TEMPLATE: Final = r"[$%]\{"
"""The start of an interpolation or a directive, where it is not an `ESCAPED_TEMPLATE`."""

ESCAPED_TEMPLATE: Final = r"\$\$\{|%%\{"
