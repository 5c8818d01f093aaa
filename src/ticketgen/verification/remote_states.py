"""Level 4, schema: the backend of ``terraform_remote_state``, and the arguments that it gets.

Terraform checks them as soon as it knows all of them.
Sources: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/builtin/providers/terraform/data_source_state.go
and https://github.com/hashicorp/terraform/blob/v1.11.4/internal/backend/remote-state/s3/backend.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ticketgen.escaping import quoted
from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import (
    CONFLICTING_ARGUMENTS,
    INVALID_EXPRESSION,
    INVALID_NAME,
    MISSING_ATTRIBUTE,
    UNKNOWN_ATTRIBUTE,
    WRONG_TYPE,
)
from ticketgen.guesses import Guesses
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Literal, Object
from ticketgen.hcl.values import Value, is_known
from ticketgen.language.state_storage import BACKEND, REQUIRED_BY_REMOTE_STATES, SET_TO_NULL
from ticketgen.type_checking.conversions import mismatches
from ticketgen.type_checking.cty_types import CtyType, conversion_problem, kind_of
from ticketgen.type_checking.unification import structural_value
from ticketgen.verification.corrections import correct

__all__ = ["check_remote_states"]

_UNCHECKED: Final = frozenset({"cloud", "oci"})
"""The implementation of the block ``cloud``, which Terraform accepts here as well, and a backend of Terraform 1.12.

Source: https://github.com/hashicorp/terraform/blob/v1.12.0/internal/backend/init/init.go
"""
_PATHS: Final = frozenset({("s3", "key"), ("s3", "workspace_key_prefix")})
"""Arguments whose value must neither begin nor end with a slash."""
_ONE_OF: Final[Mapping[str, tuple[str, str]]] = {
    "s3": ("allowed_account_ids", "forbidden_account_ids"),
    "remote.workspaces": ("name", "prefix"),
}
"""Arguments of which only one may be set."""


def check_remote_states(
    module: Module, configuration: Configuration, values: Evaluator, guesses: Guesses
) -> Iterator[Finding]:
    """Yield findings about the remote states that a module reads."""
    for declared in module.resources:
        # Terraform 0.11 took the argument `config` as a block.
        is_state = declared.address.kind == "data" and declared.type == "terraform_remote_state"
        if is_state and not declared.block.blocks("config"):
            found = list(_check(declared, guesses))
            yield from found
            if not found:
                scopes = configuration.scopes[module.folder]
                every = [[*_check_values(declared, values, scope, configuration.budget)] for scope in scopes]
                yield from min(every, key=len, default=[])  # what is wrong in every call


def _check(declared: Declaration, guesses: Guesses) -> Iterator[Finding]:
    backend, config = declared.value("backend"), declared.value("config")
    if not isinstance(backend, Literal) or not isinstance(backend.value, str) or backend.value in _UNCHECKED:
        return
    name = backend.value
    grammar = BACKEND.by_label.get(name)
    if grammar is None:
        meant = guesses.did_you_mean(name, BACKEND.by_label)
        yield _unknown_backend(declared, name, backend.at(declared.file), meant)
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


def _check_values(
    declared: Declaration, values: Evaluator, scope: Scope, budget: Budget
) -> Iterator[Finding]:
    """Check a configuration that is known as a whole."""
    written, config = declared.value("backend"), declared.value("config")
    name, given = values.of(written, scope), values.of(config, scope)
    if written is None or not isinstance(name, str) or name in _UNCHECKED:
        return
    at = (config or written).at(declared.file)
    grammar = BACKEND.by_label.get(name)
    if grammar is None:
        yield _unknown_backend(declared, name, written.at(declared.file))
        return
    if not is_known(given):
        return
    subject = f"the backend {quoted(name)} in {declared.address}"
    if given is not None and not isinstance(given, dict):
        yield WRONG_TYPE.found(f"config of {subject} is not an object", "write { … }", at=at)
        return
    fields: Mapping[str, Value] = given or {}
    for key, value in fields.items():
        argument = grammar.arguments.get(key)
        if argument is None and key not in grammar.blocks:
            yield UNKNOWN_ATTRIBUTE.found(f"unsupported argument {key} of {subject}", "remove it", at=at)
        elif argument is not None and conversion_problem(
            structural_value(value, budget), _with_optional(argument.type), budget
        ):
            yield WRONG_TYPE.found(f"{key} of {subject} has the wrong type", at=at)
    yield from _missing(name, fields, subject, at)
    yield from _excluding(name, fields, subject, at)
    chosen = fields.get("workspaces")
    if name == "remote" and not (
        isinstance(chosen, dict) and any(map(chosen.get, _ONE_OF["remote.workspaces"]))
    ):
        message = f"workspaces of {subject} has neither name nor prefix"
        yield MISSING_ATTRIBUTE.found(message, "set one of them", at=at)
    for key, value in fields.items():
        inner = grammar.blocks.get(key)
        if inner is not None and not isinstance(value, dict | list | None):
            yield WRONG_TYPE.found(f"{key} of {subject} is not an object", "write { … }", at=at)
        if not isinstance(value, dict):
            yield from _wrong_texts(name, key, value, subject, at)
            continue
        for field in value if inner is not None else ():
            if inner is not None and field not in inner.block.arguments:
                message = f"unsupported argument {key}.{field} of {subject}"
                yield UNKNOWN_ATTRIBUTE.found(message, "remove it", at=at)
        yield from _missing(f"{name}.{key}", value, subject, at, f"{key}.")
        yield from _excluding(f"{name}.{key}", value, subject, at)


def _unknown_backend(declared: Declaration, name: str, at: Location, meant: str = "") -> Finding:
    message = f"backend of {declared.address} is {quoted(name)}, which does not exist"
    return INVALID_NAME.found(message, meant or f"use one of {', '.join(BACKEND.by_label)}", at=at)


def _with_optional(type: CtyType) -> CtyType:
    """The type with optional attributes only; `_missing` checks the required ones."""
    return ["object", type[1], frozenset(type[1])] if kind_of(type) == "object" else type


def _missing(
    place: str, fields: Mapping[str, Value], subject: str, at: Location, prefix: str = ""
) -> Iterator[Finding]:
    for name in REQUIRED_BY_REMOTE_STATES.get(place, ()):
        if name not in fields or (fields[name] is None and place not in SET_TO_NULL):
            message = f"missing required argument {prefix}{name} of {subject}"
            yield MISSING_ATTRIBUTE.found(message, f"set {name}", at=at)


def _excluding(place: str, fields: Mapping[str, Value], subject: str, at: Location) -> Iterator[Finding]:
    names = _ONE_OF.get(place, ())
    if names and all(fields.get(name) is not None for name in names):
        message = f"{subject} has both {' and '.join(names)}"
        yield CONFLICTING_ARGUMENTS.found(message, "remove one of them", at=at)


def _wrong_texts(backend: str, name: str, value: Value, subject: str, at: Location) -> Iterator[Finding]:
    if not isinstance(value, str):
        return
    reason = ""
    if (backend, name) in _PATHS and value.strip("/") != value:
        reason = "begins or ends with a slash"
    elif backend == "s3" and name in REQUIRED_BY_REMOTE_STATES[backend] and not value.strip():
        reason = "is empty"
    elif (backend, name) == ("s3", "key") and "//" in value:
        reason = "contains //"
    if reason:
        message = f"{name} of {subject} {reason}"
        yield INVALID_EXPRESSION.found(message, "correct it", at=at)
