"""APIs without authorisation."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Found, Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for method in subject.resources("aws_api_gateway_method"):
        if method.value("authorization") == "NONE" and not _spared(method):
            verb = method.assumed("http_method")
            shown = verb if isinstance(verb, str) else "this method"
            yield Problem(f"anyone may call {shown} of {method.address}", method.at("authorization"))
    for route in subject.resources("aws_apigatewayv2_route"):
        key = route.assumed("route_key")
        kind = route.value("authorization_type")
        if kind not in (None, "NONE") or not isinstance(key, str) or key.startswith("OPTIONS "):
            continue
        if key.startswith("$") and key not in ("$connect", "$default"):
            continue  # of a WebSocket API, whose connection is authorised once
        if _websocket(route) is not (key == "$connect"):
            continue
        yield Problem(f"anyone may call {key} of {route.address}", route.at("authorization_type"))
    for url in subject.resources("aws_lambda_function_url"):
        if url.value("authorization_type") == "NONE":
            yield Problem(f"anyone may call {url.address}", url.at("authorization_type"))


def _spared(method: Found) -> bool:
    if method.assumed("http_method") == "OPTIONS":
        return True  # a browser asks without credentials before it sends them
    link = method.link("rest_api_id")
    if link is None:
        return False
    api = link.resource
    types = [block.attribute("types") for block in api.block.blocks("endpoint_configuration")]
    private = any(
        method.subject.assumed.of(each.value, link.scope) == ["PRIVATE"] for each in types if each is not None
    )
    policies = method.subject.resources("aws_api_gateway_rest_api_policy")
    return private or api.value("policy") is not None or any(each.scope is link.scope for each in policies)


def _websocket(route: Found) -> bool:
    link = route.link("api_id")
    if link is None:
        return route.assumed("route_key") == "$connect"
    protocol = link.resource.value("protocol_type")
    return getattr(protocol, "value", None) == "WEBSOCKET"


RULE = Rule(
    id="api-authorization",
    severity=Severity.WARNING,
    summary="Every method of an API asks who is calling",
    why=(
        "An endpoint without authorisation is called by anyone who finds it, on your account. An API key is for "
        "counting, and no authentication."
    ),
    fix="set AWS_IAM, a Cognito, JWT or Lambda authoriser; silence it with a reason where it is meant for everyone",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html",
    ),
)
