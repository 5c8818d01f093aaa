"""The Region in which a resource is created."""

from __future__ import annotations

from ticketgen.aws.regions import REGIONS
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.provider_resolution import provider_of
from ticketgen.hcl.values import Value
from ticketgen.rules.subject import BlockInstance

__all__ = ["region_of"]


def region_of(found: BlockInstance, values: Evaluator) -> str:
    """The Region of a resource, or of a block in it; "" if it is unknown.

    Args:
        found: the resource or block.
        values: with or without the defaults of the root module's variables.
    """
    own = found.declared.value("region")  # since AWS provider 6, an argument of each resource
    region: Value = None
    if own is not None:
        region = values.resolved(own, found.where)
    else:
        provider = provider_of(found.scope, found.declared)
        if provider is not None and provider.declaration is not None:
            region = values.resolved(provider.declaration.value("region"), provider.scope)
    return region if isinstance(region, str) and region in REGIONS else ""
