"""Convert python-hcl2's tree of a text into the syntax model.

The tree contains every token; the model contains the meaning and the locations. A model is never deeper than
`guards.MAX_DEPTH`, so code that reads it may recurse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from ticketgen.hcl.guards import MAX_DEPTH
from ticketgen.hcl.raw_tree import Tree, Unreadable, read
from ticketgen.hcl.syntax import (
    Access,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    File,
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
from ticketgen.hcl.templates import (
    Directive,
    InvalidTemplate,
    Piece,
    decode,
    dedent,
    heredoc_pieces,
    nest,
    trim,
)

__all__ = ["parse", "to_file"]

_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_MAX_EXACT_FLOAT = 1e15  # below it, a float represents every integer exactly
_SIGN = re.compile(r"(?:[=!<>]=|&&|\|\||[-+*/%<>?])$")
"""The operator at the end of an operator's token, which also contains the preceding line end and comment."""
_MAX_DIGITS = 4000  # Python converts at most 4,300


def parse(path: str, text: str) -> File | Unreadable:
    """Parse a text that the guards and HCL's own parser accept.

    Args:
        path: the name of the file in the model.
        text: the text, without a byte order mark.
    """
    tree = read(text)
    return tree if isinstance(tree, Unreadable) else to_file(path, tree)


def to_file(path: str, tree: Tree) -> File | Unreadable:
    """Convert a tree into the model."""
    try:
        return File(path, _Converter().body(tree.children[0]))
    except _UnreadableText as error:
        return error.reason
    except InvalidTemplate as error:
        return Unreadable(1, 1, str(error))


class _UnreadableText(Exception):
    """A part of the text is unreadable."""

    def __init__(self, reason: Unreadable) -> None:
        self.reason = reason


class _Converter:
    """Conversion of trees to nodes, for a text that may begin anywhere in the file.

    Args:
        line, column: the offsets to add to the lines of the tree, and to the columns of the first line.
        depth: the depth of the enclosing expression.
    """

    def __init__(self, line: int = 0, column: int = 0, depth: int = 0) -> None:
        self.line = line
        self.column = column
        self.depth = depth

    def deeper(self, node: Tree, levels: int = 1) -> None:
        self.depth += levels
        if self.depth > MAX_DEPTH:
            raise _UnreadableText(Unreadable(*self.position(node), f"nested deeper than {MAX_DEPTH} levels"))

    def position(self, node: Tree) -> tuple[int, int]:
        while hasattr(node, "children"):
            node = node.children[0]
        return node.line + self.line, node.column + (self.column if node.line == 1 else 0)

    def body(self, node: Tree) -> Body:
        attributes, blocks = [], []
        for child in _trees(node):
            if child.data == "attribute":
                name, value = _trees(child)
                attributes.append(Attribute(*self.position(name), _word(name), self.expression(value)))
            else:
                blocks.append(self.block(child))
        return Body(tuple(attributes), tuple(blocks))

    def block(self, node: Tree) -> Block:
        head, *labels, body = _trees(node)
        self.deeper(head)
        inside = self.body(body)
        self.depth -= 1
        end = node.children[-1].line + self.line
        return Block(*self.position(head), _word(head), tuple(map(_label, labels)), inside, end)

    def expression(self, node: Tree) -> Expression:
        node = _unwrap(node)
        self.deeper(node)
        value = _KINDS[node.data](self, node)
        self.depth -= 1
        return value

    def parentheses(self, node: Tree) -> Expression:
        return Parentheses(*self.position(node), self.expression(*_trees(node)))

    def conditional(self, node: Tree) -> Expression:
        condition, then, otherwise = map(self.expression, _trees(node))
        return Conditional(*self.position(node), condition, then, otherwise)

    def binary(self, node: Tree) -> Expression:
        terms = []
        while node.data == "binary_op":
            left, term = _trees(node)
            terms.append(term)
            node = _unwrap(left)
        self.deeper(node, len(terms))
        value = self.expression(node)
        for term in reversed(terms):
            operator, right = _trees(term)
            sign = _SIGN.search(operator.children[0])  # the token includes a preceding line end or comment
            assert sign is not None
            value = Binary(value.line, value.column, sign[0], value, self.expression(right))
        self.depth -= len(terms)
        return value

    def unary(self, node: Tree) -> Expression:
        operator, operand = node.children
        return Unary(*self.position(node), str(operator), self.expression(operand))

    def chain(self, node: Tree) -> Expression:
        tails = []
        while node.data in _TRAVERSALS:
            operand, tail = node.children
            tails.append(tail)
            node = _unwrap(operand)
        steps = tuple(step for tail in reversed(tails) for step in self.steps(tail))
        if node.data == "identifier":
            return Reference(*self.position(node), _word(node), steps)
        operand = self.expression(node)
        return Access(operand.line, operand.column, operand, steps)

    def steps(self, node: Tree) -> Iterator[Step]:
        position = self.position(node)
        match node.data:
            case "get_attr":
                yield GetAttribute(*position, _word(node.children[1]))
            case "short_index":
                token = node.children[1]
                yield GetIndex(*position, Literal(*self.position(token), int(token)))
            case "braces_index":
                yield GetIndex(*position, self.expression(*_trees(node)))
            case _:
                yield Splat(*position, full=node.data == "full_splat")
                for child in _trees(node):
                    yield from self.steps(child)

    def identifier(self, node: Tree) -> Expression:
        return Reference(*self.position(node), _word(node))

    def word(self, node: Tree) -> Expression:
        return Literal(*self.position(node), _WORDS[str(node.children[0])])

    def number(self, node: Tree) -> Expression:
        position, text = self.position(node), str(node.children[0])
        digits = text.removeprefix("-")
        value = int(digits) if digits.isdecimal() and len(digits) < _MAX_DIGITS else float(digits)
        if abs(value) < _MAX_EXACT_FLOAT and value == int(value):
            value = int(value)  # Terraform has one type of number: 22.0 and 2.2e1 are 22
        literal = Literal(position[0], position[1] + len(text) - len(digits), value)
        return literal if text == digits else Unary(*position, "-", literal)

    def tuple(self, node: Tree) -> Expression:
        return Tuple(*self.position(node), tuple(map(self.expression, _trees(node))))

    def object(self, node: Tree) -> Expression:
        items = []
        for element in _trees(node):
            key, value = _trees(element)
            items.append(ObjectItem(*self.position(key), self.key(key.children[0]), self.expression(value)))
        return Object(*self.position(node), tuple(items))

    def key(self, node: Tree) -> Expression:
        node = _unwrap(node)
        if node.data in {"identifier", "keyword", "literal_value"}:
            return Literal(*self.position(node), _word(node))
        return self.expression(node)

    def call(self, node: Tree) -> Expression:
        parts = _trees(node)
        name = "::".join(_word(part) for part in parts if part.data == "identifier")
        arguments = [part for part in parts if part.data == "arguments"]
        values = [self.expression(value) for part in arguments for value in _trees(part)]
        expand = any(_type(child) == "ELLIPSIS" for part in arguments for child in part.children)
        return Call(*self.position(node), name, tuple(values), expand)

    def comprehension(self, node: Tree) -> Expression:
        intro, *values = _trees(node)
        *names, collection = _trees(intro)
        conditions = [self.expression(*_trees(value)) for value in values if value.data == "for_cond"]
        *result_key, result = [self.expression(value) for value in values if value.data != "for_cond"]
        key, name = [None, *map(_word, names)][-2:]
        return For(
            *self.position(node),
            key=key,
            name=str(name),
            collection=self.expression(collection),
            result_key=result_key[0] if result_key else None,
            value=result,
            condition=conditions[0] if conditions else None,
            grouped=any(_type(child) == "ELLIPSIS" for child in node.children),
        )

    def string(self, node: Tree) -> Expression:
        pieces = [self.piece(part.children[0]) for part in _trees(node)]
        if all(isinstance(piece.value, str) for piece in pieces):
            return Literal(*self.position(node), "".join(cast("str", piece.value) for piece in pieces))
        return Template(*self.position(node), nest(list(trim(pieces))))

    def piece(self, node: Tree) -> Piece:
        position = self.position(node)
        if not hasattr(node, "children"):
            text = str(node)
            if node.type != "STRING_CHARS" and ("${" in text[3:] or "%{" in text[3:]):
                raise _UnreadableText(
                    Unreadable(*position, "it treats an interpolation after $${ or %%{ as text")
                )
            return Piece(*position, decode(text))
        if node.data == "interpolation":
            return Piece(*position, self.expression(*_trees(node)))
        trims = [_type(child) == "STRIP_MARKER" for child in node.children]
        *names, subject = (*_trees(node), None) if node.data in _BARE else _trees(node)
        directive = Directive(
            node.data.removeprefix("template_").removesuffix("_start"),
            self.expression(subject) if subject is not None else None,
            tuple(map(_word, names)),
        )
        return Piece(*position, directive, trims_before=trims[1], trims_after=trims[-2])

    def heredoc(self, node: Tree) -> Expression:
        line, column = self.position(node)
        opening, _, rest = str(node.children[0]).partition("\n")
        body = rest[: rest.rstrip().rfind("\n") + 1]
        pieces = list(trim(list(heredoc_pieces(body, line + 1, self.heredoc_expression))))
        if opening.startswith("<<-"):
            pieces = dedent(pieces)
        return Template(line, column, nest(pieces) or (Text(line + 1, 1, ""),), opening.rstrip("\r"))

    def heredoc_expression(self, text: str, line: int, column: int) -> Expression:
        """Parse an expression in a heredoc, which python-hcl2 leaves as text."""
        opening = "x = ("
        tree = read(f"{opening}{text}\n)")
        shift = column - len(opening) - 1
        if isinstance(tree, Unreadable):
            position = tree.line + line - 1, max(1, tree.column + (shift if tree.line == 1 else 0))
            raise _UnreadableText(Unreadable(*position, tree.reason))
        (attribute,) = _trees(tree.children[0])
        value = _Converter(line - 1, shift, self.depth).expression(_trees(attribute)[1])
        assert isinstance(value, Parentheses)
        return value.inner


_TRAVERSALS = frozenset({
    "index_expr_term", "get_attr_expr_term", "attr_splat_expr_term", "full_splat_expr_term",
})  # fmt: skip
_BARE = frozenset({"template_else", "template_endif", "template_endfor"})

_KINDS: Mapping[str, Callable[[_Converter, Tree], Expression]] = {
    "expr_term": _Converter.parentheses,
    "conditional": _Converter.conditional,
    "binary_op": _Converter.binary,
    "unary_op": _Converter.unary,
    **dict.fromkeys(_TRAVERSALS, _Converter.chain),
    "identifier": _Converter.identifier,
    "literal_value": _Converter.word,
    "int_lit": _Converter.number,
    "float_lit": _Converter.number,
    "string": _Converter.string,
    "heredoc_template": _Converter.heredoc,
    "heredoc_template_trim": _Converter.heredoc,
    "tuple": _Converter.tuple,
    "object": _Converter.object,
    "function_call": _Converter.call,
    "for_tuple_expr": _Converter.comprehension,
    "for_object_expr": _Converter.comprehension,
}


def _trees(node: Tree) -> list[Tree]:
    """The children that are rules; line ends and comments are left out."""
    return [
        child for child in node.children if hasattr(child, "children") and child.data != "new_line_or_comment"
    ]


def _unwrap(node: Tree) -> Tree:
    """The term inside any terms that only wrap it."""
    while node.data == "expr_term" and len(node.children) == 1:
        (node,) = node.children
    return node


def _type(child: Tree) -> str:
    return str(getattr(child, "type", ""))


def _word(node: Tree) -> str:
    return str(node.children[0])


def _label(node: Tree) -> str:
    if node.data == "string":
        return "".join(decode(str(part.children[0])) for part in _trees(node))
    return _word(node)
