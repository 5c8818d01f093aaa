"""Pages of other origins: browsers let those of the spec call the API and read its answers, and no others."""

from __future__ import annotations

import json
import re

import demands
import pytest

from support.cloud import Cloud
from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

# Route: the method that a page may use on its path.
ROUTES = {"create_hold": "POST", "delete_hold": "DELETE", "buy_tickets": "POST", "read_seats": "GET"}
if demands.TICKET_SECONDS:
    ROUTES["join_queue"] = "POST"
each_route = pytest.mark.parametrize("route", ROUTES)
each_origin = pytest.mark.parametrize("origin", demands.CORS_ORIGINS)
STRANGER = "https://evil.example.net"
ANY = demands.CORS_ORIGINS == ["*"]
SIGNED = {
    "iam": {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"},
    "cognito": {"Authorization"},
    "none": set(),
}
BODY = {"event_id": "gala", "seats": ["A-1"]}


def _part(stack: Stack, kind: str, route: str) -> Resource:
    return stack.resource(at("region", f'aws_api_gateway_{kind}.preflight["{route}"]'))


def _headers(stack: Stack, route: str) -> dict[str, str]:
    """The constant headers of the answer to a preflight."""
    found = _part(stack, "integration_response", route).get("response_parameters")
    return {name.removeprefix("method.response.header."): value.strip("'") for name, value in found.items()}


def _preflight(stack: Stack, route: str, origin: str) -> str:
    """The origin that a preflight from a page allows; of the template, this reads comparisons and the override."""
    answer = _part(stack, "integration_response", route)
    template = (answer.get("response_templates") or {}).get("application/json") or ""
    listed = re.findall(r'\$origin == "([^"]+)"', template)
    override = "$context.responseOverride.header.Access-Control-Allow-Origin = $origin"
    if listed and override not in template:
        answer.fails("compares origins and answers with none", "pages of the others could not call the API")
    return origin if origin in listed else _headers(stack, route)["Access-Control-Allow-Origin"]


@each_route
def test_a_preflight_needs_no_sign_in_and_no_function(stack: Stack, route: str) -> None:
    method, integration = _part(stack, "method", route), _part(stack, "integration", route)
    method.must("http_method", "OPTIONS", "browsers ask with this method")
    method.must("authorization", "NONE", "browsers send preflights without credentials")
    place = stack.resource(at("region", f'aws_api_gateway_method.route["{route}"]')).get("resource_id")
    integration.must("type", "MOCK", "every preflight would cost an invocation")
    status = json.loads(integration.get("request_templates")["application/json"])
    if status != {"statusCode": 204}:
        integration.fails(
            f"asks for {status}", "API Gateway would find no answer with this status, and say 500"
        )
    for part in (
        method,
        integration,
        *(_part(stack, f"{kind}_response", route) for kind in ("method", "integration")),
    ):
        part.must("resource_id", place, "the path's preflight would be answered with 403")
        part.must("http_method", "OPTIONS", "browsers ask with this method")
        part.must(
            "rest_api_id", Unknown(at("region", "aws_api_gateway_rest_api.tickets.id")), "another API's"
        )
    for kind in ("method", "integration"):
        _part(stack, f"{kind}_response", route).must("status_code", "204", "the integration answers with 204")


@each_route
def test_a_preflight_allows_what_the_route_needs(stack: Stack, route: str) -> None:
    answer, headers = _part(stack, "integration_response", route), _headers(stack, route)
    if headers["Access-Control-Allow-Methods"] != ROUTES[route]:
        answer.fails(f"allows {headers['Access-Control-Allow-Methods']}", f"the route is {ROUTES[route]}")
    allowed = set(headers["Access-Control-Allow-Headers"].split(","))
    needed = {"Content-Type", "Idempotency-Key", "If-None-Match", *SIGNED[demands.AUTH]}
    if not needed <= allowed:
        answer.fails(f"does not allow {needed - allowed}", "browsers would not send a purchase with its key")
    if "Access-Control-Allow-Credentials" in headers:
        answer.fails("allows cookies", "no buyer is identified by one")
    # https://chromium.googlesource.com/chromium/src/+/main/services/network/public/cpp/cors/preflight_cache.h
    if not 600 <= int(headers["Access-Control-Max-Age"]) <= 7200:
        answer.fails(
            f"is kept for {headers['Access-Control-Max-Age']} s",
            "each request would be two, for the firewall too",
        )
    if not ANY and headers["Vary"] != "Origin":
        answer.fails(
            f"varies by {headers['Vary']}", "a cache would answer one page with the origin of another"
        )
    declared = _part(stack, "method_response", route).get("response_parameters")
    if declared.keys() != answer.get("response_parameters").keys():
        answer.fails("sets headers that the method does not declare", "API Gateway refuses to deploy that")


@each_route
@each_origin
def test_a_preflight_admits_the_pages_of_the_spec(stack: Stack, route: str, origin: str) -> None:
    if (allowed := _preflight(stack, route, origin)) != origin:
        _part(stack, "integration_response", route).fails(
            f"allows {allowed}", f"pages of {origin} could not buy"
        )


@each_route
@pytest.mark.skipif(ANY, reason="the spec admits every page")
def test_a_preflight_admits_no_other_page(stack: Stack, route: str) -> None:
    if _preflight(stack, route, STRANGER) in (STRANGER, "*"):
        _part(stack, "integration_response", route).fails(f"allows {STRANGER}", "the spec does not name it")


@each_route
def test_a_change_of_a_preflight_is_deployed(stack: Stack, route: str) -> None:
    deployment = stack.resource(at("region", "aws_api_gateway_deployment.tickets"))
    trigger = str(deployment.get("triggers.routes")).replace("\\", "")
    method, answer = _part(stack, "method", route), _part(stack, "integration_response", route)
    templates = (answer.get("response_templates") or {}).values()
    parts = [f"{method.address}.id", *answer.get("response_parameters").values(), *templates]
    for part in parts:
        if part.replace("\n", "n") not in trigger.replace("\n", "n"):
            deployment.fails(
                f"does not depend on {part}", "Terraform would change it without deploying the change"
            )


@each_origin
def test_a_page_of_the_spec_reads_every_answer(cloud: Cloud, origin: str) -> None:
    function = cloud.function("ticket_purchase", AUTH="iam")
    for headers in ({"Origin": origin}, {"origin": origin}):
        answer = cloud.ask(function, "POST /holds", BODY, headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == origin, answer
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert ANY or answer.headers["Vary"] == "Origin"


@pytest.mark.skipif(ANY, reason="the spec admits every page")
@pytest.mark.parametrize(
    "headers",
    [{"Origin": STRANGER}, {"Origin": "null"}, {}, None],
    ids=["another", "null", "none", "no headers"],
)
def test_another_page_reads_no_answer(cloud: Cloud, headers: dict[str, str] | None) -> None:
    function = cloud.function("ticket_purchase", AUTH="iam")
    answer = cloud.ask(function, "POST /holds", BODY, headers=headers)
    assert "Access-Control-Allow-Origin" not in answer.headers, answer
    assert answer.headers["Vary"] == "Origin", "a cache would give this answer to a page of the spec"
