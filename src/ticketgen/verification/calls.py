"""Level 3, across modules: inputs, outputs and providers of module calls."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import (
    MISSING_MODULE,
    MISSING_MODULE_INPUT,
    MISSING_MODULE_PROVIDER,
    MODULE_NOT_CHECKED,
    UNDECLARED_PROVIDER,
    UNKNOWN_MODULE_INPUT,
    UNKNOWN_MODULE_OUTPUT,
    UNKNOWN_MODULE_PROVIDER,
)
from ticketgen.guesses import Guesses
from ticketgen.hcl.address import Address
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.provider_resolution import provider_name, provider_source
from ticketgen.hcl.syntax import Expression, Object
from ticketgen.hcl.uses import Use
from ticketgen.language.blocks import MODULE
from ticketgen.verification.called_folders import NOTHING_AROUND, Neighbours
from ticketgen.verification.corrections import correct
from ticketgen.wording import counted

__all__ = ["check_called_folders", "check_calls", "check_remote_modules", "passed_by_calls"]

_MAX_MISSING = 100
"""Limit of missing arguments, and of missing provider configurations, that are reported for one call."""


def check_calls(
    module: Module,
    folders: Mapping[str, Module],
    guesses: Guesses,
    unread: Set[str] = frozenset(),
    around: Neighbours = NOTHING_AROUND,
    passed: Mapping[str, Set[Address]] | None = None,
) -> Iterator[Finding]:
    """Yield findings about the calls and provider references in a module.

    Args:
        module: the calling module.
        folders: all modules of the directory, and those that it calls in its work tree, by folder.
        guesses: finds similar names for the help; shared by all checks of the directory.
        unread: the files and folders that were not read, such as links.
        around: the folders in the work tree that it calls.
        passed: the provider configurations that calls pass to each folder; see `passed_by_calls`.
    """
    called: dict[str, Module] = {}
    own = (passed or {}).get(module.folder, frozenset())
    read = {use.address for use in module.uses if use.reference.attribute is not None}
    for name, call in module.calls.items():
        folder = source_folder(module, call.block)
        if folder is None:
            continue
        if folder in folders:
            called[name] = folders[folder]
            yield from _check_inputs(call, called[name], guesses)
            yield from _check_passed_providers(module, call, called[name], guesses, own)
        else:
            yield _missing_module(call, folder, unread, around, is_read=call.address in read)
    for use in module.uses:
        if use.address.kind == "module":
            yield from _check_output(use, called, guesses)
    yield from _check_provider_arguments(module, guesses, own)


def passed_by_calls(modules: Mapping[str, Module]) -> Mapping[str, Set[Address]]:
    """The provider configurations that some call passes to each folder, declared there or not."""
    found: dict[str, set[Address]] = {}
    for module in modules.values():
        for call in module.calls.values():
            folder, providers = source_folder(module, call.block), call.value("providers")
            if folder is not None and isinstance(providers, Object):
                found.setdefault(folder, set()).update(provider_name(item.key) for item in providers.items)
    return found


def check_remote_modules(modules: Iterable[Module]) -> Iterator[Finding]:
    """Yield one note that counts the calls of remote modules, at the first of them."""
    locations = sorted(
        source.at(call.file)
        for module in modules
        for call in module.calls.values()
        if (source := call.value("source")) is not None and source_folder(module, call.block) is None
    )
    if locations:
        what = "1 module is" if len(locations) == 1 else f"{len(locations):,} modules are"
        message = f"{what} not checked: the source is not a folder of this directory"
        help = "check the configuration with `terraform validate` as well; --ignore module-not-checked accepts it"
        yield MODULE_NOT_CHECKED.found(message, help, at=locations[0])


def check_called_folders(modules: Mapping[str, Module], outside: Set[str]) -> Iterator[Finding]:
    """Yield one note that counts the calls of folders outside the directory, at the first of them.

    Args:
        modules: all modules by folder.
        outside: the paths of the files that belong to other directories.
    """
    folders = {posixpath.dirname(path) for path in outside}
    sources = [
        (source.at(call.file), folder)
        for module in modules.values()
        if module.folder not in folders
        for call in module.calls.values()
        if (source := call.value("source")) is not None
        and (folder := source_folder(module, call.block)) in folders
    ]
    if sources:
        location, folder = min(sources)
        others = len({folder for _, folder in sources}) - 1
        more = f" and {counted(others, 'other folders')}" if others else ""
        message = f"findings in {folder}{more} are not reported: only the calls are checked"
        help = "validate the folder as well; --ignore module-not-checked accepts it"
        yield MODULE_NOT_CHECKED.found(message, help, at=location)


def _is_below(folder: str, above: str) -> bool:
    return folder == above or folder.startswith(f"{above}/")


def _missing_module(
    call: Declaration, folder: str, unread: Set[str], around: Neighbours, *, is_read: bool
) -> Finding:
    source = call.value("source")
    location = source.at(call.file) if source is not None else call.location
    if folder in around.absent:
        message = f"the source of {call.address}, {folder}, contains no .tf file"
        given = {each.name for each in call.block.body.attributes}
        # For Terraform, an existing folder is a module without variables and outputs.
        is_accepted = folder in around.empty and not is_read and given <= MODULE.arguments.keys()
        severity = Severity.WARNING if is_accepted else None
        return MISSING_MODULE.found(message, at=location, severity=severity)
    if folder.startswith(".."):
        message = (
            f"{call.address} is not checked: its source {folder} cannot be read, or is outside the work tree"
        )
        help = "name a folder that contains both with --root"
        return MODULE_NOT_CHECKED.found(message, help, at=location)
    is_hidden = any(part.startswith(".") for part in folder.split("/"))
    if is_hidden or any(_is_below(folder, each) for each in unread):
        message = f"{call.address} is not checked: its source {folder} is a hidden folder or a link"
        help = "move the module to a folder that is neither hidden nor a link"
        return MODULE_NOT_CHECKED.found(message, help, at=location)
    message = f"the source of {call.address}, {folder}, contains no .tf file"
    return MISSING_MODULE.found(message, at=location)


def _check_inputs(call: Declaration, callee: Module, guesses: Guesses) -> Iterator[Finding]:
    variables = callee.variables
    bodies = [call.block.body, *(escape.body for escape in call.block.blocks("_"))]
    given = {attribute.name: attribute for body in bodies for attribute in body.attributes}
    for name, attribute in given.items():
        if name not in MODULE.arguments and name not in variables and callee.complete:
            message = f"unsupported argument {name} in {call.address}: {_folder_name(callee)} declares no such variable"
            at, otherwise = attribute.at(call.file), "remove it, or declare the variable in the module"
            known = (*variables, *MODULE.offered())
            help, edits = correct(guesses, name, known, at, otherwise)
            yield UNKNOWN_MODULE_INPUT.found(message, help, at=at, edits=edits)
    written = call.block.overridden
    if written is not None:  # Terraform wants required arguments there, even if an override file sets them
        given = {name: each for name, each in given.items() if written.attribute(name) is not None}
    missing = (each for each in callee.required_variables if each.name not in given)
    for variable in islice(missing, _MAX_MISSING):
        name = variable.name
        message = f"missing required argument {name} in {call.address}"
        place = variable.location
        help = f"set {name}: the variable at {place} has no default"
        yield MISSING_MODULE_INPUT.found(message, help, at=call.location, mentions=(place,))
    if next(missing, None) is not None:
        message = f"{call.address} lacks more than {_MAX_MISSING} required arguments"
        yield MISSING_MODULE_INPUT.found(message, "set every variable without a default", at=call.location)


def _check_output(use: Use, called: Mapping[str, Module], guesses: Guesses) -> Iterator[Finding]:
    callee, output = called.get(use.address.name), use.reference.attribute
    if callee is not None and output is not None and callee.complete and output.name not in callee.outputs:
        message = f"{use.address} has no output {output.name}"
        at, otherwise = output.at(use.file), f"declare the output in {_folder_name(callee)}"
        help, edits = correct(guesses, output.name, callee.outputs, at, otherwise)
        # Terraform then depends on the whole module.
        severity = Severity.WARNING if use.argument == "depends_on" else None
        yield UNKNOWN_MODULE_OUTPUT.found(message, help, at=at, severity=severity, edits=edits)


def _check_passed_providers(
    module: Module, call: Declaration, callee: Module, guesses: Guesses, own: Set[Address]
) -> Iterator[Finding]:
    """Check an argument such as ``providers = { aws = aws.us_east_1 }``.

    The callee's name is on the left, the caller's on the right.
    """
    attribute = call.block.attribute("providers")
    passed: set[Address] = set()
    if attribute is not None and isinstance(attribute.value, Object):
        for item in attribute.value.items:
            key = provider_name(item.key)
            passed.add(key)
            configured = callee.provider_configurations.get(key)
            if configured is not None and not _is_proxy(configured):
                message = (
                    f"{call.address} passes the provider configuration {key}, "
                    f"which {_folder_name(callee)} configures itself"
                )
                help = "remove it, or remove the provider block in the module"
                yield UNKNOWN_MODULE_PROVIDER.found(message, help, at=item.at(call.file))
            accepted = key in callee.passed_providers or configured is not None
            if key.name and not accepted and callee.complete:
                message = (
                    f"{call.address} passes the provider configuration {key}, "
                    f"which {_folder_name(callee)} does not accept"
                )
                otherwise = "remove it, or add it to configuration_aliases in the module's required_providers"
                help, edits = correct(guesses, key, callee.passed_providers, item.at(call.file), otherwise)
                # Terraform only warns about the providers whose source it can assume:
                # https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/provider_validation.go
                is_assumed = provider_source(key.type, callee).startswith("hashicorp/")
                severity = Severity.WARNING if is_assumed else None
                yield UNKNOWN_MODULE_PROVIDER.found(
                    message, help, at=item.at(call.file), severity=severity, edits=edits
                )
            if provider_name(item.value) not in own:
                yield from _check_provider(module, item.value, call.file, guesses)
    for name in islice((name for name in callee.passed_providers if name not in passed), _MAX_MISSING):
        message = (
            f"missing provider configuration {name} in {call.address}: {_folder_name(callee)} requires it"
        )
        help = f"add {name} = … to the providers argument"
        yield MISSING_MODULE_PROVIDER.found(message, help, at=call.location)


def _is_proxy(configuration: Declaration) -> bool:
    """Whether a provider block has nothing but an alias, so that it stands for one that is passed.

    Source: https://developer.hashicorp.com/terraform/language/modules/develop/providers#legacy-shared-modules-with-provider-configurations
    """
    body = configuration.block.body
    return not body.blocks and all(each.name == "alias" for each in body.attributes)


def _check_provider_arguments(module: Module, guesses: Guesses, passed: Set[Address]) -> Iterator[Finding]:
    for file in module.files:
        for block in file.body.blocks:
            if block.type in {"resource", "data", "ephemeral", "import"}:
                attribute = block.attribute("provider")
                if attribute is not None and provider_name(attribute.value) not in passed:
                    yield from _check_provider(module, attribute.value, file.path, guesses)


def _check_provider(module: Module, value: Expression, file: str, guesses: Guesses) -> Iterator[Finding]:
    name = provider_name(value)
    if name.name and name not in module.providers and module.complete:
        known = (provider for provider in module.providers if provider.name)
        at, otherwise = value.at(file), f'add a provider "{name.type}" block with alias = "{name.name}"'
        message = f"undeclared provider configuration {name}"
        help, edits = correct(guesses, name, known, at, otherwise)
        yield UNDECLARED_PROVIDER.found(message, help, at=at, edits=edits)


def _folder_name(module: Module) -> str:
    return module.folder or "the module"
