"""Level 3, language: whether the provider configurations of a test have the types that the tested modules need.

The first run that uses a configuration decides which provider it configures.

Sources: ``resolveProviderTypesForTests`` in
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/config.go and ``validateProviderConfigsForTests``
in https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/provider_validation.go
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ticketgen.findings import Finding
from ticketgen.findings.verification import INVALID_ADDRESS
from ticketgen.hcl.declarations import provider_address
from ticketgen.hcl.modules import Module
from ticketgen.hcl.provider_resolution import provider_source
from ticketgen.hcl.static_addresses import static_reference
from ticketgen.hcl.syntax import Block, Expression, Object

__all__ = ["NativeRun", "check_tested_providers"]

_BUILT_IN: Final = "terraform"
"""A provider whose source depends on whether ``required_providers`` names it."""


class NativeRun(NamedTuple):
    """A run of a test, with the module that it runs, and whether it calls this module itself."""

    block: Block
    module: Module
    calls: bool


def check_tested_providers(
    path: str, blocks: Sequence[Block], runs: Sequence[NativeRun]
) -> Iterator[Finding]:
    """Yield a finding for each provider configuration that is used for two providers.

    Args:
        path: the test.
        blocks: the blocks of the test.
        runs: its runs, in order.
    """
    configured = [
        each for each in blocks if each.type in {"provider", "mock_provider"} and len(each.labels) == 1
    ]
    names = {block.labels[0] for block in configured}
    sources: dict[str, str] = {}
    passed = {id(run.block): list(_passed(run)) for run in runs}
    for run in runs:
        if run.block.attribute("providers") is None or not passed[id(run.block)]:
            for name in _provider_names(run.module) & names:
                sources.setdefault(name, provider_source(name, run.module))
            continue
        for inner, outer, value in passed[id(run.block)]:
            source = provider_source(inner, run.module)
            if sources.get(outer, source) != source and not run.calls and _BUILT_IN not in {inner, outer}:
                message = f"{outer} configures {sources[outer]} in a run before, but {inner} is {source}"
                help = "pass a configuration of the same provider"
                yield INVALID_ADDRESS.found(message, help, at=value.at(path))
            if outer in names:
                sources.setdefault(outer, source)
    tested = [run.module for run in runs if not run.calls and not passed[id(run.block)]]
    for block in configured if tested else ():
        name = block.labels[0]
        source = provider_source(name, tested[0])
        is_needed = provider_address(block) in tested[0].providers
        if is_needed and name in sources and sources[name] != source and name != _BUILT_IN:
            message = (
                f"the provider {name} is {sources[name]} in a run before, but {source} in the tested module"
            )
            help = "give the configuration another name, and pass it with providers"
            yield INVALID_ADDRESS.found(message, help, at=block.at(path))


def _provider_names(module: Module) -> set[str]:
    return {*module.required_providers, *(each.type for each in module.provider_configurations)}


def _passed(run: NativeRun) -> Iterator[tuple[str, str, Expression]]:
    """The names of the providers that a run passes: in its module, and in the test."""
    providers = run.block.value("providers")
    for item in providers.items if isinstance(providers, Object) else ():
        inner, outer = static_reference(item.key), static_reference(item.value)
        if inner is not None and outer is not None:
            yield inner.root, outer.root, item.value
