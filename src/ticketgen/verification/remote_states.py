"""Level 4, schema: the backend of ``terraform_remote_state``, and the arguments that it gets.

Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/builtin/providers/terraform/data_source_state.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ticketgen.escaping import quoted
from ticketgen.findings import Finding
from ticketgen.findings.verification import INVALID_NAME, UNKNOWN_ATTRIBUTE
from ticketgen.guesses import Guesses
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Literal, Object
from ticketgen.language.state_storage import BACKEND
from ticketgen.verification.corrections import correct

__all__ = ["check_remote_states"]

_CLOUD: Final = "cloud"
"""The implementation of the block ``cloud``, which Terraform accepts here as well: internal/backend/init/init.go."""


def check_remote_states(module: Module, guesses: Guesses) -> Iterator[Finding]:
    """Yield findings about the remote states that a module reads."""
    for declared in module.resources:
        if declared.address.kind == "data" and declared.type == "terraform_remote_state":
            yield from _check(declared, guesses)


def _check(declared: Declaration, guesses: Guesses) -> Iterator[Finding]:
    backend, config = declared.value("backend"), declared.value("config")
    if not isinstance(backend, Literal) or not isinstance(backend.value, str) or backend.value == _CLOUD:
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
        if isinstance(key, Literal) and isinstance(key.value, str):
            accepted = key.value in grammar.arguments or key.value in grammar.blocks
            if not accepted:
                at = item.at(declared.file)
                message = (
                    f"unsupported argument {key.value} of the backend {quoted(name)} in {declared.address}"
                )
                help, edits = correct(
                    guesses, key.value, (*grammar.arguments, *grammar.blocks), at, "remove it"
                )
                yield UNKNOWN_ATTRIBUTE.found(message, help, at=at, edits=edits)
