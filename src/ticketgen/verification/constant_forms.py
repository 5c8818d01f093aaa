"""Level 3, language: arguments that Terraform reads before it evaluates anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ticketgen.escaping import quoted
from ticketgen.findings import Finding, Severity, TextEdit
from ticketgen.findings.verification import (
    INVALID_ADDRESS,
    INVALID_NAME,
    INVALID_SOURCE,
    INVALID_TYPE_CONSTRAINT,
    INVALID_VERSION_CONSTRAINT,
    NOT_CONSTANT,
    UNKNOWN_ATTRIBUTE,
    WRONG_TYPE,
)
from ticketgen.hcl.static_addresses import is_name, static_reference
from ticketgen.hcl.syntax import Attribute, Call, Expression, GetAttribute, Literal, Object, Tuple
from ticketgen.hcl.traversal import free_references, nested
from ticketgen.language.block_grammar import Argument
from ticketgen.misspellings import meant_name
from ticketgen.type_checking.conversions import is_null, mismatches
from ticketgen.verification.argument_place import ArgumentPlace
from ticketgen.verification.corrections import quoted_edit
from ticketgen.verification.source_addresses import (
    is_remote_module,
    is_version_constraint,
    module_fault,
    provider_fault,
    provider_name_fault,
)
from ticketgen.verification.type_constraints import corrected_type, optional_defaults, type_faults

__all__ = [
    "alias_form",
    "constant_faults",
    "constant_form",
    "early_form",
    "mocked_form",
    "requirement_form",
    "source_form",
    "tested_source_form",
    "type_form",
    "version_form",
]

_FOLDER: Final = re.compile(r"\w[\w-]*+(?:/\w[\w-]*+)*+")
"""A path that lacks only the ``./`` before it."""
_REQUIREMENT: Final = ("source", "version", "configuration_aliases")
"""https://developer.hashicorp.com/terraform/language/providers/requirements"""


def constant_faults(name: str, value: Expression, file: str) -> Iterator[Finding]:
    """Yield findings about references and function calls in a value that must be constant."""
    if isinstance(value, Literal):
        return
    for reference in free_references(value):
        message = f"{name} refers to {reference.root}, but it must be a constant"
        yield NOT_CONSTANT.found(message, at=reference.at(file))
    for each in nested(value):
        if isinstance(each, Call):
            message = f"{name} calls the function {each.name}, but it must be a constant"
            yield NOT_CONSTANT.found(message, "write the result of the function", at=each.at(file))


def constant_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A constant of the argument's type."""
    faults = list(constant_faults(attribute.name, attribute.value, place.file))
    yield from faults
    if not faults:
        yield from _wrong_type(argument, attribute, place)


def early_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A constant, except in OpenTofu."""
    if not place.opentofu:
        yield from constant_form(argument, attribute, place)


def mocked_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A constant; a warning about each function call, which Terraform accepts since some version after 1.11.

    Source: the test data ``internal/command/testdata/test/simple_pass_function`` of Terraform 1.17.
    """
    if place.opentofu:
        return
    calls = {each.at(place.file) for each in nested(attribute.value) if isinstance(each, Call)}
    for finding in constant_form(argument, attribute, place):
        is_call = finding.rule == NOT_CONSTANT.id and finding.location in calls
        yield replace(finding, severity=Severity.WARNING) if is_call else finding


def _wrong_type(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    if is_null(attribute.value):
        if not argument.nullable:
            message = f"{attribute.name} is null, but needs a value"
            yield WRONG_TYPE.found(message, "remove it, or write a value", at=attribute.value.at(place.file))
        return
    for node, required, actual in mismatches(attribute.value, argument.type):
        message = f"inappropriate value for {attribute.name}: {required} is required, not {actual}"
        yield WRONG_TYPE.found(message, f"write {required}", at=node.at(place.file))


def type_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A type constraint."""
    for node, message, help in type_faults(attribute.value):
        at, corrected = node.at(place.file), corrected_type(node)
        edits = (TextEdit(at, *corrected),) if corrected else ()
        yield INVALID_TYPE_CONSTRAINT.found(message, help, at=at, edits=edits)
    for default in optional_defaults(attribute.value):
        yield from constant_faults("the default of optional(…)", default, place.file)


def version_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A version constraint."""
    if place.top.type == "module" and place.opentofu:
        return
    faults = list(constant_faults(attribute.name, attribute.value, place.file))
    yield from faults
    if not faults:
        yield from _version_faults(attribute.name, attribute.value, place)


def _version_faults(name: str, value: Expression, place: ArgumentPlace) -> Iterator[Finding]:
    help = "write constraints with =, !=, >, >=, <, <= or ~>, such as >= 1.5, < 2.0"
    if isinstance(value, Tuple | Object):
        message = f"{name} is not a string"
        yield INVALID_VERSION_CONSTRAINT.found(message, help, at=value.at(place.file))
    elif isinstance(value, Literal) and value.value is not None:
        text = str(value.value)
        if isinstance(value.value, bool) or not is_version_constraint(text):
            message = f"{name} is not a version constraint: {quoted(text)}"
            yield INVALID_VERSION_CONSTRAINT.found(message, help, at=value.at(place.file))
        # https://github.com/hashicorp/terraform/blob/v1.11.4/internal/terraform/version_required.go
        elif name == "required_version" and any("-" in term.partition("+")[0] for term in text.split(",")):
            message = f"{name} names a prerelease, which Terraform refuses: {quoted(text)}"
            yield INVALID_VERSION_CONSTRAINT.found(
                message, "remove the part after the dash", at=value.at(place.file)
            )


def source_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The source of a module call."""
    value = attribute.value
    if place.opentofu:
        return
    faults = list(constant_faults("source", value, place.file))
    yield from faults
    if faults:
        return
    if is_null(value) or isinstance(value, Tuple | Object):
        yield INVALID_SOURCE.found("the source is not a string", at=value.at(place.file))
    elif isinstance(value, Literal):
        fault = module_fault(str(value.value), versioned=place.block.attribute("version") is not None)
        if fault:
            text = str(value.value)
            edits = quoted_edit(value, f"./{text}", place.file) if _FOLDER.fullmatch(text) else ()
            message = f"the source {quoted(text)} {fault}"
            yield INVALID_SOURCE.found(message, at=value.at(place.file), edits=edits)


def tested_source_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The source of a module that a test runs."""
    faults = list(source_form(argument, attribute, place))
    yield from faults
    value = attribute.value
    if not faults and isinstance(value, Literal) and is_remote_module(str(value.value)):
        text = quoted(str(value.value))
        message = (
            f"the source {text} is remote, but a run block accepts only local modules and those of a registry"
        )
        help = "write a path that begins with ./ or ../, or the address of a module in a registry"
        yield INVALID_SOURCE.found(message, help, at=value.at(place.file))


def alias_form(argument: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """The alias of a provider configuration."""
    faults = list(constant_form(argument, attribute, place))
    yield from faults
    value = attribute.value
    if not faults and isinstance(value, Literal) and not is_name(str(value.value)):
        message = f"the alias {quoted(str(value.value))} is not a valid name"
        yield INVALID_NAME.found(message, at=value.at(place.file))


_BUILT_IN: Final = "terraform.io/builtin/terraform"


def requirement_form(_: Argument, attribute: Attribute, place: ArgumentPlace) -> Iterator[Finding]:
    """A required provider."""
    value, name = attribute.value, attribute.name
    fault = provider_name_fault(name)
    if isinstance(value, Literal) and value.value is not None:  # the form of Terraform 0.12
        if fault and provider_name_fault(name.lower()):
            yield INVALID_NAME.found(f"the name of the provider {name} {fault}", at=attribute.at(place.file))
        yield from _version_faults(f"the version of {name}", value, place)
        return
    if fault:
        yield INVALID_NAME.found(f"the name of the provider {name} {fault}", at=attribute.at(place.file))
    elif not isinstance(value, Object):
        message = f"the requirement of {name} is not an object"
        help = 'write { source = "…", version = "…" }'
        yield INVALID_SOURCE.found(message, help, at=value.at(place.file))
    else:
        for item in value.items:
            yield from _requirement_item(name, item.key, item.value, place)
        source, version = value.get("source"), value.get("version")
        if getattr(source, "value", None) == _BUILT_IN and getattr(version, "value", None) is not None:
            message = f"the requirement of {name} has a version, but {_BUILT_IN} is a part of Terraform"
            yield INVALID_VERSION_CONSTRAINT.found(message, "remove the version", at=value.at(place.file))


def _requirement_item(
    name: str, key: Expression, value: Expression, place: ArgumentPlace
) -> Iterator[Finding]:
    word = key.value if isinstance(key, Literal) else None
    location = value.at(place.file)
    if word == "version":
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            if free_references(value) or isinstance(value, Literal | Tuple | Object | Call):
                message = f"the version of {name} is not a constant string"
                yield INVALID_VERSION_CONSTRAINT.found(message, "write a string", at=location)
        else:
            yield from _version_faults(f"the version of {name}", value, place)
    elif word == "source":
        if not isinstance(value, Literal) or not isinstance(value.value, str):
            if free_references(value) or isinstance(value, Literal | Tuple | Object | Call):
                yield INVALID_SOURCE.found(
                    f"the source of {name} is not a constant string", "write a string", at=location
                )
        elif fault := provider_fault(value.value):
            message = f"the source {quoted(value.value)} of {name} {fault}"
            yield INVALID_SOURCE.found(message, "write NAMESPACE/TYPE, such as hashicorp/aws", at=location)
    elif word == "configuration_aliases":
        yield from _aliases(name, value, place)
    elif not isinstance(key, Literal):
        yield from constant_faults(f"a key of {name}", key, place.file)
    else:
        message = f"the requirement of {name} has the unknown key {word}"
        help = (
            "write source, version and configuration_aliases only; a provider block configures the provider"
        )
        at, meant = key.at(place.file), meant_name(str(word), _REQUIREMENT)
        edits = (TextEdit(at, str(word), meant),) if meant else ()
        yield UNKNOWN_ATTRIBUTE.found(message, help, at=at, edits=edits)


def _aliases(name: str, value: Expression, place: ArgumentPlace) -> Iterator[Finding]:
    if place.json:
        return
    references = (
        [static_reference(item, quoted=False) for item in value.items] if isinstance(value, Tuple) else [None]
    )
    for reference in references:
        is_alias = (
            reference is not None
            and reference.root == name
            and all(isinstance(step, GetAttribute) for step in reference.steps[:1])
        )
        if not is_alias:
            message = f"configuration_aliases of {name} is not a list of aliases of {name}"
            at = reference.at(place.file) if reference is not None else value.at(place.file)
            yield INVALID_ADDRESS.found(message, f"write [{name}.ALIAS]", at=at)
