"""The regular expressions in the provider's binary, and what they are in Python.

A Go program passes a constant string to `regexp.MustCompile` as a pointer and a length, in two instructions before the
call. So the calls, the strings and the messages that the following instructions load can be read from the machine code.
"""

from __future__ import annotations

import mmap
import re
import struct
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["GoPatterns", "translated"]

# lea rax, [rip + string]; mov ebx, length (in either order); nop; call: https://go.dev/src/cmd/compile/abi-internal
_CALL = re.compile(
    rb"(?:\x48\x8d\x05(?P<string>....)\xbb(?P<length>....)|\xbb(?P<size>....)\x48\x8d\x05(?P<text>....))"
    rb"(?:\x66?\x90|\x66?\x0f\x1f(?:\x00|\x40.|\x44..))?\xe8(?P<target>....)",
    re.DOTALL,
)
_LOAD = re.compile(rb"(?:\x48\x8d[\x05\x1d\x0d\x15\x3d\x35]|\x4c\x8d[\x05\x0d\x15\x1d])(....)", re.DOTALL)
_SECTION = re.compile(r"\s*\[\s*\d+\]\s+(\.\S+)\s+\S+\s+([0-9a-f]+)\s+([0-9a-f]+)\s+([0-9a-f]+)")
_MAX_DISTANCE = 400
"""How many bytes after the call a message may be loaded."""
_MAX_SECONDS = 0.004
"""How long a pattern may take to refuse a text of 300 characters."""
_CLASSES = {
    "alpha": "A-Za-z", "digit": "0-9", "alnum": "0-9A-Za-z", "upper": "A-Z", "lower": "a-z", "word": "0-9A-Za-z_",
    "space": r"\t\n\x0b\f\r ", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~", "print": " -~", "graph": "!-~",
}  # fmt: skip


class GoPatterns:
    """The patterns of a binary.

    Attributes:
        every: all patterns, in Go's syntax.
    """

    def __init__(self, binary: Path) -> None:
        sections = subprocess.run(
            ["readelf", "-SW", binary], capture_output=True, text=True, check=True
        ).stdout
        found = {
            match[1]: tuple(int(number, 16) for number in match.groups()[1:])
            for match in map(_SECTION.match, sections.splitlines())
            if match
        }
        self._code, self._data = found[".text"], found[".rodata"]
        with binary.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        address, offset, size = self._code
        calls: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for match in _CALL.finditer(self._bytes, offset, offset + size):
            first = match["string"] is not None
            pointer = match.end("string" if first else "text") - offset + address
            (string,) = struct.unpack("<i", match["string"] or match["text"])
            (length,) = struct.unpack("<I", match["length"] or match["size"])
            (target,) = struct.unpack("<i", match["target"])
            end = match.end() - offset + address
            text = self._text(pointer + string, length)
            if text is not None:
                calls[end + target].append((match.end(), text))
        # The functions that compile patterns are those whose strings look like some.
        looks = Counter(
            {
                target: sum(text.startswith("^") and text.endswith("$") for _, text in texts)
                for target, texts in calls.items()
            }
        )
        self._calls = sorted(call for target, _ in looks.most_common(2) for call in calls[target])
        self.every = sorted({text for _, text in self._calls})

    def _text(self, address: int, length: int) -> str | None:
        base, offset, size = self._data
        begin = address - base + offset
        if not offset <= begin < offset + size or not 0 < length < 4000:
            return None
        try:
            return self._bytes[begin : begin + length].decode()
        except UnicodeDecodeError:
            return None

    def by_message(self, messages: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """The patterns that are compiled right before each message is loaded."""
        by_start: dict[bytes, list[tuple[str, bytes]]] = defaultdict(list)
        for message in messages:
            encoded = message.encode()
            by_start[encoded[:4]].append((message, encoded))
        (address, offset, _), (data_address, data_offset, data_size) = self._code, self._data
        found: dict[str, set[str]] = defaultdict(set)
        for number, (end, pattern) in enumerate(self._calls):
            following = self._calls[number + 1][0] if number + 1 < len(self._calls) else end + _MAX_DISTANCE
            for match in _LOAD.finditer(self._bytes, end, min(end + _MAX_DISTANCE, following)):
                (string,) = struct.unpack("<i", match[1])
                begin = match.end() - offset + address + string - data_address + data_offset
                if data_offset <= begin < data_offset + data_size:
                    for message, encoded in by_start.get(self._bytes[begin : begin + 4], ()):
                        if self._bytes[begin : begin + len(encoded)] == encoded:
                            found[message].add(pattern)
        return {message: frozenset(patterns) for message, patterns in found.items()}


def translated(pattern: str) -> str | None:
    """A pattern of https://pkg.go.dev/regexp/syntax in Python's syntax; None if that cannot be done, or is slow."""
    if re.search(r"\\[pPQC]|\{,\d|\[\[:\^|&&|\(\?[a-z]*[smU]", pattern):
        return None
    parts: list[str] = []
    position, inside = 0, False
    while position < len(pattern):
        two, one = pattern[position : position + 2], pattern[position]
        if two in (r"\s", r"\z"):
            blanks = r"\t\n\f\r "
            parts.append(r"\Z" if two == r"\z" else blanks if inside else f"[{blanks}]")
            position += 2
        elif one == "\\":
            parts.append(two)
            position += 2
        elif inside and two == "[:":
            name = pattern[position + 2 :].partition(":]")[0]
            if name not in _CLASSES:
                return None
            parts.append(_CLASSES[name])
            position += len(name) + 4
        else:
            if inside and one == "[":
                parts.append(r"\[")
            elif one == "$" and not inside:
                parts.append(r"\Z")
            else:
                parts.append(one)
            if one == "[" and not inside:
                inside = True
                after = pattern[position + 1 : position + 3]
                literal = 2 if after == "^]" else 1 if after.startswith("]") else 0
                parts.append(pattern[position + 1 : position + 1 + literal])
                position += literal
            elif one == "]" and inside:
                inside = False
            position += 1
    text = "".join(parts)
    try:
        compiled = re.compile(text, re.ASCII)
    except (re.error, OverflowError):
        return None
    return text if _is_fast(compiled) else None


def _is_fast(pattern: re.Pattern[str]) -> bool:
    # The lengths grow slowly, so that a pattern of exponential time is found before it takes minutes.
    for length in (*range(10, 40, 2), 60, 120, 300):
        for unit in ("a", "1", "-", ".", "/", "a-", "a.", "aA1"):
            text = (unit * length)[:length]
            # The best of three, because other processes delay one.
            if min(_seconds(pattern, f"{text}\n§") for _ in range(3)) > _MAX_SECONDS:
                return False
    return True


def _seconds(pattern: re.Pattern[str], text: str) -> float:
    start = time.process_time()
    pattern.search(text)
    return time.process_time() - start
