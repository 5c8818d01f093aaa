"""The addresses of the resources that a configuration manages, with their instances."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances
from ticketgen.hcl.values import EvaluationContext

__all__ = ["resource_addresses"]


def resource_addresses(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """The root module's folder and the address of each instance, such as ``module.data.aws_kms_key.stack``.

    Every ``count`` and ``for_each`` is resolved with the default values of variables; the key of an instance that is
    known only at plan time is ``*``.
    """
    values = Evaluator(assume_defaults=True)
    for scope in configuration.all_scopes():
        for declared in scope.resources():
            for instance in instances(values, declared, scope):
                parts = (scope.path, str(declared.address) + _key(instance))
                yield scope.root.module.folder, ".".join(filter(None, parts))


def _key(instance: EvaluationContext) -> str:
    keys = [bound for name in ("each", "count") if isinstance(bound := instance.bound.get(name), dict)]
    if not keys:
        return ""
    key = keys[0].get("key", keys[0].get("index"))
    return f"[{json.dumps(key) if isinstance(key, str | int) else '*'}]"
