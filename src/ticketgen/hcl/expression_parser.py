"""Read expressions from tokens, by recursive descent.

This follows hclsyntax/parser.go (https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/parser.go), which implements
https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#expressions. The depth of the nodes is limited, so that the
recursion is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ticketgen.hcl.syntax import (
    Access,
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    GetAttribute,
    GetIndex,
    Literal,
    Object,
    ObjectItem,
    Parentheses,
    Reference,
    Splat,
    Step,
    Template,
    Text,
    Tuple,
    Unary,
)
from ticketgen.hcl.templates import Directive, Piece, decode, dedent, nest, trim, unescape
from ticketgen.hcl.token_reader import TokenReader
from ticketgen.hcl.tokenizer import EndKind, SyntaxToken

__all__ = ["read_expression"]

_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
_MAX_EXACT_FLOAT: Final = 1e15  # below it, a float represents every integer exactly
_MAX_DIGITS: Final = 4000  # Python converts at most 4,300
_PRECEDENCE: Final[Mapping[str, int]] = {
    sign: level
    for level, signs in enumerate(
        (("||",), ("&&",), ("==", "!="), (">", ">=", "<", "<="), ("+", "-"), ("*", "/", "%"))
    )
    for sign in signs
}
"""https://github.com/hashicorp/hcl/blob/v2.24.0/hclsyntax/expression_ops.go, from the weakest operator."""


def read_expression(reader: TokenReader) -> Expression:
    """Read an expression.

    Raises:
        UnreadableText: there is none, or it is too deep.
        InvalidTemplate: a template in it is invalid.
    """
    reader.deeper()
    value = _operation(reader, 0)
    reader.depth -= 1
    return value


def _operation(reader: TokenReader, weakest: int) -> Expression:
    """Read operands, and the operators between them that are no weaker than a level; at level 0, also a conditional."""
    before, reader.deepest = reader.deepest, reader.depth
    left = _operand(reader)
    while True:
        level = _PRECEDENCE.get(reader.token.kind, -1)
        if level < weakest:
            break
        sign = reader.advance().text
        reader.wrap()  # the left side becomes an operand
        reader.depth += 1
        right = _operation(reader, level + 1)
        reader.depth -= 1
        left = Binary(left.line, left.column, sign, left, right)
    if weakest == 0 and reader.accept("?"):
        reader.wrap()
        then = read_expression(reader)
        reader.expect(":")
        left = Conditional(left.line, left.column, left, then, read_expression(reader))
    reader.deepest = max(before, reader.deepest)
    return left


def _operand(reader: TokenReader) -> Expression:
    kind = reader.token.kind
    term = _TERMS.get(kind)
    if term is None:
        raise reader.error("an expression is missing")
    value = term(reader, reader.token)
    if reader.token.kind in {".", "["}:
        steps: list[Step] = []
        while reader.token.kind in {".", "["}:
            steps.append(_step(reader, reader.token))
        if isinstance(value, Reference):
            return Reference(value.line, value.column, value.root, tuple(steps))
        reader.wrap()
        return Access(value.line, value.column, value, tuple(steps))
    return value


def _step(reader: TokenReader, start: SyntaxToken) -> Step:
    if start.kind == ".":
        reader.advance()
        name = reader.token
        match name.kind:
            case "word":
                reader.advance()
                return GetAttribute(start.line, start.column, name.text)
            case "number" if "." not in name.text:
                return GetIndex(start.line, start.column, _number(reader, name))
            case "*":
                reader.advance()
                return Splat(start.line, start.column, full=False)
        raise reader.error("the name of an attribute is missing")
    outside = reader.line_ends
    reader.advance()
    if reader.accept("*"):
        reader.expect("]")
        return Splat(start.line, start.column, full=True)
    if reader.token.kind == "newline":
        reader.advance()
    reader.line_ends = False
    key = read_expression(reader)
    reader.close("]", outside)
    return GetIndex(start.line, start.column, key)


def _word(reader: TokenReader, start: SyntaxToken) -> Expression:
    reader.advance()
    if reader.token.kind in {"(", "::"}:
        return _call(reader, start)
    if start.text in _WORDS:
        return Literal(start.line, start.column, _WORDS[start.text])
    return Reference(start.line, start.column, start.text)


def _call(reader: TokenReader, start: SyntaxToken) -> Expression:
    names = [start.text]
    while reader.accept("::"):
        names.append(reader.expect("word").text)
    if reader.token.kind != "(":
        raise reader.error("( is missing")
    outside = reader.open(line_ends=False)
    arguments = []
    expand = False
    while reader.token.kind != ")":
        arguments.append(read_expression(reader))
        expand = reader.accept("...")
        if expand or not reader.accept(","):
            break
    reader.close(")", outside)
    return Call(start.line, start.column, "::".join(names), tuple(arguments), expand)


def _number(reader: TokenReader, start: SyntaxToken) -> Expression:
    digits = start.text
    try:
        value = int(digits) if digits.isdecimal() and len(digits) < _MAX_DIGITS else float(digits)
    except ValueError:
        raise reader.error("a number is invalid") from None
    if abs(value) < _MAX_EXACT_FLOAT and value == int(value):
        value = int(value)  # Terraform has one type of number: 22.0 and 2.2e1 are 22
    reader.advance()
    return Literal(start.line, start.column, value)


def _unary(reader: TokenReader, start: SyntaxToken) -> Expression:
    reader.advance()
    reader.deeper()
    operand = _operand(reader)
    reader.depth -= 1
    return Unary(start.line, start.column, start.text, operand)


def _parentheses(reader: TokenReader, start: SyntaxToken) -> Expression:
    outside = reader.open(line_ends=False)
    inner = read_expression(reader)
    reader.close(")", outside)
    return Parentheses(start.line, start.column, inner)


def _tuple(reader: TokenReader, start: SyntaxToken) -> Expression:
    outside = reader.open(line_ends=False)
    if reader.at_word("for"):
        return _for(reader, start, "]", outside)
    items = []
    while reader.token.kind != "]":
        items.append(read_expression(reader))
        if not reader.accept(","):
            break
    reader.close("]", outside)
    return Tuple(start.line, start.column, tuple(items))


def _object(reader: TokenReader, start: SyntaxToken) -> Expression:
    outside = reader.open(line_ends=True)
    reader.accept("newline")
    if reader.at_word("for"):
        return _for(reader, start, "}", outside)
    items = []
    while reader.token.kind != "}":
        begin = reader.token
        key = read_expression(reader)
        if isinstance(key, Reference) and not key.steps:
            key = Literal(key.line, key.column, key.root)
        elif isinstance(key, Literal) and begin.kind == "word":
            key = Literal(key.line, key.column, begin.text)  # `true` is the key "true"
        if not reader.accept("="):
            reader.expect(":")
        items.append(ObjectItem(begin.line, begin.column, key, read_expression(reader)))
        if not reader.accept("newline") and not reader.accept(","):
            break
        reader.accept("newline")
    reader.close("}", outside)
    return Object(start.line, start.column, tuple(items))


def _for(reader: TokenReader, start: SyntaxToken, end: str, outside: bool) -> Expression:
    reader.line_ends = False
    reader.advance()
    key, name = _loop_names(reader)
    collection = read_expression(reader)
    reader.expect(":")
    result_key, value = None, read_expression(reader)
    if reader.accept("=>"):
        result_key, value = value, read_expression(reader)
    grouped = reader.accept("...")
    condition = None
    if reader.at_word("if"):
        reader.advance()
        condition = read_expression(reader)
    if (result_key is not None) != (end == "}"):
        raise reader.error("a for expression has a key exactly if it makes an object")
    reader.close(end, outside)
    return For(start.line, start.column, key, name, collection, result_key, value, condition, grouped)


def _loop_names(reader: TokenReader) -> tuple[str | None, str]:
    """Read ``name in`` or ``key, name in``."""
    key, name = None, reader.expect("word").text
    if reader.accept(","):
        key, name = name, reader.expect("word").text
    if not reader.at_word("in"):
        raise reader.error("in is missing")
    reader.advance()
    return key, name


def _string(reader: TokenReader, start: SyntaxToken) -> Expression:
    reader.advance()
    return Literal(start.line, start.column, decode(start.text))


def _quoted_template(reader: TokenReader, start: SyntaxToken) -> Expression:
    pieces = _pieces(reader, EndKind.QUOTE, decode)
    if all(isinstance(piece.value, str) for piece in pieces):
        return Literal(start.line, start.column, "".join(str(piece.value) for piece in pieces))
    return Template(start.line, start.column, nest(list(trim(pieces))))


def _heredoc(reader: TokenReader, start: SyntaxToken) -> Expression:
    pieces = list(trim(_pieces(reader, EndKind.HEREDOC, unescape)))
    if start.text.startswith("<<-"):
        pieces = dedent(pieces)
    parts = nest(pieces) or (Text(start.line + 1, 1, ""),)
    return Template(start.line, start.column, parts, start.text)


def _pieces(reader: TokenReader, end: str, decoded: Callable[[str], str]) -> list[Piece]:
    """Read a template up to its end."""
    reader.advance()
    pieces = []
    while reader.token.kind != end:
        token = reader.token
        if token.kind == "text":
            reader.advance()
            pieces.append(Piece(token.line, token.column, decoded(token.text)))
            continue
        outside = reader.open(line_ends=False)
        value = _directive(reader) if token.kind == "%{" else read_expression(reader)
        closing = reader.token
        reader.close(EndKind.TEMPLATE, outside)
        pieces.append(
            Piece(token.line, token.column, value, token.text.endswith("~"), closing.text.startswith("~"))
        )
    reader.advance()
    return pieces


def _directive(reader: TokenReader) -> Directive:
    keyword = reader.expect("word").text
    match keyword:
        case "if":
            return Directive(keyword, read_expression(reader))
        case "for":
            key, name = _loop_names(reader)
            return Directive(keyword, read_expression(reader), (name,) if key is None else (key, name))
        case "else" | "endif" | "endfor":
            return Directive(keyword)
    raise reader.error("unknown template directive")


_TERMS: Final[Mapping[str, Callable[[TokenReader, SyntaxToken], Expression]]] = {
    "word": _word,
    "string": _string,
    "number": _number,
    '"': _quoted_template,
    "<<": _heredoc,
    "(": _parentheses,
    "[": _tuple,
    "{": _object,
    "-": _unary,
    "!": _unary,
}
