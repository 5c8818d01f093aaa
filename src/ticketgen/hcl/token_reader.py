"""A position in the tokens of a text, and the depth there.

Line ends separate arguments and the items of objects, but mean nothing inside other brackets and templates, as in
HCL's own hclsyntax/peeker.go (https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/peeker.go).
"""

from __future__ import annotations

from ticketgen.hcl.guards import MAX_DEPTH
from ticketgen.hcl.tokenizer import SyntaxToken, UnreadableText, tokenize

__all__ = ["TokenReader"]


class TokenReader:
    """The tokens of a text, read one by one.

    Attributes:
        token: the next token.
        previous: the last token that `advance` left.
        line_ends: whether line ends are tokens here.
        depth: the depth of the node that is read now.
        deepest: the depth of the deepest node since somebody last lowered this.
    """

    def __init__(self, text: str, first_line: int = 1) -> None:
        self._tokens = tokenize(text, first_line)
        self._at = 0
        self.token = self._tokens[0]
        self.previous = self.token
        self.line_ends = True
        self.depth = 0
        self.deepest = 0

    def advance(self) -> SyntaxToken:
        """Leave a token, and return it."""
        left = self.previous = self.token
        self._at += 1
        self.token = self._tokens[self._at] if self._at < len(self._tokens) else left
        if self.token.kind == "newline" and not self.line_ends:
            self._at += 1
            self.token = self._tokens[self._at]  # line ends never follow each other
        return left

    def open(self, *, line_ends: bool) -> bool:
        """Leave an opening bracket for a place with or without line ends; return whether there were any here."""
        outside, self.line_ends = self.line_ends, line_ends
        self.advance()
        return outside

    def close(self, kind: str, outside: bool) -> None:
        """Leave a closing bracket for the place outside, which `open` returned."""
        self.line_ends = outside
        self.expect(kind)

    def expect(self, kind: str) -> SyntaxToken:
        """Leave a token of that kind, and return it."""
        if self.token.kind != kind:
            raise self.error(f"{kind} is missing")
        return self.advance()

    def accept(self, kind: str) -> bool:
        """Leave the token if it is of that kind; whether it is."""
        if self.token.kind != kind:
            return False
        self.advance()
        return True

    def at_word(self, word: str) -> bool:
        """Whether the next token is that word."""
        return self.token.kind == "word" and self.token.text == word

    def deeper(self, levels: int = 1) -> None:
        """Enter a node, which is that much deeper."""
        self.depth += levels
        if self.depth > self.deepest:
            self._check_depth(self.depth)
            self.deepest = self.depth

    def wrap(self) -> None:
        """Put the nodes that were read since `deepest` was lowered into one more node."""
        self.deepest += 1
        self._check_depth(self.deepest)

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels")

    def error(self, reason: str) -> UnreadableText:
        """The error at the next token."""
        return UnreadableText(self.token.line, self.token.column, reason)
