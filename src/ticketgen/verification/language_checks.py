"""Level 3, language: all checks of Terraform's own blocks, which need no provider.

Whatever only OpenTofu accepts is accepted in a module that only OpenTofu reads.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Set

from ticketgen.findings import Finding
from ticketgen.findings.verification import MISPLACED_BLOCK
from ticketgen.guesses import Guesses
from ticketgen.hcl.modules import Module, source_folder
from ticketgen.hcl.syntax import File
from ticketgen.terraform_file_names import is_opentofu_file
from ticketgen.verification.block_structure import check_structure
from ticketgen.verification.conditions import check_conditions
from ticketgen.verification.constant_forms import constant_faults
from ticketgen.verification.module_settings import check_module_settings, provider_configurations
from ticketgen.verification.moved_blocks import check_moves
from ticketgen.verification.provisioners import check_provisioners

__all__ = ["check_language", "check_variable_files", "is_opentofu_module"]


def check_language(
    modules: Mapping[str, Module], guesses: Guesses, unread: Set[str] = frozenset()
) -> Iterator[Finding]:
    """Yield findings about the blocks and meta-arguments of all modules.

    Args:
        modules: the modules of the directory, by folder.
        guesses: finds similar names for the help; shared by all checks of the directory.
        unread: the files that were not read.
    """
    called = {
        folder
        for module in modules.values()
        for call in module.calls.values()
        if (folder := source_folder(module, call.block)) is not None
    }
    configured = provider_configurations(modules)
    with_unread = {posixpath.dirname(path) for path in unread if is_opentofu_file(path)}
    for folder, module in modules.items():
        is_opentofu = folder in with_unread or is_opentofu_module(module)
        yield from check_structure(module, guesses, opentofu=is_opentofu)
        yield from check_conditions(module)
        yield from check_provisioners(module)
        yield from check_moves(module, modules, is_called=folder in called)
        yield from check_module_settings(module, configured)


def check_variable_files(files: Iterable[File]) -> Iterator[Finding]:
    """Yield findings about files that set variables, which contain constants only.

    Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definitions-tfvars-files
    """
    for file in files:
        for block in file.body.blocks:
            message = f"a variable definitions file contains the block {block.type}"
            yield MISPLACED_BLOCK.found(message, "write NAME = VALUE", at=block.at(file.path))
        for attribute in file.body.attributes:
            yield from constant_faults(attribute.name, attribute.value, file.path)


def is_opentofu_module(module: Module) -> bool:
    """Whether only OpenTofu reads a module: it has a file or a block that Terraform lacks."""
    return any(is_opentofu_file(file.path) for file in module.files) or any(
        block.blocks("encryption") for block in module.blocks("terraform")
    )
