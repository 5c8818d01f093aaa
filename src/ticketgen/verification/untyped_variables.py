"""Variables without a type whose default implies one, each with the edit that adds it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from ticketgen.findings import Finding, TextEdit
from ticketgen.findings.verification import UNTYPED_VARIABLE
from ticketgen.hcl.syntax import Block, Expression, File, Literal, Tuple, Unary
from ticketgen.terraform_file_names import NATIVE_TESTS, SETTING_VARIABLES

__all__ = ["check_untyped"]

_TYPES: Final = ((bool, "bool"), (str, "string"), (int | float, "number"))
_OTHER_SETTINGS: Final = (SETTING_VARIABLES[1], *NATIVE_TESTS, ".tofutest.hcl")
_WORDS: Final = re.compile(r"[\w-]++")


def check_untyped(
    files: Mapping[str, File], lines: Mapping[str, list[str]], texts: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield one finding for each variable whose default has one of the simple types.

    Args:
        files: those that declare and set variables, by path.
        lines: those of each file.
        texts: all files of the directory.
    """
    set_otherwise = {
        word
        for path, text in texts.items()
        if path.endswith(_OTHER_SETTINGS)
        for word in _WORDS.findall(text)
    }
    given: dict[tuple[str, str], set[str]] = {}
    typed: set[tuple[str, str]] = set()
    for path, file in files.items():
        folder = posixpath.dirname(path)
        for attribute in file.body.attributes:
            given.setdefault((folder, attribute.name), set()).add(_type_of(attribute.value))
        for block in file.body.blocks:
            if block.type == "variable" and block.attribute("type") is not None:
                typed.update((folder, label) for label in block.labels)
    for path, file in files.items():
        for block in file.body.blocks:
            if block.type == "variable" and len(block.labels) == 1 and block.labels[0] not in set_otherwise:
                place = posixpath.dirname(path), block.labels[0]
                type = _shown_type(block)
                if type and place not in typed and given.get(place, {type}) == {type}:
                    yield from _missing(path, lines[path], block, type)


def _missing(path: str, lines: list[str], block: Block, type: str) -> Iterator[Finding]:
    first = min([*block.body.attributes, *block.body.blocks], key=lambda each: (each.line, each.column))
    indent = lines[first.line - 1][: first.column - 1]
    if not indent.strip() and first.line > block.line:
        message = f"the variable {block.labels[0]} has no type, and its default is of the type {type}"
        edit = TextEdit(first.at(path), "", f"type = {type}\n{indent}")
        yield UNTYPED_VARIABLE.found(message, f"write type = {type}", at=block.at(path), edits=(edit,))


def _shown_type(variable: Block) -> str:
    """The type that the default shows; "" if it shows none, or if the variable has a type."""
    default = variable.value("default")
    return _type_of(default) if default is not None and variable.attribute("type") is None else ""


def _type_of(value: Expression) -> str:
    """The type of a constant of a primitive type, or of a list of them; "" for any other value."""
    if isinstance(value, Unary):
        return "number" if value.operator == "-" and _type_of(value.operand) == "number" else ""
    if isinstance(value, Literal):
        return next((name for kind, name in _TYPES if isinstance(value.value, kind)), "")
    if isinstance(value, Tuple):
        types = {_type_of(item) if not isinstance(item, Tuple) else "" for item in value.items}
        return f"list({types.pop()})" if len(types) == 1 and "" not in types else ""
    return ""
