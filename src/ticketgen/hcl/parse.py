"""Read HCL's native syntax into the syntax model.

This follows hclsyntax/parser.go (https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/parser.go), which implements
https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md. A model is never deeper than `guards.MAX_DEPTH`, so code
that reads it may recurse.
"""

from __future__ import annotations

from ticketgen.hcl.expression_parser import read_expression
from ticketgen.hcl.syntax import Attribute, Block, Body, File
from ticketgen.hcl.templates import InvalidTemplate, decode
from ticketgen.hcl.token_reader import TokenReader
from ticketgen.hcl.tokenizer import EndKind, SyntaxToken, Unreadable, UnreadableText

__all__ = ["parse"]


def parse(path: str, text: str, first_line: int = 1) -> File | Unreadable:
    """Parse a text that the guards and HCL's own parser accept.

    Args:
        path: the name of the file in the model.
        text: the text, without a byte order mark.
        first_line: the number of its first line in the model.
    """
    try:
        return File(path, _body(TokenReader(text, first_line), EndKind.FILE))
    except UnreadableText as error:
        return error.reason
    except InvalidTemplate as error:
        return Unreadable(1, 1, str(error))


def _body(reader: TokenReader, end: str) -> Body:
    """Read arguments and blocks up to the end, which is the next token then."""
    attributes: list[Attribute] = []
    blocks: list[Block] = []
    while reader.token.kind != end:
        if reader.accept("newline"):
            continue
        name = reader.expect("word")
        if reader.token.kind == "=":
            attributes.append(_attribute(reader, name))
        else:
            blocks.append(_block(reader, name))
        if reader.token.kind != EndKind.FILE:
            reader.expect("newline")
    return Body(tuple(attributes), tuple(blocks))


def _attribute(reader: TokenReader, name: SyntaxToken) -> Attribute:
    reader.expect("=")
    return Attribute(name.line, name.column, name.text, read_expression(reader))


def _block(reader: TokenReader, type: SyntaxToken) -> Block:
    labels = []
    while reader.token.kind in {"word", "string", '"'}:
        labels.append(_label(reader))
    reader.expect("{")
    reader.deeper()
    if reader.token.kind in {"newline", "}"}:
        body = _body(reader, "}")
    else:
        body = Body((_attribute(reader, reader.expect("word")),))
    reader.depth -= 1
    end = reader.expect("}")
    return Block(type.line, type.column, type.text, tuple(labels), body, end.line)


def _label(reader: TokenReader) -> str:
    token = reader.advance()
    if token.kind == "word":
        return token.text
    if token.kind == "string":
        return decode(token.text)
    # A string with an escaped template is in pieces.
    text = decode(reader.expect("text").text)
    reader.expect(EndKind.QUOTE)
    return text
