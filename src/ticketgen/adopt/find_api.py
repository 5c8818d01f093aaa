"""Find how buyers reach the stack: authorization, domain, and web pages of other origins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.adopt.placement import PlacedResource
from ticketgen.adopt.stack_view import StackView
from ticketgen.findings import Location
from ticketgen.hcl.values import Value

__all__ = ["find_api"]

_AUTH: Final[Mapping[str, str]] = {
    "AWS_IAM": "iam", "COGNITO_USER_POOLS": "cognito", "AMAZON_COGNITO_USER_POOLS": "cognito", "NONE": "none",
}  # fmt: skip
"""The authorization types of API Gateway, function URLs and AppSync. Sources:
https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html,
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html and
https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateGraphqlApi.html"""

# Type → the attribute with the kind of authorization, and its default.
_AUTHORIZED: Final[Mapping[str, tuple[str, str]]] = {
    "aws_api_gateway_method": ("authorization", "NONE"),
    "aws_apigatewayv2_route": ("authorization_type", "NONE"),
    "aws_lambda_function_url": ("authorization_type", "NONE"),
    "aws_appsync_graphql_api": ("authentication_type", "API_KEY"),
}
_STRICTNESS: Final = ("cognito", "iam", "none")
_ORIGIN: Final = re.compile(r"\*|https?://[^\s,'\"/]+")
_ORIGIN_NAME: Final = re.compile(
    r"(?:cors_|allowed_|allow_)*(?:cors|origins?)(?:_allowed|_list)?|(?:cors_)?allow(?:ed)?_origins?"
)


def find_api(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """Yield the authorization, the domain and the origins."""
    yield from _authorization(view)
    yield from _domain(view)
    yield from _origins(view)


def _authorization(view: StackView) -> Iterator[FoundValue | LeftOut]:
    found: dict[str, tuple[PlacedResource, str]] = {}
    others: dict[str, PlacedResource] = {}
    for type, (attribute, default) in _AUTHORIZED.items():
        for each in view.resources(type):
            if _is_preflight(each):
                continue
            kind = each.text(attribute) or default
            auth = _AUTH.get(kind) or ("cognito" if kind == "JWT" and _has_pool(view) else "")
            if auth:
                found.setdefault(auth, (each, attribute))
            else:
                others.setdefault(kind, each)
    for kind, each in others.items():
        reason = "buyers are identified by IAM or by Cognito: choose one in `api.auth`"
        yield LeftOut(f"the authorization {kind} of {each.address}", reason, each.location)
    for auth in _STRICTNESS:
        if auth in found:
            each, attribute = found.pop(auth)
            yield FoundValue(("api", "auth"), auth, each.address, each.at(attribute))
            break
    for auth, (each, attribute) in found.items():
        reason = "all routes have the authorization in `api.auth`"
        yield LeftOut(f"the authorization {auth} of {each.address}", reason, each.at(attribute))


def _is_preflight(method: PlacedResource) -> bool:
    """Whether a method or route answers CORS preflight requests or health checks."""
    route = method.text("route_key") or method.text("http_method")
    return route.startswith("OPTIONS") or "health" in f"{route} {method.declared.name}".lower()


def _has_pool(view: StackView) -> bool:
    return any(True for _ in view.resources("aws_cognito_user_pool", "aws_cognito_user_pool_client"))


def _domain(view: StackView) -> Iterator[FoundValue | LeftOut]:
    for each in view.resources("aws_api_gateway_domain_name", "aws_apigatewayv2_domain_name"):
        name = each.value("domain_name")
        if not isinstance(name, str):
            yield LeftOut(
                f"the domain of {each.address}",
                "its name is not known from the code: set `api.domain`",
                each.location,
            )
            return
        zone = next(_zones(view), None)
        if zone is None:
            reason = "the id of its zone is not known from the code: set `api.domain` with its `zone_id`"
            yield LeftOut(f"the domain {name}", reason, each.at("domain_name"))
            return
        yield FoundValue(("api", "domain", "name"), name, each.address, each.at("domain_name"))
        yield FoundValue(("api", "domain", "zone_id"), zone[0], zone[1], zone[2])
        return


def _zones(view: StackView) -> Iterator[tuple[str, str, Location]]:
    for each in view.resources("aws_route53_record"):
        zone = each.value("zone_id")
        if isinstance(zone, str) and zone:
            yield zone, each.address, each.at("zone_id")
    for named in view.named_values():
        if (
            re.fullmatch(r"(?:[a-z0-9]+_)*zone_id", named.name)
            and isinstance(named.value, str)
            and named.value
        ):
            yield named.value, named.written, named.location


def _origins(view: StackView) -> Iterator[FoundValue | LeftOut]:
    for basis, location, origins in _origin_lists(view):
        known = tuple(
            dict.fromkeys(each for each in origins if isinstance(each, str) and _ORIGIN.fullmatch(each))
        )
        if known:
            kept = tuple(each for each in known if each != "*") or known
            yield FoundValue(("api", "cors", "origins"), kept, basis, location)
            return
        if origins:
            yield LeftOut(
                f"the origins of {basis}",
                "they are not known from the code: set `api.cors.origins`",
                location,
            )
            return


def _origin_lists(view: StackView) -> Iterator[tuple[str, Location, list[object]]]:
    for type, block_type in (
        ("aws_apigatewayv2_api", "cors_configuration"),
        ("aws_lambda_function_url", "cors"),
    ):
        for each in view.resources(type):
            for block in each.blocks(block_type):
                if block.block.attribute("allow_origins") is not None:
                    origins = block.value("allow_origins")
                    yield each.address, block.at("allow_origins"), _elements(origins) or [origins]
    for each in view.resources("aws_api_gateway_integration_response", "aws_api_gateway_gateway_response"):
        parameters = each.value("response_parameters")
        if isinstance(parameters, dict):
            for key, value in parameters.items():
                if key.lower().endswith("access-control-allow-origin") and isinstance(value, str):
                    yield each.address, each.at("response_parameters"), [value.strip("'")]
    for named in view.named_values():
        if _ORIGIN_NAME.fullmatch(named.name):
            origins = [each for each in _elements(named.value) if isinstance(each, str)]
            if origins:
                yield named.written, named.location, list(origins)


def _elements(value: Value) -> list[object]:
    """The elements of a list, or of a text with commas."""
    if isinstance(value, str):
        return [each.strip() for each in value.split(",") if each.strip()]
    return list(value) if isinstance(value, list) else []
