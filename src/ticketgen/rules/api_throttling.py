"""APIs without throttling limits."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    limited = {id(each.scope.root) for each in _limits(subject)}
    for stage in subject.resources("aws_api_gateway_stage"):
        if id(stage.scope.root) not in limited:
            yield Problem(f"{stage.address} has no throttling limits", stage.location)
    for stage in subject.resources("aws_apigatewayv2_stage"):
        settings = stage.nested_blocks("default_route_settings") + stage.nested_blocks("route_settings")
        loops = stage.loops("default_route_settings") or stage.loops("route_settings")
        if not loops and not any(each.has("throttling_rate_limit") for each in settings):
            yield Problem(f"{stage.address} has no throttling limits", stage.location)


def _limits(subject: Subject) -> Iterator[BlockInstance]:
    for method in subject.resources("aws_api_gateway_method_settings"):
        if any(
            each.value("throttling_rate_limit") not in (None, -1) for each in method.nested_blocks("settings")
        ):
            yield method
    for plan in subject.resources("aws_api_gateway_usage_plan"):
        if plan.has("throttle_settings") or any(
            stage.has("throttle") for stage in plan.nested_blocks("api_stages")
        ):
            yield plan


RULE = Rule(
    id="api-throttling",
    severity=Severity.WARNING,
    summary="Every stage of an API has its own throttling limits",
    why=(
        "Without them, all APIs of an account share one limit per Region, 10,000 requests per second. A crowd or an "
        "attack on one API locks out the others, and the services behind it take the full load."
    ),
    fix=(
        "set throttling_rate_limit and throttling_burst_limit, for a REST API in aws_api_gateway_method_settings, for "
        "an HTTP or WebSocket API in default_route_settings"
    ),
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
    ),
)
