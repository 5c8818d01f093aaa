"""YAML text to a located tree, by way of PyYAML's events: no object is built but our own.

What could cost more than it is worth, or mean more than it says, is refused from the bytes and the events,
before a tree exists: size, depth, number of values, anchors and aliases, tags, a second document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import yaml

from ticketgen.findings import Checked, Finding, Location, Stage
from ticketgen.spec.nodes import KeyPath, Map, Node, Scalar, Sequence, shown_text
from ticketgen.spec.scalars import plain_value

__all__ = ["MOST_BYTES", "MOST_DEPTH", "MOST_VALUES", "read"]

MOST_BYTES: Final = 1024 * 1024
MOST_DEPTH: Final = 50
MOST_VALUES: Final = 10_000
"""A spec has some hundred values; ten thousand bound the time and the memory that bad ones can take."""

_MOST_REFUSALS: Final = 20

# What YAML 1.2 calls printable (https://yaml.org/spec/1.2.2/#51-character-set), but for NEL, LS and PS:
# these end a line for YAML 1.1 readers, and for nobody else.
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WAYS_OUT: Final = (
    ("mapping values are not allowed", 'put text that holds ": " in quotes, and line keys up in one column'),
    ("cannot start any token", "put text that begins with this character in quotes"),
    ("could not find expected ':'", 'write "key: value", with a space behind the colon'),
    ("did not find expected key", "line the keys of a map up in one column"),
    ("did not find expected ','", "close the bracket, and put commas between its items"),
    ("did not find expected '-' indicator", "line the dashes of a list up in one column"),
    ("unexpected end of stream", "close the quotes that were opened"),
    ("unknown escape", "write \\\\ for a backslash, or use single quotes"),
)


def read(data: bytes, file: str) -> Checked[Node]:
    """The tree of a YAML file.

    Args:
        data: its bytes; more than `MOST_BYTES` are refused.
        file: its name, for locations.
    """
    text = _text(data, file)
    if isinstance(text, Finding):
        return Checked(None, (text,))
    strange = [
        _finding(
            "unprintable-character",
            f"the file has U+{ord(match[0]):04X} in it",
            _at(file, text, match.start()),
            "delete it, or write it as an escape in double quotes",
        )
        for match in islice(_UNPRINTABLE.finditer(text), _MOST_REFUSALS)
    ]
    if strange:
        return Checked(None, tuple(strange))
    events, refusals = _survey(text, file)
    if refusals:
        return Checked(None, tuple(refusals))
    builder = _Builder(file, iter(events))
    return Checked(builder.document(), tuple(builder.findings))


def _finding(rule: str, message: str, at: Location, help_text: str) -> Finding:
    return Finding(rule, message, Stage.LOAD, at, help=help_text)


def _at(file: str, text: str, index: int) -> Location:
    """The place of a character."""
    before = re.split(r"\r\n|\r|\n", text[:index])
    return Location(file, len(before), len(before[-1]) + 1)


def _text(data: bytes, file: str) -> str | Finding:
    top = Location(file)
    if len(data) > MOST_BYTES:
        return _finding(
            "too-large",
            "the file is over 1 MB, and was not read",
            top,
            "a spec has a few kB: is it the right file?",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _finding("not-utf-8", "the file is UTF-16", top, "save it as UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        return _finding(
            "byte-order-mark", "the file begins with a byte order mark", top, "save it as UTF-8 without BOM"
        )
    if b"\0" in data:
        index = data.index(b"\0")
        at = _at(file, data[:index].decode("utf-8", "replace"), index)
        return _finding("nul", "the file has a NUL byte in it", at, "delete it: is it a text file?")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        return _finding(
            "not-utf-8",
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            _at(file, before, len(before)),
            "save the file as UTF-8",
        )


def _survey(text: str, file: str) -> tuple[list[yaml.Event], list[Finding]]:
    """All events, or the reasons not to look at them."""
    events: list[yaml.Event] = []
    refusals: list[Finding] = []
    depth = documents = 0

    def refuse(rule: str, message: str, event: yaml.Event, help_text: str) -> None:
        refusals.append(_finding(rule, message, _start(file, event), help_text))

    try:
        for event in yaml.parse(text, Loader=_LOADER):
            events.append(event)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    refuse(
                        "two-documents",
                        "a second document begins here",
                        event,
                        "keep one document a file: delete ---",
                    )
                    break
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MOST_DEPTH:
                    refuse(
                        "too-deep",
                        f"the file is nested deeper than {MOST_DEPTH}",
                        event,
                        "a spec needs 5 levels",
                    )
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.AliasEvent):
                refuse("alias", f"an alias: *{event.anchor}", event, "write the value out")
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                if event.anchor:
                    refuse(
                        "anchor",
                        f"an anchor: &{event.anchor}",
                        event,
                        "delete it, and write values out where they are needed",
                    )
                if event.tag:
                    refuse(
                        "tag", f"a tag: {event.tag}", event, "delete it: values say themselves what they are"
                    )
            if len(events) > 2 * MOST_VALUES:
                refuse(
                    "too-many-values",
                    f"the file has more than {MOST_VALUES} values",
                    event,
                    "a spec has some hundred",
                )
                break
            if len(refusals) >= _MOST_REFUSALS:
                break
    except yaml.MarkedYAMLError as error:
        refusals.append(_syntax(error, text, file))
    except yaml.YAMLError as error:
        refusals.append(_finding("syntax", f"not YAML: {error}", Location(file), "correct it"))
    return events, refusals


def _start(file: str, event: yaml.Event) -> Location:
    mark = event.start_mark
    return Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "cannot be read"
    if mark is None:
        return _finding("syntax", f"not YAML: {problem}", Location(file), "correct it")
    behind = error.context_mark
    if behind is not None and "end of stream" in problem:
        mark, behind = behind, None
    at = Location(file, mark.line + 1, mark.column + 1)
    lines = re.split(r"\r\n|\r|\n", text)
    line = lines[mark.line] if mark.line < len(lines) else ""
    if line[mark.column : mark.column + 1] == "\t":
        return _finding("tab", "a tab is used for indentation", at, "indent with spaces: two a level")
    way_out = next((way for words, way in _WAYS_OUT if words in problem), "correct it")
    if behind is not None and behind.line != mark.line:
        way_out += f"; what is not finished began on line {behind.line + 1}"
    return _finding("syntax", f"not YAML: {problem} in {shown_text(line.strip())}", at, way_out)


class _Builder:
    """Builds the tree from surveyed events; recursion is bounded by `MOST_DEPTH`."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._events = events

    def document(self) -> Node | None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(self._events), (), None)
        self.findings.append(
            _finding("empty-file", "the file is empty", Location(self._file), "begin with: version: 1")
        )
        return None

    def _node(self, event: yaml.Event, path: KeyPath, key_at: Location | None) -> Node:
        at = _start(self._file, event)
        if isinstance(event, yaml.ScalarEvent):
            is_plain = event.implicit[0]
            if is_plain and not event.value and key_at:
                at = key_at
            return Scalar(plain_value(event.value) if is_plain else event.value, event.value, at, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self._items(path)), key_at or at, path)
        return self._map(path, key_at or at)

    def _items(self, path: KeyPath) -> Iterator[Node]:
        for number, event in enumerate(self._events):
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, (*path, number), None)

    def _map(self, path: KeyPath, at: Location) -> Map:
        entries: dict[str, Node] = {}
        keys_at: dict[str, Location] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key_at = _start(self._file, event)
            key = self._key(event, key_at)
            value = self._node(next(self._events), (*path, key or ""), key_at)
            if key is None:
                continue
            if key in entries:
                self.findings.append(
                    _finding("duplicate-key", f"the key {shown_text(key)} is there twice", key_at,
                             f"keep one of them; the first is on line {keys_at[key].line}")
                )  # fmt: skip
                continue
            entries[key], keys_at[key] = value, key_at
        return Map(entries, keys_at, at, path)

    def _key(self, event: yaml.Event, at: Location) -> str | None:
        """A key is the text that was written, whatever it would be as a value."""
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, (), None)
            self.findings.append(
                _finding("complex-key", "a key is a list or a map", at, "write a word as the key")
            )
            return None
        if event.implicit[0] and event.value == "<<":
            self.findings.append(
                _finding("merge-key", "a merge key: <<", at, "write the keys out, or move them into a preset")
            )
            return None
        if event.implicit[0] and not event.value:
            self.findings.append(
                _finding("empty-key", "a value without a key", at, "write a word in front of the colon")
            )
            return None
        return event.value
