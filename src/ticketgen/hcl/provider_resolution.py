"""The provider configuration that a resource uses, also through module calls.

Sources: https://developer.hashicorp.com/terraform/language/modules/develop/providers and
https://developer.hashicorp.com/terraform/language/meta-arguments/resource-provider
"""

from __future__ import annotations

from dataclasses import dataclass

from ticketgen.hcl.address import Address
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Expression, GetAttribute, Literal, Object, Reference

__all__ = ["ProviderConfiguration", "configuration_named", "provider_name", "provider_of", "provider_source"]


@dataclass(frozen=True, slots=True)
class ProviderConfiguration:
    """A provider configuration. Two resources have equal ones if, and only if, they share it.

    Attributes:
        scope: the scope that configures it; for an implicit default configuration, that of the root module.
        name: the provider's local name in that scope, such as ``aws``.
        alias: the alias; "" for the default configuration.
        declaration: the ``provider`` block; None if it is the implicit default configuration.
    """

    scope: Scope
    name: str
    alias: str
    declaration: Declaration | None


def provider_of(scope: Scope, resource: Declaration) -> ProviderConfiguration | None:
    """The provider configuration of a resource, data source or ephemeral resource.

    None if the configuration that it names is declared nowhere, or is not passed to its module.
    """
    given = resource.value("provider")
    # Without the argument, the provider's local name is the first word of the type.
    name = provider_name(given) if given is not None else Address("provider", resource.type.split("_")[0])
    return configuration_named(scope, name)


def configuration_named(scope: Scope, name: Address) -> ProviderConfiguration | None:
    """The provider configuration that a local name and an alias stand for; None as for `provider_of`."""
    wanted = name
    for each in scope.chain:
        passed = _passed(each, wanted)
        own = each.module.provider_configurations.get(Address("provider", wanted.type, wanted.name))
        if passed is not None:
            wanted = passed
        elif own is not None:
            return ProviderConfiguration(each, wanted.type, wanted.name, own)
        elif wanted.name:
            return None  # only default configurations are inherited
        elif each.caller is None:
            return ProviderConfiguration(each, wanted.type, "", None)
        else:
            wanted = _inherited(wanted.type, each.module, each.caller.module)
    return None


def provider_name(value: Expression) -> Address:
    """The address in a ``provider`` argument: a reference, a bare key, or a string as in Terraform 0.11."""
    if isinstance(value, Literal):
        return Address.of_provider(str(value.value))
    if isinstance(value, Reference):
        names = [step.name for step in value.steps if isinstance(step, GetAttribute)]
        return Address("provider", value.root, *names[:2])
    return Address("provider")


def _passed(scope: Scope, wanted: Address) -> Address | None:
    """The caller's name of a configuration that the call of a module passes to it; None if it does not.

    It also replaces a ``provider`` block of the module, which is then a proxy without arguments.
    """
    providers = scope.arguments.get("providers")
    if providers is None or not isinstance(providers.value, Object):
        return None
    items = providers.value.items
    return next((provider_name(item.value) for item in items if provider_name(item.key) == wanted), None)


def _inherited(name: str, module: Module, caller: Module) -> Address:
    """The caller's name of the provider that a module calls by another or the same name."""
    source = provider_source(name, module)
    names = (each for each in caller.required_providers if provider_source(each, caller) == source)
    return Address("provider", next(names, name))


def provider_source(name: str, module: Module) -> str:
    """The source address of a provider, without the default registry."""
    requirement = module.required_providers.get(name)
    source = requirement.get("source") if isinstance(requirement, Object) else None
    if not isinstance(source, Literal) or not isinstance(source.value, str):
        return f"hashicorp/{name}"
    written = source.value.lower().removeprefix("registry.terraform.io/")
    return written if "/" in written else f"hashicorp/{written}"
