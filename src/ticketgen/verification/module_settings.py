"""Level 3, language: what may be in a module only once, override files, and providers of called modules.

Sources: https://developer.hashicorp.com/terraform/language/block/terraform,
https://developer.hashicorp.com/terraform/language/files/override and
https://developer.hashicorp.com/terraform/language/modules/develop/providers#legacy-shared-modules-with-provider-configurations
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final

from ticketgen.findings import Finding, Location
from ticketgen.findings.verification import (
    CONFLICTING_ARGUMENTS,
    INVALID_OVERRIDE,
    MODULE_CONFIGURES_PROVIDERS,
    TOO_MANY_BLOCKS,
    UNKNOWN_PROVIDER_FUNCTION,
)
from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import declared_in, provider_address
from ticketgen.hcl.modules import Module, is_override, source_folder
from ticketgen.hcl.syntax import Block, Call, File
from ticketgen.hcl.traversal import nested
from ticketgen.verification.accepted_versions import required_sources
from ticketgen.verification.version_constraints import allows

__all__ = ["check_module_settings", "provider_configurations"]

_ONCE: Final = ("backend", "cloud", "required_providers")
_NEVER_OVERRIDDEN: Final = frozenset({"moved", "import", "check"})
_BASE_IS_OPTIONAL: Final = frozenset({"ephemeral", "check"})
"""Declarations that internal/configs/module.go takes from an override file without a base."""
_NAMESPACE: Final = "provider"
_CORE: Final = "core"
_PROVIDER_FUNCTIONS: Final[Mapping[str, Mapping[str, int]]] = {
    "hashicorp/aws": {"arn_build": 5, "arn_parse": 1, "trim_iam_role_path": 1, "user_agent": 3},
    "hashicorp/archive": {},
    "terraform.io/builtin/terraform": {"decode_tfvars": 1, "encode_expr": 1, "encode_tfvars": 1},
}
"""The functions of providers, with the number of their arguments.

Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/functions/arn_build and
https://developer.hashicorp.com/terraform/language/functions/terraform-encode_tfvars
"""
_LATER: Final = ((6, 26, 0), (6, 999, 0), (7, 0, 0), (8, 0, 0))
"""Versions of the AWS provider that may have more functions."""


def check_module_settings(module: Module, configured: Mapping[str, Location]) -> Iterator[Finding]:
    """Yield findings about a module as a whole.

    Args:
        module: the module.
        configured: the `provider_configurations` of the directory.
    """
    own = [file for file in module.files if not is_override(file.path)]
    overrides = [file for file in module.files if is_override(file.path)]
    yield from _check_settings(own)
    declared = _declared(own) if overrides else set[Address]()
    for file in overrides:
        yield from _check_settings([file])
        yield from _check_override(module, file, declared)
    yield from _check_calls(module, configured)
    yield from _check_functions(module)


def _check_settings(files: list[File]) -> Iterator[Finding]:
    """Check what several ``terraform`` blocks may contain only once together."""
    first: dict[str, tuple[Block, str]] = {}
    metas: set[tuple[str, ...]] = set()
    for file in files:
        for settings in file.body.blocks:
            for block in settings.blocks() if settings.type == "terraform" else ():
                at = block.at(file.path)
                if block.type == "provider_meta":
                    if block.labels in metas:
                        message = f"there is more than one provider_meta block for {' '.join(block.labels)}"
                        yield TOO_MANY_BLOCKS.found(message, "merge them into one block", at=at)
                    metas.add(block.labels)
                if block.type not in _ONCE:
                    continue
                if block.type in first:
                    other, path = first[block.type]
                    place = other.at(path)
                    message = f"there is more than one {block.type} block; the first is at {place}"
                    help = "remove one, or merge them into one block"
                    yield TOO_MANY_BLOCKS.found(message, help, at=at, mentions=(place,))
                first.setdefault(block.type, (block, file.path))
    if "backend" in first and "cloud" in first:
        block, path = first["cloud"]
        message = "there are both a backend block and a cloud block"
        yield CONFLICTING_ARGUMENTS.found(message, "remove one of the two", at=block.at(path))


def _declared(files: Iterable[File]) -> Set[Address]:
    """The addresses that some files declare, with provider configurations."""
    found: set[Address] = set()
    for file in files:
        for block in file.body.blocks:
            found.update(each.address for each in declared_in(block, file.path))
            if block.type == "provider" and block.labels:
                found.add(provider_address(block))
    return found


def _check_override(module: Module, override: File, declared: Set[Address]) -> Iterator[Finding]:
    """Check that an override file changes only what the module's other files declare."""
    for block in override.body.blocks:
        if block.type in _NEVER_OVERRIDDEN:
            message = f"an override file contains a {block.type} block"
            help = "move it to a file that is not an override file"
            yield INVALID_OVERRIDE.found(message, help, at=block.at(override.path))
            continue
        depends_on = block.attribute("depends_on")
        if depends_on is not None and block.type in {"resource", "data", "module", "output"}:
            message = "an override file changes depends_on"
            yield INVALID_OVERRIDE.found(
                message, "set it in the overridden block", at=depends_on.at(override.path)
            )
        if not module.complete:
            continue
        for each in declared_in(block, override.path) if block.type not in _BASE_IS_OPTIONAL else ():
            if each.address not in declared:
                yield _without_base(str(each.address), each.location)
        address = provider_address(block) if block.type == "provider" and block.labels else None
        if address is not None and address.name and address not in declared:
            yield _without_base(f"provider {address}", block.at(override.path))


def _without_base(what: str, at: Location) -> Finding:
    message = f"an override file changes {what}, which no other file declares"
    return INVALID_OVERRIDE.found(message, "correct the name, or declare it in another file", at=at)


def _check_calls(module: Module, configured: Mapping[str, Location]) -> Iterator[Finding]:
    """Check that no repeated module configures providers, itself or in the modules that it calls."""
    for call in module.calls.values():
        given = map(call.block.attribute, ("count", "for_each", "depends_on"))
        repeating = next((each for each in given if each is not None), None)
        folder = source_folder(module, call.block)
        if repeating is not None and folder is not None and folder in configured:
            place = configured[folder]
            message = f"{call.address} sets {repeating.name}, but the module configures a provider at {place}"
            yield MODULE_CONFIGURES_PROVIDERS.found(message, at=repeating.at(call.file))


def provider_configurations(folders: Mapping[str, Module]) -> Mapping[str, Location]:
    """A provider configuration of each module that has one, itself or in the modules that it calls.

    A configuration without arguments only passes on that of the caller.
    """
    callers: dict[str, list[str]] = {}
    found: dict[str, Location] = {}
    for folder, module in folders.items():
        for call in module.calls.values():
            inner = source_folder(module, call.block)
            if inner is not None:
                callers.setdefault(inner, []).append(folder)
        for each in module.provider_blocks:
            body = each.block.body
            if body.blocks or any(attribute.name != "alias" for attribute in body.attributes):
                found.setdefault(folder, each.location)
    waiting = list(found)
    while waiting:
        folder = waiting.pop()
        for caller in callers.get(folder, ()):
            if caller not in found:
                found[caller] = found[folder]
                waiting.append(caller)
    return found


def _check_functions(module: Module) -> Iterator[Finding]:
    """Check the namespaces of functions such as ``provider::aws::arn_parse``."""
    if not module.complete:
        return
    for file, attribute in module.calling_attributes:
        for each in nested(attribute.value):
            if not isinstance(each, Call) or "::" not in each.name:
                continue
            if fault := _function_fault(module, each.name):
                help = "write provider::NAME::FUNCTION with a name in required_providers"
                yield UNKNOWN_PROVIDER_FUNCTION.found(fault, help, at=each.at(file.path))
            elif wrong := _wrong_call(module, each):
                yield UNKNOWN_PROVIDER_FUNCTION.found(*wrong, at=each.at(file.path))


def _function_fault(module: Module, name: str) -> str:
    namespace, *rest = name.split("::")
    if namespace == _CORE and len(rest) == 1:
        return ""
    if namespace != _NAMESPACE or len(rest) != 2:
        return f"{name} is not the name of a function"
    if rest[0] not in module.required_providers:
        return f"{name} needs the provider {rest[0]}, which required_providers does not name"
    return ""


def _wrong_call(module: Module, call: Call) -> tuple[str, str] | None:
    """What is wrong with a call of a provider's function, and the fix."""
    namespace, provider, *rest = call.name.split("::")
    source, constraint = required_sources(module).get(provider, ("", None))
    functions = _PROVIDER_FUNCTIONS.get(source)
    if namespace != _NAMESPACE or functions is None:
        return None
    count = functions.get(rest[0])
    if count is None:
        if source == "hashicorp/aws" and (
            constraint is None or any(allows(constraint, each) for each in _LATER)
        ):
            return None
        known = ", ".join(functions) or "none"
        return f"{source} has no function {rest[0]}", f"use one of its functions: {known}"
    if call.expand or len(call.arguments) == count:
        return None
    noun = "argument" if count == 1 else "arguments"
    return f"{call.name} takes {count} {noun}, not {len(call.arguments)}", f"write {count} {noun}"
