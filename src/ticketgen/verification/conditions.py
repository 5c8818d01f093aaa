"""Level 3, language: references of conditions, and data sources of a check.

Source: https://developer.hashicorp.com/terraform/language/expressions/custom-conditions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ticketgen.findings import Finding
from ticketgen.findings.verification import INVALID_CONDITION, MISPLACED_REFERENCE
from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import declared_in, declared_in_checks
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block

__all__ = ["check_conditions"]

_RULES: Final = ("precondition", "postcondition")
_PARTS: Final = ("condition", "error_message")


def check_conditions(module: Module) -> Iterator[Finding]:
    """Yield findings about the references of conditions, and to the data sources of checks."""
    for file in module.files:
        for block in file.body.blocks:
            if block.type == "variable" and block.labels:
                yield from _check_validations(module, block, file.path)
            elif block.type in {"resource", "data", "ephemeral"} and len(block.labels) == 2:
                yield from _check_own_address(module, block, file.path)
    yield from _check_scoped(module)


def _check_validations(module: Module, variable: Block, file: str) -> Iterator[Finding]:
    own = Address("var", "", variable.labels[0])
    for validation in variable.blocks("validation"):
        condition = validation.value("condition")
        references = module.references(condition) if condition is not None else ()
        # A condition without any reference has a finding already.
        if condition is not None and references and own not in {each.address for each in references}:
            message = f"the condition does not refer to {own}, which it validates"
            yield INVALID_CONDITION.found(message, f"refer to {own} in the condition", at=condition.at(file))


def _check_own_address(module: Module, block: Block, file: str) -> Iterator[Finding]:
    own = Address(block.type, *block.labels)
    for lifecycle in block.blocks("lifecycle"):
        for rule in lifecycle.body.blocks:
            for part in _PARTS if rule.type in _RULES else ():
                value = rule.value(part)
                for reference in module.references(value) if value is not None else ():
                    if reference.address == own:
                        message = f"a {rule.type} of {own} refers to {own} itself"
                        help = (
                            "write self"
                            if rule.type == "postcondition"
                            else "refer to the argument's own value"
                        )
                        yield MISPLACED_REFERENCE.found(message, help, at=reference.at(file))


def _check_scoped(module: Module) -> Iterator[Finding]:
    """Only the check that contains a data source may refer to it."""
    scoped = {each.address: each for each in declared_in_checks(module.files)}
    if not scoped:
        return
    for use in module.uses:
        if use.address not in scoped or use.address in module.first:
            continue
        own = {
            each.address
            for data in (use.block.blocks("data") if use.block.type == "check" else ())
            for each in declared_in(data, use.file)
        }
        if use.address not in own:
            message = f"{use.address} is declared in a check block, and only that block may refer to it"
            help = "declare the data source outside of the check block"
            yield MISPLACED_REFERENCE.found(message, help, at=use.reference.at(use.file))
