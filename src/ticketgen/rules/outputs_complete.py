"""Failure 4: no outputs to test against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.hcl.address import Address
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.origins import UNKNOWN_ORIGIN
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE", "TESTABLE"]

TESTABLE = {
    "a DynamoDB table": ("aws_dynamodb_table",),
    "a Lambda function": ("aws_lambda_function",),
    "an API": ("aws_api_gateway_rest_api", "aws_apigatewayv2_api"),
    "a Kinesis stream": ("aws_kinesis_stream",),
    "a cache": ("aws_elasticache_replication_group",),
    "a database cluster": ("aws_rds_cluster",),
}
"""Resources that a test of the deployed stack accesses and must find."""

_ALTERNATIVES = {"an API": ("aws_api_gateway_domain_name", "aws_apigatewayv2_domain_name")}
"""Other types whose outputs lead to the same resource."""


def _check(subject: Subject) -> Iterator[Problem]:
    by_root: dict[Scope, list[Scope]] = {}
    for scope in subject.scopes:
        by_root.setdefault(scope.root, []).append(scope)
    counts = Counter(scope.root for scope in subject.configuration.all_scopes())
    for root, scopes in by_root.items():
        if len(scopes) != counts[root]:
            continue  # one of its modules could not be read completely
        is_stack = bool(root.module.providers and any(root.module.blocks("provider")))
        yield from _check_root(subject, root, scopes, is_stack)


def _check_root(subject: Subject, root: Scope, scopes: list[Scope], is_stack: bool) -> Iterator[Problem]:
    present: dict[str, Location] = {}
    for kind, types in TESTABLE.items():
        locations = [declared.location for scope in scopes for declared in scope.resources(*types)]
        if locations:
            present[kind] = min(locations)
    if not present:
        return
    if not root.module.outputs:
        location = min(present.values())
        message = f"the stack has no outputs, but tests must find {_listed(list(present))}"
        yield Problem(message, location, "add an output with the name, ARN or URL of each")
        return
    if not is_stack:
        return  # a module decides for itself what it returns to its caller
    exported: set[Address] = set()
    for output in root.module.outputs.values():
        value = output.value("value")
        if value is not None:
            exported |= subject.origins.of(value, root)
    if UNKNOWN_ORIGIN in exported:
        return
    for kind, types in TESTABLE.items():
        exposing_types = (*types, *_ALTERNATIVES.get(kind, ()))
        if kind in present and not any(Address("resource", type) in exported for type in exposing_types):
            yield Problem(f"the stack has {kind}, but no output exposes it", present[kind])


def _listed(kinds: list[str]) -> str:
    *others, last = kinds
    return f"{', '.join(others)} and {last}" if others else last


RULE = Rule(
    id="outputs-complete",
    severity=Severity.ERROR,
    certain=True,
    summary="A stack has an output for each kind of resource that a test must find",
    why=(
        "A test of a deployed stack needs names, ARNs and URLs. Without outputs it guesses them, and passes or fails "
        "for unrelated reasons."
    ),
    fix="add an output with the resource's name, ARN or URL",
    check=_check,
)
