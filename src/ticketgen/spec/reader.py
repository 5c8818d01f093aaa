"""Read YAML text into a located tree, from PyYAML's events.

Input that is expensive or ambiguous is refused from the bytes and the events, before a tree exists: size, depth, number
of values, anchors and aliases, tags, a second document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from ticketgen.findings import Checked, Finding, FindingKind, Location, Stage, has_errors
from ticketgen.findings.spec import (
    ALIAS,
    ANCHOR,
    BYTE_ORDER_MARK,
    COMPLEX_KEY,
    DUPLICATE_KEY,
    EMPTY_FILE,
    EMPTY_KEY,
    MERGE_KEY,
    NOT_UTF_8,
    NUL,
    TAG,
    TOO_DEEP,
    TOO_LARGE,
    TOO_MANY_VALUES,
    TWO_DOCUMENTS,
    TYPOGRAPHIC_QUOTES,
)
from ticketgen.findings.verification import SYNTAX
from ticketgen.hidden_characters import HIDDEN_CHARACTERS, hidden_characters
from ticketgen.spec.nodes import KeyPath, Map, Scalar, Sequence, YamlNode, display_text
from ticketgen.spec.scalars import plain_value
from ticketgen.spec.yaml_errors import QUOTE_MARKS, explain_syntax

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_VALUES", "read"]

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 50
MAX_VALUES: Final = 10_000
"""A spec has a few hundred values; the limit bounds the time and memory that a bad file can take."""

_MAX_REFUSALS: Final = 20

_UTF_16: Final = re.compile(rb"(?:[\x09-\x7e]\0){2}|(?:\0[\x09-\x7e]){2}")

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(data: bytes, file: str) -> Checked[YamlNode]:
    """Read a YAML file into a tree.

    Args:
        data: its bytes; more than `MAX_BYTES` are refused.
        file: its name, for locations.
    """
    text = _text(data, file)
    if isinstance(text, Finding):
        return Checked(None, (text,))
    strange = tuple(
        HIDDEN_CHARACTERS.found(
            place.message,
            place.help,
            at=Location(file, place.line, place.column),
            severity=place.severity,
            stage=Stage.LOAD,
        )
        for place in hidden_characters(_normalize_newlines(text))
    )
    if has_errors(strange):
        return Checked(None, strange)
    events, refusals = _parse_events(text, file)
    if refusals:
        return Checked(None, (*strange, *refusals))
    builder = _Builder(file, iter(events))
    return Checked(builder.document(), (*strange, *builder.findings))


def _normalize_newlines(text: str) -> str:
    """The text with YAML's line ends as line feeds.

    Each has as many characters as before, except CR LF.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _at(file: str, text: str, index: int) -> Location:
    """The place of a character."""
    before = re.split(r"\r\n|\r|\n", text[:index])
    return Location(file, len(before), len(before[-1]) + 1)


def _text(data: bytes, file: str) -> str | Finding:
    top = Location(file)
    if len(data) > MAX_BYTES:
        return TOO_LARGE.found(
            "the file is over 1 MB, so it was not read",
            "name the right file with --spec: a spec has a few kB",
            at=top,
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or _UTF_16.match(data):
        return NOT_UTF_8.found("the file is UTF-16", "save it as UTF-8", at=top)
    if data.startswith(b"\xef\xbb\xbf"):
        return BYTE_ORDER_MARK.found("the file begins with a byte order mark", at=top)
    if b"\0" in data:
        index = data.index(b"\0")
        at = _at(file, data[:index].decode("utf-8", "replace"), index)
        return NUL.found("the file contains a NUL byte", at=at)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        return NOT_UTF_8.found(
            f"byte 0x{data[error.start]:02x} is not UTF-8", at=_at(file, before, len(before))
        )


def _parse_events(text: str, file: str) -> tuple[list[yaml.Event], list[Finding]]:
    """All events, or the reasons to refuse them."""
    events: list[yaml.Event] = []
    refusals: list[Finding] = []
    depth = documents = 0

    def refuse(kind: FindingKind, message: str, event: yaml.Event, help: str | None = None) -> None:
        refusals.append(kind.found(message, help, at=_start(file, event)))

    try:
        for event in yaml.parse(text, Loader=_LOADER):
            events.append(event)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    refuse(
                        TWO_DOCUMENTS,
                        "a second document begins here",
                        event,
                    )
                    break
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    refuse(
                        TOO_DEEP,
                        f"the file is nested deeper than {MAX_DEPTH} levels",
                        event,
                        "flatten it: a spec needs 5 levels",
                    )
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.AliasEvent):
                refuse(ALIAS, f"*{event.anchor} is an alias", event)
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                if event.anchor:
                    refuse(
                        ANCHOR,
                        f"&{event.anchor} is an anchor",
                        event,
                    )
                if event.tag:
                    refuse(TAG, f"{event.tag} is a YAML tag", event)
            if len(events) > 2 * MAX_VALUES:
                refuse(
                    TOO_MANY_VALUES,
                    f"the file has more than {MAX_VALUES:,} values",
                    event,
                    "name the right file with --spec: a spec has a few hundred",
                )
                break
            if len(refusals) >= _MAX_REFUSALS:
                break
    except yaml.MarkedYAMLError as error:
        refusals.append(explain_syntax(error, text, file))
    except yaml.YAMLError as error:
        refusals.append(
            SYNTAX.found(
                f"the file is not valid YAML: {' '.join(str(error).split())}",
                "correct it",
                at=Location(file),
                stage=Stage.LOAD,
            )
        )
    return events, refusals


def _start(file: str, event: yaml.Event) -> Location:
    mark = event.start_mark
    return Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)


class _Builder:
    """Build the tree from surveyed events; `MAX_DEPTH` bounds the recursion."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._events = events

    def document(self) -> YamlNode | None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(self._events), (), None)
        self.findings.append(EMPTY_FILE.found("the file is empty", at=Location(self._file)))
        return None

    def _node(self, event: yaml.Event, path: KeyPath, key_at: Location | None) -> YamlNode:
        at = _start(self._file, event)
        if isinstance(event, yaml.ScalarEvent):
            is_plain = event.implicit[0]
            if is_plain and not event.value and key_at:
                at = key_at
            if is_plain:
                self._check_quotes(event.value, at)
            return Scalar(plain_value(event.value) if is_plain else event.value, event.value, at, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self._items(path)), key_at or at, path)
        return self._map(path, key_at or at)

    def _items(self, path: KeyPath) -> Iterator[YamlNode]:
        for number, event in enumerate(self._events):
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, (*path, number), None)

    def _map(self, path: KeyPath, location: Location) -> Map:
        entries: dict[str, YamlNode] = {}
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
                    DUPLICATE_KEY.found(
                        f"the key {display_text(key)} occurs twice",
                        f"keep one of them: the first is on line {keys_at[key].line}",
                        at=key_at,
                    )
                )
                continue
            entries[key], keys_at[key] = value, key_at
        return Map(entries, keys_at, location, path)

    def _key(self, event: yaml.Event, location: Location) -> str | None:
        """The text of a key, whatever type it would have as a value."""
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, (), None)
            self.findings.append(COMPLEX_KEY.found("the key is a list or a map", at=location))
            return None
        if event.implicit[0] and event.value == "<<":
            self.findings.append(MERGE_KEY.found("<< is a merge key", at=location))
            return None
        if event.implicit[0] and not event.value:
            self.findings.append(EMPTY_KEY.found("the key before the colon is empty", at=location))
            return None
        if event.implicit[0]:
            self._check_quotes(event.value, location)
        return event.value

    def _check_quotes(self, text: str, location: Location) -> None:
        """Report typographic quotes, which YAML takes as part of the text."""
        if text and (text[0] in QUOTE_MARKS or text[-1] in QUOTE_MARKS):
            message = f"{display_text(text)} has typographic quotes, which are part of the text"
            self.findings.append(TYPOGRAPHIC_QUOTES.found(message, at=location))
