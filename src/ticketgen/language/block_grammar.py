"""How the language's blocks are declared: labels, arguments with their forms, and nested blocks.

The declarations are in the other modules of this package. They describe Terraform 1.11 and OpenTofu 1.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

__all__ = [
    "ANY_VALUE",
    "CONSTANT_SWITCH",
    "CONSTANT_TEXT",
    "UNCHECKED_BODY",
    "Argument",
    "BlockGrammar",
    "Form",
    "Inner",
    "Label",
    "Naming",
]


class Form(Enum):
    """The form of an argument: which expressions may stand there."""

    VALUE = auto()
    """Any expression."""
    CONSTANT = auto()
    """A constant that converts to the argument's type: no reference and no function call."""
    EARLY = auto()
    """As `CONSTANT`; in OpenTofu, also variables and local values."""
    MOCKED = auto()
    """As `CONSTANT`; after Terraform 1.11, also function calls."""
    KEYWORD = auto()
    """One of the argument's words, bare or in quotes."""
    BARE_KEYWORD = auto()
    """One of the argument's words, without quotes."""
    CONDITION = auto()
    """An expression with at least one reference."""
    TYPE = auto()
    """A type constraint."""
    VERSION = auto()
    """A constant version constraint."""
    SOURCE = auto()
    """The constant address of a module."""
    ADDRESSES = auto()
    """A list of references to whole objects."""
    PROVIDER = auto()
    """A provider configuration: ``NAME`` or ``NAME.ALIAS``."""
    PROVIDERS = auto()
    """An object whose keys and values are provider configurations."""
    IGNORED = auto()
    """A list of names of attributes, or ``all``."""
    TRIGGERS = auto()
    """A list of references to resources."""
    MOVED = auto()
    """The address of a module, of a resource, or of an instance of one."""
    REMOVED = auto()
    """The address of a module or resource, without instance keys."""
    IMPORTED = auto()
    """The address of an instance of a managed resource."""
    STATIC_REFERENCES = auto()
    """A list of references, which `terraform validate` does not resolve."""
    CHECKABLE = auto()
    """A list of references to objects whose conditions may fail in a test."""
    TARGET = auto()
    """The address of an object of the kind in the argument's words: ``resource``, ``data`` or ``module``."""
    TESTED_SOURCE = auto()
    """The constant address of a module that a test runs, which is local or in a registry."""
    ALIAS = auto()
    """A constant name."""
    ITERATOR = auto()
    """A bare name."""
    REQUIREMENT = auto()
    """A required provider: an object with a source and a version, or a version."""
    RESERVED = auto()
    """A name that Terraform keeps for later versions."""


class Naming(Enum):
    """What a label may be."""

    IDENTIFIER = auto()
    VARIABLE = auto()
    """An identifier that is no meta-argument of a module call."""
    PROVIDER = auto()
    """The local name of a provider."""
    CHOICE = auto()
    """One of the names in `BlockGrammar.by_label`."""
    ANY = auto()


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument.

    Attributes:
        form: which expressions may stand there.
        type: what a constant must convert to: a type as in a provider's schema.
        nullable: whether a constant may be null.
        words: the keywords of a keyword argument.
        required: whether every block must set it, except in an override file.
        opentofu: whether only OpenTofu has it.
    """

    form: Form = Form.VALUE
    type: object = "dynamic"
    nullable: bool = False
    words: tuple[str, ...] = ()
    required: bool = False
    opentofu: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a block: what it is, as in Terraform's messages, and which names it may have."""

    what: str
    naming: Naming = Naming.IDENTIFIER


@dataclass(frozen=True, slots=True)
class Inner:
    """A type of nested block.

    Attributes:
        block: what stands in it.
        required: whether there must be one.
        once: whether there may be only one.
        refusal: why the block may not stand here although Terraform knows its type; "" if it may.
        opentofu: whether only OpenTofu has it.
    """

    block: BlockGrammar
    required: bool = False
    once: bool = False
    refusal: str = ""
    opentofu: bool = False


@dataclass(frozen=True, slots=True)
class BlockGrammar:
    """What stands in a block.

    Attributes:
        labels: its labels, in order.
        arguments: its arguments by name.
        blocks: its nested blocks by type.
        others: what any other argument may be; None if there may be no other.
        open: whether other nested blocks may stand there, which the schema of a provider describes.
        exclusive: arguments of which only one may be set.
        one_of: arguments of which one must be set.
        by_label: the grammar for each value of its label; empty if the label does not matter.
    """

    labels: tuple[Label, ...] = ()
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    blocks: Mapping[str, Inner] = field(default_factory=dict)
    others: Argument | None = None
    open: bool = False
    exclusive: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    by_label: Mapping[str, BlockGrammar] = field(default_factory=dict)

    def offered(self, *, blocks: bool | None = None) -> tuple[str, ...]:
        """The names that Terraform accepts here: of blocks, of arguments, or of both."""
        arguments = (
            name
            for name, argument in self.arguments.items()
            if not argument.opentofu and argument.form is not Form.RESERVED
        )
        types = (name for name, inner in self.blocks.items() if not (inner.opentofu or inner.refusal))
        return (*(() if blocks is True else arguments), *(() if blocks is False else types))


ANY_VALUE: Final = Argument()
"""An argument that may be anything."""

CONSTANT_TEXT: Final = Argument(Form.CONSTANT, "string")
CONSTANT_SWITCH: Final = Argument(Form.CONSTANT, "bool")

UNCHECKED_BODY: Final = BlockGrammar(others=ANY_VALUE, open=True)
"""A body that the schema of a provider describes."""
