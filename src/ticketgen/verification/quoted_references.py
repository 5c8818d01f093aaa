"""Level 3, language: references and keywords in quotes, as in Terraform 0.11, which Terraform deprecates.

Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/compat_shim.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import DEPRECATED
from ticketgen.hcl.static_addresses import static_reference
from ticketgen.hcl.syntax import Attribute, Expression, Literal, Object, Tuple
from ticketgen.language.block_grammar import Argument, Form
from ticketgen.verification.argument_place import ArgumentPlace
from ticketgen.verification.corrections import unquoted

__all__ = ["quoted_faults"]


def quoted_faults(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """Yield a warning for each reference or keyword in quotes that an argument still accepts."""
    for node in _references(argument, attribute.value):
        if isinstance(node, Literal) and static_reference(node) is not None:
            what = "the keyword" if argument.form is Form.KEYWORD else "the reference"
            message = f"{what} {node.value} in {attribute.name} is in quotes, which is deprecated"
            edits = unquoted(node, place.file)
            yield DEPRECATED.found(message, "remove the quotes", at=node.at(place.file), edits=edits)


def _references(argument: Argument, value: Expression) -> Iterable[Expression]:
    match argument.form:
        case Form.KEYWORD if isinstance(value, Literal) and value.value in argument.words:
            return (value,)
        case Form.PROVIDER:
            return (value,)
        case Form.ADDRESSES | Form.IGNORED | Form.STATIC_REFERENCES | Form.CHECKABLE if isinstance(
            value, Tuple
        ):
            return value.items
        case Form.PROVIDERS if isinstance(value, Object):
            return (item.value for item in value.items)
    return ()
