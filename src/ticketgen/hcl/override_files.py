"""Merge override files into the files that they override, as Terraform does before it reads a module.

Source: https://developer.hashicorp.com/terraform/language/files/override
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from ticketgen.findings import Location
from ticketgen.hcl.declarations import provider_address
from ticketgen.hcl.modules import is_override
from ticketgen.hcl.syntax import Attribute, Block, Body, File

__all__ = ["OverrideLines", "merge_overrides"]

_MERGED_BLOCKS: Final = frozenset({"lifecycle", "required_providers"})
"""Nested blocks whose arguments are merged; all others replace those of their type."""
_PLACES_OF_STATES: Final = frozenset({"backend", "cloud"})
"""Nested blocks of ``terraform`` that replace each other."""
_NOT_OVERRIDDEN: Final = frozenset({"check", "import", "moved", "removed"})
"""Blocks that Terraform takes from override files as from any other."""

_LINES: Final = 1 << 24
"""More lines than a file can have."""

_Key: TypeAlias = tuple[str, ...]


class OverrideLines:
    """The lines of override files, which differ from those of all other files.

    So the line of a merged argument tells which file it is from.

    Args:
        paths: the files of a directory.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = sorted(path for path in paths if is_override(path))
        self._first = {path: number * _LINES + 1 for number, path in enumerate(self._paths, 1)}

    def first_line(self, path: str) -> int:
        """The number of the first line of a file."""
        return self._first.get(path, 1)

    def place(self, location: Location) -> Location:
        """A location as the user knows it."""
        number, line = divmod(location.line, _LINES)
        return replace(location, file=self._paths[number - 1], line=line) if number else location


def merge_overrides(files: Iterable[File]) -> tuple[File, ...]:
    """The files of some folders, with their override files merged into the others.

    An override without the block that it would change is left out: Terraform refuses it. A merged argument keeps its
    line, but counts as part of the file of the block: `OverrideLines` tells the two apart.

    Args:
        files: of any number of folders, in any order.
    """
    every = sorted(files, key=lambda file: file.path)
    overrides = [file for file in every if is_override(file.path)]
    if not overrides:
        return tuple(every)
    blocks = {file.path: list(file.body.blocks) for file in every if not is_override(file.path)}
    of_folder: dict[str, list[list[Block]]] = {}
    for path, found in blocks.items():
        of_folder.setdefault(posixpath.dirname(path), []).append(found)
    overridden: dict[str, _Overridden] = {}
    for override in overrides:
        folder = posixpath.dirname(override.path)
        if folder not in overridden:
            overridden[folder] = _Overridden(of_folder.get(folder, []))
        added = list(_applied(override, overridden[folder]))
        if added:
            blocks[override.path] = added
            overridden[folder].files.append(added)
    return tuple(
        replace(file, body=Body(file.body.attributes, tuple(blocks[file.path])))
        for file in every
        if file.path in blocks
    )


class _Overridden:
    """The blocks of a folder, and where those are that an override may change.

    Attributes:
        files: the blocks of each file.
        first: the file and the index of the first block of each key.
        locals: the same of the first block that sets each local.
    """

    def __init__(self, files: list[list[Block]]) -> None:
        self.files = files
        self.first: dict[_Key, tuple[list[Block], int]] = {}
        self.locals: dict[str, tuple[list[Block], int]] = {}
        for blocks in files:
            for index, block in enumerate(blocks):
                place = blocks, index
                self.first.setdefault(_key(block), place)
                for attribute in block.body.attributes if block.type == "locals" else ():
                    self.locals.setdefault(attribute.name, place)


def _applied(override: File, here: _Overridden) -> Iterator[Block]:
    """Apply a file to the blocks of the others, and yield those of its blocks that stand for themselves."""
    for block in override.body.blocks:
        if block.type in _NOT_OVERRIDDEN:
            yield block
        elif block.type == "locals":
            _override_locals(block, here)
        elif block.type == "terraform":
            if not any(each.type == "terraform" for blocks in here.files for each in blocks):
                yield block
            _override_settings(block, here.files)
        else:
            _override(block, here)


def _override_settings(override: Block, files: Sequence[list[Block]]) -> None:
    """Merge a ``terraform`` block, of which a module may have several, into those that have what it overrides."""
    places = [(blocks, at) for blocks in files for at, each in enumerate(blocks) if each.type == "terraform"]
    if not places:
        return
    given = override.blocks("required_providers")
    providers = {each.name for block in given for each in block.body.attributes}
    for blocks, at in places[1:]:
        own = blocks[at]
        names = {each.name for block in own.blocks("required_providers") for each in block.body.attributes}
        mine = [_only(block, names & providers) for block in given if names & providers]
        inner = [
            each for each in own.body.blocks if not (_states(override) and each.type in _PLACES_OF_STATES)
        ]
        own = replace(own, body=Body(own.body.attributes, tuple(inner)))
        blocks[at] = _merged(own, replace(override, body=Body((), tuple(mine))))
        providers -= names
    others = [each for each in override.body.blocks if each.type != "required_providers"]
    mine = [_only(block, providers) for block in given if providers]
    blocks, at = places[0]
    body = Body(override.body.attributes, (*others, *mine))
    blocks[at] = _merged(blocks[at], replace(override, body=body))


def _states(block: Block) -> bool:
    return any(each.type in _PLACES_OF_STATES for each in block.blocks())


def _only(block: Block, names: Collection[str]) -> Block:
    """A block with some of its attributes."""
    return replace(block, body=Body(tuple(each for each in block.body.attributes if each.name in names)))


def _override_locals(override: Block, here: _Overridden) -> None:
    """Replace each local where it is first set."""
    changes: dict[int, tuple[list[Block], int, list[Attribute]]] = {}
    for attribute in override.body.attributes:
        place = here.locals.get(attribute.name)
        if place is not None:
            changes.setdefault(id(place), (*place, []))[2].append(attribute)
    for blocks, index, given in changes.values():
        block = blocks[index]
        body = Body(_merged_attributes(block.body, given), block.body.blocks)
        blocks[index] = replace(block, body=body)


def _override(override: Block, here: _Overridden) -> None:
    """Merge a block into the first one of the same address."""
    place = here.first.get(_key(override))
    if place is not None:
        blocks, index = place
        blocks[index] = _merged(blocks[index], override)


def _key(block: Block) -> _Key:
    if block.type == "provider" and block.labels:
        return ("provider", str(provider_address(block)))
    return (block.type, *block.labels)


def _merged(block: Block, override: Block) -> Block:
    attributes = _merged_attributes(block.body, override.body.attributes)
    inner = list(block.body.blocks)
    for type in dict.fromkeys(each.effective_type for each in override.body.blocks):
        given = [each for each in override.body.blocks if each.effective_type == type]
        own = [each for each in inner if each.effective_type == type]
        if type in _MERGED_BLOCKS and own:
            for each in given:
                own[0] = _merged(own[0], each)
            given = own
        replaced = _PLACES_OF_STATES if block.type == "terraform" and type in _PLACES_OF_STATES else {type}
        inner = [each for each in inner if each.effective_type not in replaced] + given
    overridden = block.overridden or block
    return replace(block, body=Body(attributes, tuple(inner)), overridden=overridden)


def _merged_attributes(body: Body, given: Iterable[Attribute]) -> tuple[Attribute, ...]:
    new = {each.name: each for each in given}
    kept = tuple(new.pop(each.name, each) for each in body.attributes)
    return (*kept, *new.values())
