"""The addresses of the resources that a configuration manages, with their instances."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances
from ticketgen.hcl.module_instances import instance_key, module_instances

__all__ = ["resource_addresses"]


def resource_addresses(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """The root module's folder and the address of each instance, such as ``module.data.aws_kms_key.stack``.

    Every ``count`` and ``for_each`` is resolved with the default values of variables; the key of an instance that is
    known only at plan time is ``*``.
    """
    values = Evaluator(assume_defaults=True)
    for root in (scope for scope in configuration.all_scopes() if scope.call is None):
        for module in module_instances(values, root):
            for declared in module.scope.resources():
                for instance in instances(values, declared, module.scope):
                    yield root.module.folder, f"{module.path}{declared.address}{instance_key(instance)}"
