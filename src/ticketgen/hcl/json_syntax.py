"""Translate Terraform's JSON syntax into HCL, so that one parser and one model serve both.

JSON does not tell nested blocks from attributes, so the caller has to know the schema of each resource type.
Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final, Protocol

from ticketgen.hcl.guards import MAX_DEPTH, refusal
from ticketgen.hcl.syntax import Call, File, Reference
from ticketgen.hcl.templates import InvalidTemplate, split_template

__all__ = [
    "InvalidJson",
    "JsonBlocks",
    "NestedBlocks",
    "RefusedJson",
    "TranslatedJson",
    "translate_json",
    "translate_tests",
    "translate_values",
]

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_ATOM: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LABELS: Final[Mapping[str, int]] = {
    "resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1, "check": 1,
    "locals": 0, "terraform": 0, "moved": 0, "import": 0, "removed": 0,
}  # fmt: skip
"""The top-level blocks, with the number of their labels."""
_IN_RESOURCES: Final = {"lifecycle": 0, "provisioner": 1, "connection": 0, "dynamic": 1, "timeouts": 0}
_OWN_BLOCKS: Final[Mapping[str, Mapping[str, int]]] = {
    "terraform": {"required_providers": 0, "backend": 1, "cloud": 0, "provider_meta": 1},
    "variable": {"validation": 0},
    "output": {"precondition": 0},
    "check": {"assert": 0, "data": 2},
    "resource": _IN_RESOURCES,
    "data": _IN_RESOURCES,
    "ephemeral": _IN_RESOURCES,
    "dynamic": {"content": 0},
    "lifecycle": {"precondition": 0, "postcondition": 0},
    "cloud": {"workspaces": 0},
    "backend remote": {"workspaces": 0},
    "backend kubernetes": {"exec": 0},
    "backend cos": {"assume_role": 0},
    "backend oss": {"assume_role": 0},
}
"""The blocks of Terraform itself in each block, or in each with that label, with the number of their labels."""

_DEPENDENT: Final = frozenset({"depends_on", "provider"})
_ADDRESSES: Final[Mapping[str, frozenset[str]]] = {
    "moved": frozenset({"from", "to"}),
    "removed": frozenset({"from"}),
    "import": frozenset({"to", "provider"}),
    "lifecycle": frozenset({"ignore_changes", "replace_triggered_by"}),
    "resource": _DEPENDENT, "data": _DEPENDENT, "ephemeral": _DEPENDENT, "output": _DEPENDENT,
    "module": frozenset({"depends_on", "providers"}),
}  # fmt: skip
"""The arguments of Terraform itself in each block whose strings are addresses and no templates."""
_ALL: Final = re.compile(".*")
_CONSTANTS: Final[Mapping[str, re.Pattern[str]]] = {
    "terraform": _ALL, "backend": _ALL, "cloud": _ALL, "workspaces": _ALL, "exec": _ALL, "variable": _ALL,
    "output": re.compile("description|sensitive|ephemeral"),
    "module": re.compile("source|version"),
}  # fmt: skip
"""The arguments in each block that Terraform evaluates as constants: then no string in JSON is a template.

Source: https://github.com/hashicorp/hcl/blob/v2.23.0/json/structure.go
"""
_ADDRESS: Final = re.compile(
    r'[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\.\*|\[(?:[0-9]+|\*|"[^"\\$%\n]*")\])*', re.ASCII
)
_MAX_TYPE: Final = 10_000
"""Characters of a type constraint that is read."""


@dataclass(frozen=True, slots=True)
class JsonBlocks:
    """The blocks of a kind of file.

    Attributes:
        top_level: the blocks at the top level, with the number of their labels.
        inner: the blocks in each block, with the number of their labels.
        addresses: the arguments in each block whose strings are addresses and no templates.
        constants: matches the arguments in each block that are evaluated as constants: no string in them is a template.
    """

    top_level: Mapping[str, int]
    inner: Mapping[str, Mapping[str, int]]
    addresses: Mapping[str, Set[str]]
    constants: Mapping[str, re.Pattern[str]]


_DECLARING: Final = JsonBlocks(_LABELS, _OWN_BLOCKS, _ADDRESSES, _CONSTANTS)


class InvalidJson(Exception):
    """The text is not JSON, or not Terraform's; the message has the line."""


class RefusedJson(InvalidJson):
    """The text is JSON, but Terraform refuses it.

    Attributes:
        line: the line of the value that Terraform refuses.
        reason: what is wrong with it.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class _Nested(Protocol):
    @property
    def block(self) -> NestedBlocks: ...


class NestedBlocks(Protocol):
    """The schema of a block, as far as it tells blocks from attributes."""

    def nested(self, name: str) -> _Nested | None:
        """The nested block type of that name; None if there is none."""


@dataclass(frozen=True, slots=True)
class TranslatedJson:
    """A translated file.

    Attributes:
        text: the HCL.
        lines: for each line of the HCL, the line in the JSON.
    """

    text: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    """A value with its line: a scalar, a list of nodes, or a list of keys and nodes."""

    line: int
    value: str | int | float | bool | list[_Node] | dict[str, _Node] | None
    written: str = ""


def translate_json(text: str, schema_of: Callable[[str, str], NestedBlocks | None]) -> TranslatedJson:
    """Translate a file; every attribute and every bracket of a block becomes one line.

    Args:
        text: the JSON.
        schema_of: the schema of a kind (``resource``, ``data``, ``ephemeral`` or ``provider``) and a type.

    Raises:
        InvalidJson: the text is not valid.
    """
    return _joined(_top_level(_Reader(text).read(), schema_of))


def translate_tests(text: str, blocks: JsonBlocks) -> TranslatedJson:
    """Translate a file for ``terraform test``; an unknown block at the top level becomes an attribute.

    Raises:
        InvalidJson: the text is not valid, or has an address that ticketgen cannot read.
    """
    lines: list[tuple[str, int]] = []
    try:
        for part in _objects(_Reader(text).read()):
            for name, value in part.items():
                if name not in blocks.top_level:
                    lines.append(_attribute(name, value))
                    continue
                for labels, body in _labelled(value, blocks.top_level[name]):
                    lines += _block(name, labels, body, None, blocks)
    except RefusedJson as error:
        raise InvalidJson(str(error)) from None  # Terraform does not read every test
    return _joined(lines)


def _joined(lines: Iterable[tuple[str, int]]) -> TranslatedJson:
    found = tuple(lines)
    return TranslatedJson("".join(f"{line}\n" for line, _ in found), tuple(number for _, number in found))


def translate_values(text: str) -> TranslatedJson:
    """Translate a file that sets variables, whose strings are no templates; every variable becomes one line.

    Raises:
        InvalidJson: the text is not valid.
    """
    top = _Reader(text).read()
    if not isinstance(top.value, dict):
        raise InvalidJson(f"line {top.line}: not an object of variable values")
    for name, value in top.value.items():
        _check_name(name, value)
    return _joined(
        (f"{name} = {_expression(value, _quoted_at)}", value.line) for name, value in top.value.items()
    )


class _Reader:
    """A reader of JSON that keeps the lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0

    def read(self) -> _Node:
        node = self._value(0)
        self._skip()
        if self._at < len(self._text):
            raise self._error("there is more after the value")
        return node

    def _error(self, what: str) -> InvalidJson:
        return InvalidJson(f"line {self._current_line()}: {what}")

    def _current_line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _skip(self) -> str:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _value(self, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels")
        mark = self._skip()
        line = self._current_line()
        if mark == "{":
            return _Node(line, self._object(depth))
        if mark == "[":
            return _Node(line, self._list(depth))
        if mark == '"':
            return _Node(line, self._string())
        atom = _ATOM.match(self._text, self._at)
        if atom is None or len(atom[0]) > 100:
            raise self._error("no JSON value")
        self._at = atom.end()
        return _Node(line, json.loads(atom[0]), atom[0])

    def _string(self) -> str:
        try:
            found, self._at = scanstring(self._text, self._at + 1, True)
        except ValueError as error:
            raise self._error(str(error).partition(":")[0]) from None
        return str(found)

    def _list(self, depth: int) -> list[_Node]:
        items: list[_Node] = []
        self._at += 1
        if self._skip() != "]":
            items.append(self._value(depth + 1))
            while self._skip() == ",":
                self._at += 1
                items.append(self._value(depth + 1))
        self._expect("]")
        return items

    def _object(self, depth: int) -> dict[str, _Node]:
        items: dict[str, _Node] = {}
        self._at += 1
        if self._skip() != "}":
            self._entry(items, depth)
            while self._skip() == ",":
                self._at += 1
                self._entry(items, depth)
        self._expect("}")
        return items

    def _entry(self, items: dict[str, _Node], depth: int) -> None:
        if self._skip() != '"':
            raise self._error("no key in quotes")
        key = self._string()
        self._expect(":")
        value = self._value(depth + 1)
        if key != "//":  # a comment
            items.setdefault(key, value)

    def _expect(self, mark: str) -> None:
        if self._skip() != mark:
            raise self._error(f"{mark} is missing")
        self._at += 1


def _top_level(top: _Node, schema_of: Callable[[str, str], NestedBlocks | None]) -> Iterator[tuple[str, int]]:
    for part in _objects(top):
        for name, value in part.items():
            if name not in _LABELS:
                raise RefusedJson(value.line, f"{name[:100]} is not a block of Terraform")
            for labels, body in _labelled(value, _LABELS[name]):
                known = name in {"resource", "data", "ephemeral", "provider"}
                schema = schema_of(name, labels[0]) if known else None
                yield from _block(name, labels, body, schema)


def _objects(node: _Node) -> Iterator[dict[str, _Node]]:
    """The object, or each object of a list."""
    for each in node.value if isinstance(node.value, list) else [node]:
        if each.value is None:
            raise InvalidJson(f"line {each.line}: null where a block is expected")
        if not isinstance(each.value, dict):
            raise RefusedJson(each.line, "there is no object where a block is expected")
        yield each.value


def _labelled(node: _Node, count: int) -> Iterator[tuple[tuple[str, ...], _Node]]:
    """The bodies of blocks below their labels."""
    if count == 0:
        items = node.value if isinstance(node.value, list) else [node]
        yield from (((), each) for each in items)
        return
    for part in _objects(node):
        for label, inner in part.items():
            for labels, body in _labelled(inner, count - 1):
                yield (label, *labels), body


def _check_name(name: str, value: _Node) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidJson(f"line {value.line}: {name[:100]!r} is not a name")


def _attribute(name: str, value: _Node) -> tuple[str, int]:
    _check_name(name, value)
    return f"{name} = {_expression(value)}", value.line


def _block(
    type: str,
    labels: tuple[str, ...],
    body: _Node,
    schema: NestedBlocks | None,
    blocks: JsonBlocks = _DECLARING,
) -> Iterator[tuple[str, int]]:
    if body.value is None:
        return
    if not isinstance(body.value, dict):
        if type in blocks.top_level and not isinstance(body.value, list):
            raise RefusedJson(body.line, f"the block {type} is not an object")
        raise InvalidJson(f"line {body.line}: no object where a block is expected")
    yield " ".join([type, *map(_quoted, labels), "{"]), body.line
    own = blocks.inner.get(" ".join((type, *labels)) if type == "backend" else type, {})
    constants = blocks.constants.get(type)
    for name, value in body.value.items():
        nested = schema.nested(name) if schema else None
        _check_name(name, value)
        if nested is None and name not in own:
            address = _address if blocks is _DECLARING else _certain_address
            as_string = address if name in blocks.addresses.get(type, ()) else _template
            if constants is not None and constants.fullmatch(name):
                as_string = _quoted_at
            is_type = (type, name) == ("variable", "type")
            yield f"{name} = {_type(value) if is_type else _expression(value, as_string)}", value.line
        elif name == "dynamic":
            for inner_labels, inner in _labelled(value, 1):
                content = schema.nested(inner_labels[0]) if schema else None
                yield from _dynamic(inner_labels, inner, content.block if content else None)
        else:
            for inner_labels, inner in _labelled(value, own.get(name, 0)):
                yield from _block(name, inner_labels, inner, nested.block if nested else None, blocks)
    yield "}", body.line


def _dynamic(labels: tuple[str, ...], body: _Node, content: NestedBlocks | None) -> Iterator[tuple[str, int]]:
    if not isinstance(body.value, dict):
        raise InvalidJson(f"line {body.line}: no object where a block is expected")
    yield f"dynamic {_quoted(labels[0])} {{", body.line
    for name, value in body.value.items():
        if name == "content":
            for _, inner in _labelled(value, 0):
                yield from _block("content", (), inner, content)
        elif _NAME.fullmatch(name):
            yield f"{name} = {_expression(value)}", value.line
    yield "}", body.line


def _template(text: str, line: int) -> str:
    """A string, which is a template, as it is written in HCL."""
    try:
        pieces = list(split_template(text))
    except InvalidTemplate as error:
        raise InvalidJson(f"line {line}: {error}") from None
    return '"' + "".join(piece if _is_sequence(piece) else _escaped(piece) for piece in pieces) + '"'


def _address(text: str, line: int) -> str:
    """An address, which HCL writes without quotes."""
    return text if _ADDRESS.fullmatch(text) else _template(text, line)


def _certain_address(text: str, line: int) -> str:
    """An address, if it is certain that no string in quotes is one as well.

    Raises:
        InvalidJson: it is not certain.
    """
    if not _ADDRESS.fullmatch(text) and ("[" in text or not text.isascii()):
        raise InvalidJson(f"line {line}: ticketgen cannot read the address {text[:100]!r}")
    return _address(text, line)


def _type(node: _Node) -> str:
    """A type constraint, which HCL writes without quotes; another value if it is none."""
    if not isinstance(node.value, str):
        return _expression(node)
    text = node.value
    if "\n" in text or len(text) > _MAX_TYPE:
        return _quoted(text)  # whose type counts as unknown
    from ticketgen.hcl.parse import parse
    from ticketgen.hcl.reference_parser import parser_errors

    written = f"type = {text}\n"
    if refusal(written):
        return _quoted(text)
    if parser_errors(written):
        return "null"
    file = parse("type", written)
    is_type = isinstance(file, File) and isinstance(file.body.attributes[0].value, Reference | Call)
    return text.strip() if is_type else "null"


def _expression(node: _Node, as_string: Callable[[str, int], str] = _template) -> str:
    def written(each: _Node) -> str:
        return _expression(each, as_string)

    match node.value:
        case str():
            return as_string(node.value, node.line)
        case list():
            return f"[{', '.join(map(written, node.value))}]"
        case dict():
            name = _quoted_at if as_string is _quoted_at else _template
            items = (f"{name(key, value.line)} = {written(value)}" for key, value in node.value.items())
            return f"{{ {', '.join(items)} }}" if node.value else "{}"
    return node.written


def _is_sequence(piece: str) -> bool:
    return piece.startswith(("${", "%{")) and piece.endswith("}")


def _quoted_at(text: str, line: int) -> str:
    """A string that is no template; the line is for `_template` only."""
    return _quoted(text)


def _quoted(text: str) -> str:
    return '"' + _escaped(text.replace("${", "$${").replace("%{", "%%{")) + '"'


def _escaped(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(escapes.get(mark) or (f"\\u{ord(mark):04x}" if ord(mark) < 32 else mark) for mark in text)
