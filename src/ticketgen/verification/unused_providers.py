"""Provider configurations that no resource uses: Terraform neither evaluates them nor asks the provider about them.

So `terraform validate` and a plan accept errors in them:
https://github.com/hashicorp/terraform/blob/main/internal/terraform/transform_provider.go, ``pruneProviderTransformer``.
Only errors that Terraform finds as it loads the files remain, such as those in labels and meta-arguments.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import DUPLICATE_ADDRESS
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.modules import Module
from ticketgen.hcl.provider_resolution import provider_of
from ticketgen.hcl.syntax import Block, Literal

__all__ = ["as_terraform_reads"]

_FUNCTION = re.compile(r"\bprovider\s*::\s*([\w-]+)")
_READ_FIRST = ("alias", "version")
_HELP = "no resource uses this provider configuration, so Terraform does not check it"


def as_terraform_reads(configuration: Configuration, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, with errors in unused provider configurations as warnings."""
    unused: dict[str, set[int]] | None = None
    for finding in findings:
        location = finding.location
        if (
            finding.severity is Severity.ERROR
            and location is not None
            and finding.rule != DUPLICATE_ADDRESS.id
        ):
            if unused is None:
                unused = _unused(configuration)
            if location.line in unused.get(location.file, ()):
                help = f"{finding.help}; {_HELP}" if finding.help else _HELP
                finding = replace(finding, severity=Severity.WARNING, help=help)
        yield finding


def _unused(configuration: Configuration) -> dict[str, set[int]]:
    """The lines of ``provider`` blocks that surely nothing uses, by file, without those that Terraform reads first."""
    modules = configuration.modules
    if not all(module.complete for module in modules.values()):
        return {}
    used = {id(block) for scope in configuration.all_scopes() for block in _used_by(scope, modules)}
    functions = {match for text in configuration.texts.values() for match in _FUNCTION.findall(text)}
    found: dict[str, set[int]] = {}
    for module in modules.values():
        for declared in module.provider_blocks:
            block = declared.block
            if id(block) not in used and block.labels[0] not in functions:
                read = {each.line for each in block.body.attributes if each.name in _READ_FIRST}
                lines = {*range(block.line, block.end_line + 1)}
                lines.update(each.line for each in block.body.attributes)  # an override file may set some
                found.setdefault(declared.file, set()).update(lines - read)
    return found


def _used_by(scope: Scope, modules: Mapping[str, Module]) -> Iterator[Block]:
    """The ``provider`` blocks that the resources of a module use, or that it may use in a way that is unknown."""
    for declared in scope.module.resources:
        used = provider_of(scope, declared)
        if used is not None and used.declaration is not None:
            yield used.declaration.block
    for file in scope.module.files:
        for block in file.body.blocks:
            if (
                block.type in {"import", "removed"}
                or (block.type == "check" and block.blocks("data"))
                or (block.type == "module" and not _is_read(block, scope.module.folder, modules))
            ):
                yield from (
                    declared.block for each in scope.chain for declared in each.module.provider_blocks
                )
                return


def _is_read(call: Block, folder: str, modules: Mapping[str, Module]) -> bool:
    source = call.value("source")
    path = source.value if isinstance(source, Literal) else None
    return isinstance(path, str) and posixpath.normpath(posixpath.join(folder, path)).removeprefix("./") in {
        posixpath.normpath(each) for each in modules
    }
