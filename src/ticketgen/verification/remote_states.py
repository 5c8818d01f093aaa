"""Level 4, schema: the backend of ``terraform_remote_state``, and the arguments that it gets.

Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/builtin/providers/terraform/data_source_state.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ticketgen.escaping import quoted
from ticketgen.findings import Finding
from ticketgen.findings.verification import INVALID_NAME, UNKNOWN_ATTRIBUTE, WRONG_TYPE
from ticketgen.guesses import Guesses
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Literal, Object
from ticketgen.language.state_storage import BACKEND
from ticketgen.type_checking.conversions import mismatches
from ticketgen.verification.corrections import correct

__all__ = ["check_remote_states"]

_UNCHECKED: Final = frozenset({"cloud", "oci"})
"""The implementation of the block ``cloud``, which Terraform accepts here as well, and a backend of Terraform 1.12.

Source: https://github.com/hashicorp/terraform/blob/v1.12.0/internal/backend/init/init.go
"""


def check_remote_states(module: Module, guesses: Guesses) -> Iterator[Finding]:
    """Yield findings about the remote states that a module reads."""
    for declared in module.resources:
        if declared.address.kind == "data" and declared.type == "terraform_remote_state":
            yield from _check(declared, guesses)


def _check(declared: Declaration, guesses: Guesses) -> Iterator[Finding]:
    backend, config = declared.value("backend"), declared.value("config")
    if not isinstance(backend, Literal) or not isinstance(backend.value, str) or backend.value in _UNCHECKED:
        return
    name = backend.value
    grammar = BACKEND.by_label.get(name)
    if grammar is None:
        at = backend.at(declared.file)
        message = f"backend of {declared.address} is {quoted(name)}, which does not exist"
        known = ", ".join(BACKEND.by_label)
        yield INVALID_NAME.found(
            message, guesses.did_you_mean(name, BACKEND.by_label) or f"use one of {known}", at=at
        )
        return
    for item in config.items if isinstance(config, Object) else ():
        key = item.key
        if not isinstance(key, Literal) or not isinstance(key.value, str):
            continue
        at = item.at(declared.file)
        argument = grammar.arguments.get(key.value)
        if argument is None and key.value not in grammar.blocks:
            message = f"unsupported argument {key.value} of the backend {quoted(name)} in {declared.address}"
            offered = (*grammar.arguments, *grammar.blocks)
            help, edits = correct(guesses, key.value, offered, at, "remove it")
            yield UNKNOWN_ATTRIBUTE.found(message, help, at=at, edits=edits)
        elif argument is not None and any(mismatches(item.value, argument.type)):
            message = f"{key.value} of the backend {quoted(name)} in {declared.address} has the wrong type"
            yield WRONG_TYPE.found(message, at=item.value.at(declared.file))
