"""APIs without authorization."""

from __future__ import annotations

from collections.abc import Iterator, Set

from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.hcl.values import ResourceReference
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    with_policy = {id(each.scope) for each in subject.resources("aws_api_gateway_rest_api_policy")}
    for method in subject.resources("aws_api_gateway_method"):
        if method.value("authorization") == "NONE" and not _is_exempt(method, with_policy):
            verb = method.value_with_defaults("http_method")
            requests = f"{verb} requests" if isinstance(verb, str) else "requests"
            message = f"{method.address} accepts {requests} without authorization"
            yield Problem(message, method.at("authorization"))
    for route in subject.resources("aws_apigatewayv2_route"):
        key = route.value_with_defaults("route_key")
        kind = route.value("authorization_type")
        if kind not in (None, "NONE") or not isinstance(key, str) or key.startswith("OPTIONS "):
            continue
        if key.startswith("$") and key not in ("$connect", "$default"):
            continue  # a WebSocket API authorizes a connection once, at $connect
        if _is_websocket(route) is not (key == "$connect"):
            continue
        message = f"{route.address} accepts requests to {quoted(key)} without authorization"
        yield Problem(message, route.at("authorization_type"))
    for url in subject.resources("aws_lambda_function_url"):
        if url.value("authorization_type") == "NONE":
            message = f"{url.address} accepts requests without authorization"
            yield Problem(message, url.at("authorization_type"))


def _is_exempt(method: BlockInstance, with_policy: Set[int]) -> bool:
    """Whether a method needs no authorization.

    That is true for a preflight request, a private API, and an API with a resource policy.
    """
    if method.value_with_defaults("http_method") == "OPTIONS":
        return True  # browsers send preflight requests without credentials
    link = method.link("rest_api_id")
    if link is None:
        return False
    key = "private", link.resource, link.scope
    private = method.subject.memoized(key, lambda: _is_private(method.subject, link))
    return private or link.resource.value("policy") is not None or id(link.scope) in with_policy


def _is_private(subject: Subject, api: ResourceReference) -> bool:
    types = [block.attribute("types") for block in api.resource.block.blocks("endpoint_configuration")]
    return any(subject.assumed.of(each.value, api.scope) == ["PRIVATE"] for each in types if each is not None)


def _is_websocket(route: BlockInstance) -> bool:
    link = route.link("api_id")
    if link is None:
        return route.value_with_defaults("route_key") == "$connect"
    protocol = link.resource.value("protocol_type")
    return getattr(protocol, "value", None) == "WEBSOCKET"


RULE = Rule(
    id="api-authorization",
    severity=Severity.WARNING,
    summary="Every method of an API requires authorization",
    why=(
        "Anyone who finds an endpoint without authorization can call it, at your expense. An API key counts calls; it "
        "does not authenticate the caller."
    ),
    fix=(
        "set the authorization to AWS_IAM or to a Cognito, JWT or Lambda authorizer; if the endpoint is public on "
        "purpose, ignore the finding with a reason"
    ),
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html",
    ),
)
