"""Resources that other root modules find by their names, because no root module reads the state of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.instances import instances
from ticketgen.hcl.operators import as_text
from ticketgen.hcl.syntax import Expression
from ticketgen.hcl.values import EvaluationContext, PartialText, Value
from ticketgen.pictures.trails import ScopedResource

__all__ = ["Names", "expanded"]

_REPEATED = frozenset({"aws_dynamodb_table", "aws_dynamodb_table_replica"})
"""Types of which each instance is shown."""

_COPIED: Mapping[str, str] = {"aws_dynamodb_table_item": "item"}
"""Types whose data source reads what a resource of the same type wrote in another root module: the attribute."""


class Names:
    """The tables by name, and the resources that data sources read.

    Args:
        values: evaluates names.
        resources: all resources, each with its Region.
    """

    def __init__(self, values: Evaluator, resources: Iterable[tuple[ScopedResource, str]]) -> None:
        self._values = values
        self._tables: dict[str, list[tuple[ScopedResource, str]]] = {}
        self._written: dict[str, list[ScopedResource]] = {}
        self._replicas: dict[str, list[tuple[ScopedResource, str]]] = {}
        for resource, region in resources:
            if resource.type == "aws_dynamodb_table":
                name = as_text(values.of(resource.declared.value("name"), resource.where))
                if name is not None:
                    self._tables.setdefault(name, []).append((resource, region))
            elif resource.type == "aws_dynamodb_table_replica":
                arn = values.of(resource.declared.value("global_table_arn"), resource.where)
                self._replicas.setdefault(self._end(arn).rpartition("/")[2], []).append((resource, region))
            elif resource.type in _COPIED:
                self._written.setdefault(resource.type, []).append(resource)

    def table(self, expression: Expression, scope: Scope, region: str) -> ScopedResource | None:
        """The table of that name, in the Region if it has one of its own."""
        name = as_text(self._values.of(expression, scope))
        found = self._tables.get(name, []) if name is not None else []
        return next((table for table, own in found if own == region), found[0][0] if found else None)

    def replicas(self, table: ScopedResource) -> list[tuple[ScopedResource, str]]:
        """The replicas of a table in other root modules, with their Regions."""
        if table.type != "aws_dynamodb_table":
            return []
        name = as_text(self._values.of(table.declared.value("name"), table.where))
        return [] if name is None else self._replicas.get(name, [])

    def copied(self, type: str) -> tuple[ScopedResource, Expression] | None:
        """The resource, and its attribute, that a data source of the type reads; None if that is not clear."""
        found = self._written.get(type, [])
        value = found[0].declared.value(_COPIED[type]) if len(found) == 1 else None
        return None if value is None else (found[0], value)

    def _end(self, value: Value) -> str:
        """The text of a value, or the last part of one that is known in part."""
        parts = self._values.parts(value) if isinstance(value, PartialText) else (value,)
        return (as_text(parts[-1]) if parts else None) or ""


def expanded(values: Evaluator, resource: ScopedResource) -> Iterable[ScopedResource]:
    """The instances of a resource that is shown instance by instance; other resources as they are."""
    if resource.type not in _REPEATED or resource.declared.value("for_each") is None:
        return (resource,)
    return [
        ScopedResource(resource.scope, resource.declared, where, _key(where))
        for where in instances(values, resource.declared, resource.scope)
    ]


def _key(where: EvaluationContext) -> str:
    each = where.bound.get("each")
    key = each.get("key") if isinstance(each, dict) else None
    return key if isinstance(key, str) else ""
