"""The place of an argument in Terraform's own blocks."""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block

__all__ = ["ArgumentPlace"]


@dataclass(frozen=True, slots=True)
class ArgumentPlace:
    """Where an argument stands.

    Attributes:
        file: the path of the file.
        module: the module of the file.
        top: the top-level block around it.
        block: the block that contains it.
        opentofu: whether OpenTofu or a later version of Terraform reads the module, which accept more.
        json: whether the file is a translation from JSON, where every keyword and address is a string.
    """

    file: str
    module: Module
    top: Block
    block: Block
    opentofu: bool
    json: bool
