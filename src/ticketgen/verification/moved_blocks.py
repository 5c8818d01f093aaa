"""Level 3, language: whether the ``moved``, ``removed`` and ``import`` blocks of a module agree with each other.

Sources: https://developer.hashicorp.com/terraform/language/block/moved,
https://developer.hashicorp.com/terraform/language/block/removed,
https://developer.hashicorp.com/terraform/language/block/import and
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/refactoring/move_validate.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import INVALID_IMPORT, INVALID_MOVE
from ticketgen.hcl.address import Address
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.static_addresses import Endpoint, InvalidAddress, endpoint, static_reference, without_keys
from ticketgen.hcl.syntax import Block, Expression, Literal, Object, Tuple

__all__ = ["check_moves"]


class _Move(NamedTuple):
    source: Endpoint
    target: Endpoint
    location: Location


def check_moves(module: Module, folders: Mapping[str, Module], *, is_called: bool) -> Iterator[Finding]:
    """Yield findings about the blocks that move, remove and import objects.

    Args:
        module: the module that contains them.
        folders: all modules of the directory, by folder.
        is_called: whether another module calls it, so that it is no root module.
    """
    moves: list[_Move] = []
    imports: dict[Endpoint, Location] = {}
    for file in module.files:
        for block in file.body.blocks:
            at = block.at(file.path)
            if block.type == "moved":
                source, target = (_endpoint(block.value(name)) for name in ("from", "to"))
                if source is not None and target is not None:
                    moves.append(_Move(source, target, at))
            elif block.type == "removed":
                removed = _endpoint(block.value("from"))
                if removed is not None and _is_declared(module, removed):
                    message = f"{removed} is still declared, but a removed block declares its removal"
                    yield INVALID_MOVE.found(message, f"remove {removed}, or the removed block", at=at)
            elif block.type == "import":
                yield from _check_import(module, folders, block, file.path, imports)
                if is_called:
                    message = "an import block is in a called module, but Terraform accepts it only in a root module"
                    yield INVALID_IMPORT.found(message, "move it to the root module", at=at)
    yield from _check_moved(module, moves)


def _endpoint(value: Expression | None, *, any_keys: bool = False) -> Endpoint | None:
    """The endpoint in an argument; None if it is missing or invalid, which the argument's form reports."""
    if value is None:
        return None
    reference = static_reference(value, quoted=False) or (without_keys(value) if any_keys else None)
    try:
        return endpoint(reference) if reference is not None else None
    except InvalidAddress:
        return None


def _address(found: Endpoint) -> Address:
    """The address of an endpoint in its own module."""
    return (
        Address(found.kind, found.type, found.name)
        if found.kind
        else Address("module", "", found.modules[-1])
    )


def _is_declared(module: Module, found: Endpoint) -> bool:
    """Whether the module itself declares the object, as far as that is known."""
    inside = len(found.modules) > (0 if found.kind else 1)
    return not inside and _address(found) in module.first


def _check_moved(module: Module, moves: list[_Move]) -> Iterator[Finding]:
    # An object and its only instance are different objects here, as for Terraform.
    sources: dict[tuple[Endpoint, bool], _Move] = {}
    targets: dict[tuple[Endpoint, bool], _Move] = {}
    for move in moves:
        source, target, at = move
        if bool(source.kind) != bool(target.kind):
            message = (
                f"a moved block moves {source} to {target}: one is a resource, and the other is a module"
            )
            yield INVALID_MOVE.found(message, "write two resources or two modules", at=at)
            continue
        if source == target:
            message = f"a moved block moves {source} to itself"
            yield INVALID_MOVE.found(message, "remove the moved block, or correct an address", at=at)
            continue
        is_instance = source.is_instance or target.is_instance
        from_key, to_key = (source, is_instance), (target, is_instance)
        earlier = sources.get(from_key) or targets.get(to_key)
        if earlier is not None and (earlier.source, earlier.target) != (source, target):
            other = f"another moves {earlier.source} to {earlier.target}"
            message = f"a moved block moves {source} to {target}, but {other}"
            yield INVALID_MOVE.found(message, "move each object once", at=at)
            continue
        sources[from_key] = targets[to_key] = move
    whole = {source: move for (source, is_instance), move in sources.items() if not is_instance}
    yield from _check_chains(whole)
    for source, move in whole.items():
        is_own = not source.has_keys and not move.target.has_keys
        if is_own and _is_declared(module, source) and not _repeats(module, source):
            message = f"{source} is still declared, but a moved block moves it to {move.target}"
            yield INVALID_MOVE.found(message, f"remove or rename {source}", at=move.location)


def _repeats(module: Module, found: Endpoint) -> bool:
    block = module.first[_address(found)].block
    return any(block.attribute(name) is not None for name in ("count", "for_each"))


def _check_chains(sources: Mapping[Endpoint, _Move]) -> Iterator[Finding]:
    done: set[Endpoint] = set()
    for start, move in sources.items():
        path: dict[Endpoint, None] = {}
        current = start
        while current in sources and current not in done and current not in path:
            path[current] = None
            current = sources[current].target
        if current in path:
            message = f"the moved blocks move {current} in a circle"
            yield INVALID_MOVE.found(message, "remove one of the moved blocks", at=move.location)
        done |= path.keys()


def _check_import(
    module: Module, folders: Mapping[str, Module], block: Block, file: str, imports: dict[Endpoint, Location]
) -> Iterator[Finding]:
    to, identity = block.value("to"), block.value("id")
    is_loop = block.attribute("for_each") is not None
    found = _endpoint(to, any_keys=is_loop)
    if to is None or found is None or found.kind != "resource":
        return
    at = to.at(file)
    if not is_loop and found in imports:
        message = f"{found} is imported twice; the other import block is at {imports[found]}"
        yield INVALID_IMPORT.found(message, "remove one of the two", at=at)
    imports.setdefault(found, block.at(file))
    if isinstance(identity, Literal) and identity.value in (None, ""):
        message = f"the id of {found} is {'null' if identity.value is None else 'empty'}"
        yield INVALID_IMPORT.found(message, "write the id of the existing object", at=identity.at(file))
    if isinstance(identity, Tuple | Object):
        message = f"the id of {found} is not a string"
        yield INVALID_IMPORT.found(message, "write the id of the existing object", at=identity.at(file))
    own = Address("resource", found.type, found.name)
    for reference in module.references(identity) if identity is not None else ():
        if not found.modules and reference.address == own:
            message = f"the id of {found} depends on {own} itself"
            yield INVALID_IMPORT.found(message, "write the id of the existing object", at=reference.at(file))
    yield from _check_target(module, folders, found, at, is_loop=is_loop)


def _check_target(
    module: Module, folders: Mapping[str, Module], found: Endpoint, at: Location, *, is_loop: bool
) -> Iterator[Finding]:
    owner: Module | None = module
    for name in found.modules:
        call = owner.calls.get(name) if owner is not None else None
        folder = source_folder(owner, call.block) if owner is not None and call is not None else None
        owner = folders.get(folder) if folder is not None else None
    if owner is None or not owner.complete:
        return
    declared = owner.first.get(_address(replace(found, key=None)))
    if declared is None:
        if found.modules:
            message = f"{found} is not declared, so it cannot be imported"
            yield INVALID_IMPORT.found(message, "declare the resource in the module", at=at)
        elif found.key is not None or is_loop:
            message = f"{found} is not declared, and Terraform generates only single resources"
            yield INVALID_IMPORT.found(message, "declare the resource, or import a single object", at=at)
        return
    counted, named = (declared.block.attribute(name) is not None for name in ("count", "for_each"))
    expected = "a number" if counted else "a string" if named else "none"
    is_right = (
        found.key is None
        if not counted and not named
        else found.key is not None and (is_loop or isinstance(found.key, int) == counted)
    )
    if not is_right:
        message = f"the instance key of {found} does not fit {declared.address}, whose keys are {expected}"
        help = "remove the key" if expected == "none" else f"write {expected} as the key"
        yield INVALID_IMPORT.found(message, help, at=at)
