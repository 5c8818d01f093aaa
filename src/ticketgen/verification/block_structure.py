"""Level 3, language: blocks, labels and arguments, compared with the grammar of Terraform's own blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ticketgen.escaping import quoted
from ticketgen.findings import Finding, TextEdit
from ticketgen.findings.verification import (
    CONFLICTING_ARGUMENTS,
    INVALID_NAME,
    INVALID_OVERRIDE,
    MISSING_ATTRIBUTE,
    MISSING_BLOCK,
    RESERVED_NAME,
    TOO_MANY_BLOCKS,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_BLOCK,
    WRONG_LABELS,
)
from ticketgen.guesses import Guesses
from ticketgen.hcl.modules import Module, is_override
from ticketgen.hcl.static_addresses import is_name
from ticketgen.hcl.syntax import Attribute, Block, Body, File
from ticketgen.language.block_grammar import UNCHECKED_BODY, BlockGrammar, Label, Naming
from ticketgen.language.blocks import DYNAMIC, FILE, MODULE
from ticketgen.language.state_storage import REMOVED_BACKENDS
from ticketgen.misspellings import is_misspelling
from ticketgen.verification.argument_forms import check_form
from ticketgen.verification.argument_place import ArgumentPlace
from ticketgen.verification.corrections import as_argument, as_block, correct
from ticketgen.verification.source_addresses import provider_name_fault
from ticketgen.verification.version_constraints import allows

__all__ = ["check_structure", "check_test_structure", "requires_later"]

_REMOVED_PROVISIONERS: Final = frozenset({"chef", "habitat", "puppet", "salt-masterless"})
"""https://developer.hashicorp.com/terraform/language/v1.1.x/upgrade-guides/0-15#vendor-provisioners"""
_KNOWN_VERSION: Final = (1, 11, 999)
_LATER_VERSIONS: Final = (*((1, minor, 0) for minor in range(12, 100)), (2, 0, 0))
_RULES: Final = frozenset({"precondition", "postcondition", "validation"})
"""Blocks that an override file must not contain, as internal/configs/checks.go says."""
_ONLY_OPENTOFU: Final = "remove it: only OpenTofu has it"


def check_structure(module: Module, guesses: Guesses, *, opentofu: bool) -> Iterator[Finding]:
    """Yield findings about the blocks of a module.

    Args:
        module: the module.
        guesses: finds similar names for the help.
        opentofu: whether only OpenTofu reads the module.
    """
    is_later = requires_later(module)
    # Terraform 1.15 reads the variables with `const` before it installs modules.
    has_const = any(each.value("const") is not None for each in module.variables.values())
    accepts_more = opentofu or is_later or has_const
    for file in module.files:
        yield from _File(module, file, guesses, opentofu=accepts_more, later=is_later).check()


def check_test_structure(
    file: File, grammar: BlockGrammar, module: Module, guesses: Guesses, *, later: bool
) -> Iterator[Finding]:
    """Yield findings about the blocks of a file for ``terraform test``.

    Args:
        file: the file.
        grammar: what may stand in it.
        module: the module that it tests.
        guesses: finds similar names for the help.
        later: whether the module requires a version of Terraform that may have other blocks and arguments.
    """
    yield from _File(module, file, guesses, opentofu=later, later=later, grammar=grammar).check()


def requires_later(module: Module) -> bool:
    """Whether a module requires a version of Terraform that may have other blocks and arguments."""
    constraints = [block.value("required_version") for block in module.blocks("terraform")]
    return any(
        constraint is not None
        and not allows(constraint, _KNOWN_VERSION)
        and any(allows(constraint, each) for each in _LATER_VERSIONS)
        for constraint in constraints
    )


class _File:
    """The checks of one file."""

    def __init__(
        self,
        module: Module,
        file: File,
        guesses: Guesses,
        *,
        opentofu: bool,
        later: bool,
        grammar: BlockGrammar = FILE,
    ) -> None:
        self.module = module
        self.file = file
        self.guesses = guesses
        self.opentofu = opentofu
        self.later = later
        self.grammar = grammar
        self.is_override = is_override(file.path)
        self.json = file.path.endswith(".json.tf")

    def check(self) -> Iterator[Finding]:
        for attribute in self.file.body.attributes:
            message = f"the argument {attribute.name} is outside of any block"
            help, edits = "write it into a block", tuple[TextEdit, ...]()
            if attribute.name in self.grammar.blocks:
                help, edits = f"write {attribute.name} {{ … }}", as_block(attribute, self.file.path)
            yield UNKNOWN_ATTRIBUTE.found(message, help, at=attribute.at(self.file.path), edits=edits)
        yield from self.blocks(self.file.body, self.grammar, None)

    def blocks(self, body: Body, grammar: BlockGrammar, place: ArgumentPlace | None) -> Iterator[Finding]:
        seen: set[str] = set()
        for block in body.blocks:
            inner = grammar.blocks.get(block.type)
            at = block.at(self.file.path)
            here = self.place(block, place)
            if inner is None or (inner.opentofu and not self.opentofu):
                yield from self.other_block(block, grammar, here, place)
                continue
            if inner.refusal:
                message = f"the block {block.type} is not allowed here: {inner.refusal}"
                yield RESERVED_NAME.found(message, "remove or move the block", at=at)
                continue
            if inner.once and block.type in seen:
                message = f"there is more than one {block.type} block in {self.what(place)}"
                yield TOO_MANY_BLOCKS.found(message, "merge them into one block", at=at)
            seen.add(block.type)
            if self.is_override and block.type in _RULES:
                message = f"an override file contains a {block.type} block"
                yield INVALID_OVERRIDE.found(message, "move it into the overridden block", at=at)
            elif block.type == "connection" and not self.is_used(body, place):
                # Terraform reads only the header of a connection that no provisioner uses.
                yield from self.labels(block, inner.block, here)
            else:
                yield from self.block(block, inner.block, here)
        if place is not None and not self.is_override:
            missing = (name for name, each in grammar.blocks.items() if each.required and name not in seen)
            for name in missing:
                message = f"missing required block {name} in {self.what(place)}"
                at = place.block.at(self.file.path)
                yield MISSING_BLOCK.found(message, f"add {name} {{ … }}", at=at)

    def is_used(self, body: Body, place: ArgumentPlace | None) -> bool:
        """Whether a provisioner uses a connection in a body."""
        inside = place is not None and place.block.type == "provisioner"
        return inside or any(each.type == "provisioner" for each in body.blocks)

    def place(self, block: Block, outer: ArgumentPlace | None) -> ArgumentPlace:
        if outer is None:
            return ArgumentPlace(self.file.path, self.module, block, block, self.opentofu, self.json)
        return replace(outer, block=block)

    def what(self, place: ArgumentPlace | None) -> str:
        """The block of a place, for messages."""
        if place is None:
            return "the file"
        return " ".join([place.block.type, *map(quoted, place.block.labels)])

    def other_block(
        self, block: Block, grammar: BlockGrammar, here: ArgumentPlace, outer: ArgumentPlace | None
    ) -> Iterator[Finding]:
        """Check a block whose type the grammar does not name."""
        at = block.at(self.file.path)
        if block.type == "dynamic" and grammar.open:
            meta = block.labels[0] if block.labels else ""
            if meta in grammar.blocks:
                message = f"a dynamic block cannot generate {meta} blocks"
                yield UNKNOWN_BLOCK.found(message, f"write the {meta} block itself", at=at)
            else:
                yield from self.block(block, DYNAMIC, here)
        elif grammar.open:
            yield from self.block(block, UNCHECKED_BODY, here, labelled=False)
        elif not self.later:
            help, edits = correct(self.guesses, block.type, grammar.offered(blocks=True), at)
            if block.type in grammar.arguments:
                help, edits = f"write {block.type} = …", as_argument(block, self.file.path)
            elif not help and grammar.blocks.get(block.type):
                help = _ONLY_OPENTOFU
            message = f"unsupported block type {block.type} in {self.what(outer)}"
            yield UNKNOWN_BLOCK.found(message, help or "remove it", at=at, edits=edits)

    def block(
        self, block: Block, grammar: BlockGrammar, place: ArgumentPlace, *, labelled: bool = True
    ) -> Iterator[Finding]:
        """Check a block and everything in it."""
        if labelled:
            faults = list(self.labels(block, grammar, place))
            yield from faults
            if grammar.by_label:
                if len(block.labels) != 1 or block.labels[0] not in grammar.by_label:
                    return
                grammar = grammar.by_label[block.labels[0]]
        for attribute in block.body.attributes:
            argument = grammar.arguments.get(attribute.name, grammar.others)
            if argument is None and self.later:
                continue
            if argument is None or (argument.opentofu and not self.opentofu):
                yield self.other_argument(attribute, grammar, place)
            else:
                yield from check_form(argument, attribute, place)
        yield from self.exclusive(block, grammar)
        if not self.is_override:
            yield from self.missing(block, grammar, place)
        yield from self.blocks(block.body, grammar, place)

    def labels(self, block: Block, grammar: BlockGrammar, place: ArgumentPlace) -> Iterator[Finding]:
        at, needed = block.at(self.file.path), grammar.labels
        if len(block.labels) != len(needed):
            message = f"the block {block.type} has {len(block.labels)} labels instead of {len(needed)}"
            written = " ".join(f'"{label.what.upper()}"' for label in needed)
            help = f"write {block.type} {written}".rstrip()
            yield WRONG_LABELS.found(message, help, at=at)
            return
        for label, text in zip(needed, block.labels, strict=True):
            fault = self.label_fault(label, text, grammar)
            if fault:
                message = f"the {label.what} {quoted(text)} of the block {block.type} {fault}"
                help, edits = correct(self.guesses, text, grammar.by_label, at, INVALID_NAME.fix)
                yield INVALID_NAME.found(message, help, at=at, edits=edits)

    def label_fault(self, label: Label, text: str, grammar: BlockGrammar) -> str:
        match label.naming:
            case Naming.IDENTIFIER | Naming.VARIABLE if not is_name(text):
                return "is not valid"
            case Naming.VARIABLE if text in MODULE.arguments or text in MODULE.blocks:
                return "is reserved for the meta-arguments of module calls"
            case Naming.PROVIDER:
                return provider_name_fault(text)
            case Naming.CHOICE if text not in grammar.by_label:
                removed = text in REMOVED_BACKENDS or text in _REMOVED_PROVISIONERS
                known = ", ".join(grammar.by_label)
                return f"{'was removed from Terraform' if removed else 'does not exist'}; there are {known}"
        return ""

    def other_argument(self, attribute: Attribute, grammar: BlockGrammar, place: ArgumentPlace) -> Finding:
        name, at = attribute.name, attribute.at(self.file.path)
        message = f"unsupported argument {name} in {self.what(place)}"
        help, edits = correct(self.guesses, name, grammar.offered(blocks=False), at)
        if name in grammar.blocks:
            help, edits = f"write {name} {{ … }}", as_block(attribute, self.file.path)
        elif not help and name in grammar.arguments:
            help = _ONLY_OPENTOFU
        return UNKNOWN_ATTRIBUTE.found(message, help or "remove it", at=at, edits=edits)

    def exclusive(self, block: Block, grammar: BlockGrammar) -> Iterator[Finding]:
        given = [name for name in grammar.exclusive if block.attribute(name) is not None]
        if len(given) > 1:
            attribute = block.attribute(given[-1])
            assert attribute is not None
            message = f"{' and '.join(given)} exclude each other"
            yield CONFLICTING_ARGUMENTS.found(message, "remove one of them", at=attribute.at(self.file.path))

    def missing(self, block: Block, grammar: BlockGrammar, place: ArgumentPlace) -> Iterator[Finding]:
        escaped = {each.name for inner in block.blocks("_") for each in inner.body.attributes}
        for name, argument in grammar.arguments.items():
            if argument.required and block.attribute(name) is None and name not in escaped:
                message, help = f"missing required argument {name} in {self.what(place)}", f"set {name}"
                edits = self.misspelled(name, block, grammar)
                yield MISSING_ATTRIBUTE.found(message, help, at=block.at(self.file.path), edits=edits)
        if grammar.one_of and not any(block.attribute(name) for name in grammar.one_of):
            name = grammar.one_of[0]
            message = f"missing required argument {name} in {self.what(place)}"
            yield MISSING_ATTRIBUTE.found(message, f"set {name}", at=block.at(self.file.path))

    def misspelled(self, name: str, block: Block, grammar: BlockGrammar) -> tuple[TextEdit, ...]:
        """The correction of the argument that a missing one is probably written as, in a block of any arguments."""
        others = [each for each in block.body.attributes if each.name not in grammar.arguments]
        meant = [each for each in others if is_misspelling(each.name, name)] if grammar.others else []
        return tuple(TextEdit(each.at(self.file.path), each.name, name) for each in meant if len(meant) == 1)
