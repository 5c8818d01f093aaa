"""Edit items, map entries and single values of YAML as text, at PyYAML's marks.

Functions return replacements, and YAML is never dumped, so every byte outside the replacements stays: comments, order,
quotes, flow and block style, blank lines and line ends. Additions copy the style of their neighbours. This module does
not know the spec. The caller has read the text before (`reader`), so it has no anchors, aliases, tags or tabs for
indentation; and the caller reads the result again before it uses it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

__all__ = [
    "Replacement",
    "apply_replacements",
    "compose",
    "insert_entry",
    "insert_item",
    "remove_entry",
    "remove_item",
    "replace_value",
    "value_of",
]

_WIDTH = 100
"""The maximum width of a line: a longer addition gets a line of its own."""

_MAX_WIDTH = 120
"""The maximum width of a one-line list, larger so that the diff stays at one line."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Characters from ``start`` to ``end``, which is excluded, become ``text``."""

    start: int
    end: int
    text: str


_Entry: TypeAlias = tuple[ScalarNode, Node]


def compose(text: str) -> Node:
    """The nodes of a text that `reader.read` has accepted, with their marks.

    It uses the slow loader, whose marks count characters reliably.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None  # the reader refuses an empty file
    return node


def apply_replacements(text: str, replacements: Sequence[Replacement]) -> str:
    """The text with all replacements, which must not overlap.

    Replacements at the same place keep their order.
    """
    pieces, place = [], 0
    for replacement in sorted(replacements, key=lambda each: each.start):
        pieces += [text[place : replacement.start], replacement.text]
        place = replacement.end
    return "".join([*pieces, text[place:]])


def value_of(node: Node, *keys: str) -> Node | None:
    """The node at a path of keys; None if it does not exist."""
    for key in keys:
        found = [value for name, value in _entries(node) if name.value == key]
        if not found:
            return None
        node = found[0]
    return node


def insert_item(text: str, node: SequenceNode, word: str) -> list[Replacement]:
    """Add a plain word at the end of a list."""
    if not node.flow_style:
        last = node.value[-1]
        dash = text.rindex("-", node.start_mark.index, last.start_mark.index)
        same_line = "\n" not in text[dash : last.start_mark.index]
        between = text[dash + 1 : last.start_mark.index] if same_line else " "
        line = f"{' ' * node.start_mark.column}-{between}{_quote_like(word, last)}"
        return [_line_after(text, last.end_mark.index, line)]
    return _insert_flow_item(text, node, word)


def remove_item(text: str, node: SequenceNode, word: str) -> list[Replacement]:
    """Remove the item that is this word from a list of several items."""
    number = next(n for n, item in enumerate(node.value) if item.value == word)
    item = node.value[number]
    start, end = item.start_mark.index, item.end_mark.index
    if not node.flow_style:
        dash = text.rindex("-", node.start_mark.index, start)
        return [_whole_lines(text, dash, end)]
    return _remove_flow_item(text, node, number)


def remove_entry(text: str, node: MappingNode, key: str) -> list[Replacement]:
    """Remove a key of a map, with its value."""
    entries = _entries(node)
    number = next(n for n, (name, _) in enumerate(entries) if name.value == key)
    name, value = entries[number]
    start, end = name.start_mark.index, _content_end(value, name)
    if not node.flow_style:
        return [_whole_lines(text, start, end)]
    if number:
        return [Replacement(_content_end(entries[number - 1][1], entries[number - 1][0]), end, "")]
    return [Replacement(start, entries[1][0].start_mark.index if len(entries) > 1 else end, "")]


def replace_value(text: str, node: MappingNode, key: str, word: str) -> list[Replacement]:
    """Replace the single value of a key, which may be empty, with a plain word."""
    name, value = next(entry for entry in _entries(node) if entry[0].value == key)
    start, end = value.start_mark.index, value.end_mark.index
    if start < end:
        like = value if isinstance(value, ScalarNode) and value.style in {"'", '"'} else name
        return [Replacement(start, end, _quote_like(word, like))]
    colon = re.compile(r"[ \t]*:").match(text, name.end_mark.index)
    at = colon.end() if colon else name.end_mark.index
    return [Replacement(at, at, f"{'' if colon else ':'} {_quote_like(word, name)}")]


def insert_entry(
    text: str,
    node: Node,
    key: str,
    words: Sequence[str] | str,
    *,
    after: str = "",
    inline: bool = False,
    quote: str = "",
) -> list[Replacement]:
    """Add a key with a word or a list of words to a map, or to an empty value.

    Args:
        text: the whole file.
        node: a map, or a null.
        key: one that the map does not have.
        words: the word, or the list.
        after: the key that it goes after; at the end if the map has no such key.
        inline: whether the node is in a flow map.
        quote: around key and words, if the map has no entry to copy it from.
    """
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode):
        if inline or start < end:  # null, ~; or nothing, and the marks are after the colon
            space = "" if start < end else " "
            return [Replacement(start, end, f"{space}{{ {_key_text(text, start + 2, key, words, quote)} }}")]
        indent = _indent(text, start)
        column = indent + (indent or 2)
        return [_line_after(text, start, " " * column + _key_text(text, None, key, words, quote, column))]
    assert isinstance(node, MappingNode)
    entries = _entries(node)
    if not entries:  # {}
        inner = text[start + 1 : end - 1]
        pad = "" if inner.startswith((" ", "\n", "\r")) else " "
        behind = "" if inner else " "
        written = _key_text(text, start + 2, key, words, quote)
        return [Replacement(start + 1, start + 1, f"{pad or ' '}{written}{behind}")]
    column = entries[0][0].start_mark.column
    place = next((entry for entry in entries if entry[0].value == after), entries[-1])
    quote = place[0].style or ""
    if node.flow_style:
        at = _content_end(place[1], place[0])
        if _column(text, at) + len(_key_text(text, None, key, words, quote, -10_000)) + 2 <= _WIDTH:
            return [Replacement(at, at, f", {_key_text(text, at + 2, key, words, quote)}")]
        written = _key_text(text, None, key, words, quote, column)
        return [Replacement(at, at, f",{_newline(text, at)}{' ' * column}{written}")]
    line = " " * column + _key_text(text, None, key, words, quote, column)
    return [_line_after(text, _content_end(place[1], place[0]), line)]


def _entries(node: Node) -> list[_Entry]:
    return list(node.value) if isinstance(node, MappingNode) else []


def _insert_flow_item(text: str, node: SequenceNode, word: str) -> list[Replacement]:
    close = node.end_mark.index - 1
    if not node.value:
        inner = text[node.start_mark.index + 1 : close]
        at = node.start_mark.index + 1
        if inner.strip(" "):  # a comment, or lines
            return [Replacement(at, at, f"{word} ")]
        return [Replacement(at, close, f" {word} " if inner else word)]
    last = node.value[-1]
    end = last.end_mark.index
    written = _quote_like(word, last)
    trailing = _comma(text, end, close)
    begins_its_line = not text[_line_start(text, last.start_mark.index) : last.start_mark.index].strip(" ")
    if begins_its_line and node.end_mark.line > last.end_mark.line:
        comma = [] if trailing is not None else [Replacement(end, end, ",")]
        line = f"{' ' * last.start_mark.column}{written}{',' if trailing is not None else ''}"
        return [*comma, _line_after(text, trailing or end, line)]
    separator = text[node.value[-2].end_mark.index : last.start_mark.index] if len(node.value) > 1 else ", "
    separator = separator if re.fullmatch(r" *, *", separator) else ", "
    width = _WIDTH if node.start_mark.line < node.end_mark.line else _MAX_WIDTH
    longest = max(width, *(len(line) for line in text.splitlines()))
    behind = text[end : _line_end(text, end)]
    if _column(text, end) + len(separator + written + behind) <= longest:
        return [Replacement(end, end, separator + written)]
    first = next(item for item in node.value if item.start_mark.line == last.start_mark.line)
    return [Replacement(end, end, f",{_newline(text, end)}{' ' * first.start_mark.column}{written}")]


def _remove_flow_item(text: str, node: SequenceNode, number: int) -> list[Replacement]:
    item = node.value[number]
    start, end = item.start_mark.index, item.end_mark.index
    is_last = number == len(node.value) - 1
    limit = node.end_mark.index - 1 if is_last else node.value[number + 1].start_mark.index
    comma = _comma(text, end, limit)
    behind = end if comma is None else comma + 1
    before_it = text[_line_start(text, start) : start]
    after_it = text[behind : _line_end(text, behind)]
    alone = (
        not before_it.strip(" ") and "\n" not in text[end:behind] and not re.sub("#.*", "", after_it).strip()
    )
    if is_last:
        previous = node.value[number - 1].end_mark.index
        gap_comma = _comma(text, previous, start)
        assert gap_comma is not None  # there is always one between two items
        if alone:
            extra = [] if comma is not None else [Replacement(gap_comma, gap_comma + 1, "")]
            return [*extra, _whole_lines(text, start, behind)]
        if "#" in text[previous:start]:
            return [Replacement(gap_comma, gap_comma + 1, ""), Replacement(start, end, "")]
        return [Replacement(previous, end, "")]
    if alone:
        return [_whole_lines(text, start, behind)]
    while text[behind : behind + 1] == " ":
        behind += 1
    if text[behind : behind + 1] in {"\r", "\n"}:
        while text[start - 1] == " ":
            start -= 1
    elif text[behind : behind + 1] == "#":
        behind -= 1
    return [Replacement(start, behind, "")]


def _comma(text: str, start: int, end: int) -> int | None:
    """The position of the comma after an item, ignoring commas in comments."""
    for match in re.finditer(r"#[^\r\n]*|,", text[start:end]):
        if match[0] == ",":
            return start + match.start()
    return None


def _key_text(
    text: str, at: int | None, key: str, words: Sequence[str] | str, quote: str, column: int = 0
) -> str:
    """``key: word``, or ``key: [a, b]``, wrapped where a line would be too long.

    Args:
        text: the whole file, for its line ends.
        at: where it goes, which gives the column; None with ``column``.
        key: the key.
        words: the word, or the list.
        quote: around the key and each word.
        column: the column where it begins.
    """
    if at is not None:
        column = _column(text, at)
    if isinstance(words, str):
        return f"{quote}{key}{quote}: {quote}{words}{quote}"
    head = f"{quote}{key}{quote}: ["
    lines, line = [], head
    for number, word in enumerate(words):
        item = f"{quote}{word}{quote}{',' if number < len(words) - 1 else ']'}"
        if column + len(line) + 1 + len(item) > _WIDTH and line.strip():
            lines.append(line.rstrip(" "))
            line = " " * (min(column, _WIDTH // 2) + len(head))
        line += item if line == head or not line.strip() else f" {item}"
    newline = _newline(text, 0)
    return newline.join([*lines, line])


def _quote_like(word: str, like: Node) -> str:
    quote = like.style if isinstance(like, ScalarNode) and like.style in {"'", '"'} else ""
    return f"{quote}{word}{quote}"


def _content_end(node: Node, key: Node) -> int:
    """The end of a value's own text.

    The end mark of a block collection is later: where the next token begins.
    """
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return _content_end(node.value[-1][1], node.value[-1][0])
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _content_end(node.value[-1], node)
    end: int = node.end_mark.index
    if isinstance(node, ScalarNode) and node.start_mark.index == end:  # nothing was written
        return max(end, int(key.end_mark.index))
    return end


def _line_after(text: str, index: int, line: str) -> Replacement:
    """Insert a new line after the line of this character."""
    if index and text[index - 1] == "\n" and index == _line_start(text, index):
        index -= 1  # the end of a block scalar is the beginning of the next line
        if text[index - 1] == "\r":
            index -= 1
    end = _line_end(text, index)
    return Replacement(end, end, _newline(text, index) + line)


def _whole_lines(text: str, start: int, end: int) -> Replacement:
    """Remove the lines from one character's to another's, with one line end."""
    first, last = _line_start(text, start), _line_end(text, end)
    behind = re.compile(r"\r\n|\r|\n").match(text, last)
    if behind:
        return Replacement(first, behind.end(), "")
    before = re.compile(r"(?:\r\n|\r|\n)\Z").search(text, 0, first)
    return Replacement(before.start() if before else first, last, "")


def _newline(text: str, index: int) -> str:
    """The line end of this line, or else the file's first."""
    found = re.compile(r"\r\n|\r|\n").search(text, index) or re.search(r"\r\n|\r|\n", text)
    return found[0] if found else "\n"


def _line_start(text: str, index: int) -> int:
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def _line_end(text: str, index: int) -> int:
    found = re.compile(r"[\r\n]").search(text, index)
    return found.start() if found else len(text)


def _column(text: str, index: int) -> int:
    return index - _line_start(text, index)


def _indent(text: str, index: int) -> int:
    line = text[_line_start(text, index) :]
    return len(line) - len(line.lstrip(" "))
