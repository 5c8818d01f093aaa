"""Level 3, across modules: what a call gives a module, what it takes from it, and which providers it hands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding, Location, Severity, Stage
from ticketgen.hcl.modules import Declaration, Module, source_folder
from ticketgen.hcl.syntax import (
    Block,
    Expression,
    GetAttribute,
    GetIndex,
    Literal,
    Object,
    Reference,
    Splat,
)
from ticketgen.hcl.uses import Use
from ticketgen.verification.references import close_to

__all__ = ["check_calls"]

# https://developer.hashicorp.com/terraform/language/block/module: a call's own arguments.
_OWN = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})


def check_calls(module: Module, folders: Mapping[str, Module]) -> Iterator[Finding]:
    """Findings about a module's calls of other modules, and about the providers that it names.

    Args:
        module: one of the folders.
        folders: every module below the directory, by folder.
    """
    called: dict[str, Module] = {}
    for name, call in module.of("module.").items():
        assert isinstance(call.node, Block)
        folder = source_folder(module, call.node)
        if folder is None:
            continue
        if folder in folders:
            called[name] = folders[folder]
            yield from _inputs(call, called[name])
            yield from _handed_on(module, call, called[name])
        else:
            yield _not_there(call, folder)
    for use in module.uses:
        if use.reference.root == "module":
            yield from _output(use, called)
    yield from _named_providers(module)


def _not_there(call: Declaration, folder: str) -> Finding:
    assert isinstance(call.node, Block)
    place = call.node.value("source").at(call.file)
    if folder.startswith(".."):
        message = f"{call.address} is not looked into: {folder} is outside of the directory that is verified"
        return Finding("not-checked", message, Stage.VERIFY, place, Severity.NOTE)
    message = f"{call.address} has its source in {folder}, which has no .tf file"
    return Finding("missing-module", message, Stage.VERIFY, place, help="write the module, or mend the path")


def _inputs(call: Declaration, callee: Module) -> Iterator[Finding]:
    assert isinstance(call.node, Block)
    variables = callee.of("var.")
    given = {attribute.name: attribute for attribute in call.node.body.attributes}
    for name, attribute in given.items():
        if name not in _OWN and name not in variables and callee.complete:
            message = (
                f"{call.address} is given {name}, and {callee.folder or 'the module'} has no such variable"
            )
            yield _finding(
                "unknown-module-input", message, attribute.at(call.file), close_to(name, variables)
            )
    for name, variable in variables.items():
        assert isinstance(variable.node, Block)
        if name not in given and variable.node.attribute("default") is None:
            message = f"{call.address} is not given {name}, which has no default"
            help_text = f"{variable.location} declares it: give it a value"
            yield _finding("missing-module-input", message, call.location, help_text)


def _output(use: Use, called: Mapping[str, Module]) -> Iterator[Finding]:
    name, *steps = use.reference.steps or (None,)
    if not isinstance(name, GetAttribute) or name.name not in called:
        return
    callee = called[name.name]
    while steps and isinstance(steps[0], GetIndex | Splat):
        steps.pop(0)
    if steps and isinstance(steps[0], GetAttribute) and callee.complete:
        outputs = callee.of("output.")
        asked = steps[0].name
        if asked not in outputs:
            message = f"module.{name.name} has no output {asked}"
            yield _finding("unknown-module-output", message, steps[0].at(use.file), close_to(asked, outputs))


def _handed_on(module: Module, call: Declaration, callee: Module) -> Iterator[Finding]:
    """``providers = { aws = aws.us_east_1 }``: the left is the callee's name, the right the caller's."""
    assert isinstance(call.node, Block)
    attribute = call.node.attribute("providers")
    handed: set[str] = set()
    if attribute is not None and isinstance(attribute.value, Object):
        for item in attribute.value.items:
            key = provider_name(item.key)
            handed.add(key)
            if "." in key and key not in callee.passed_providers and callee.complete:
                message = (
                    f"{call.address} hands on {key}, which {callee.folder or 'the module'} does not ask for"
                )
                help_text = "add it to configuration_aliases in the module's required_providers"
                yield _finding("unknown-module-provider", message, item.at(call.file), help_text)
            yield from _declared(module, item.value, call.file)
    for name in sorted(callee.passed_providers - handed):
        message = f"{call.address} does not hand on {name}, which {callee.folder or 'the module'} asks for"
        yield _finding("missing-module-provider", message, call.location, f"add it to providers: {name} = …")


def _named_providers(module: Module) -> Iterator[Finding]:
    for file in module.files:
        for block in file.body.blocks:
            if block.type in {"resource", "data", "ephemeral", "import"}:
                attribute = block.attribute("provider")
                if attribute is not None:
                    yield from _declared(module, attribute.value, file.path)


def _declared(module: Module, value: Expression, file: str) -> Iterator[Finding]:
    name = provider_name(value)
    if "." in name and name not in module.providers and module.complete:
        message = f"the provider configuration {name} is used and not declared"
        known = [provider for provider in module.providers if "." in provider]
        way_out = close_to(name, known) or f'add a provider "{name.partition(".")[0]}" block with that alias'
        yield _finding("undeclared-provider", message, value.at(file), way_out)


def provider_name(value: Expression) -> str:
    """``aws``, or ``aws.us_east_1``: a reference, a bare key, or as text, as Terraform 0.11 had it."""
    if isinstance(value, Literal):
        return str(value.value)
    if isinstance(value, Reference):
        return ".".join([value.root, *(step.name for step in value.steps if isinstance(step, GetAttribute))])
    return ""


def _finding(rule: str, message: str, place: Location, help_text: str) -> Finding:
    return Finding(rule, message, Stage.VERIFY, place, help=help_text)
