"""Answers of API Gateway itself: they look like refusals of a function, and say when a request can be repeated."""

from __future__ import annotations

import json

import demands
import pytest

from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

# Type: the status that it is answered with, None for its own; whether a client is told to come back.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
ANSWERS: dict[str, tuple[str | None, bool]] = {
    "THROTTLED": ("429", True),
    # Also of a function that is throttled: unless this type is customized, that is 500.
    "INTEGRATION_FAILURE": ("503", True),
    "INTEGRATION_TIMEOUT": ("503", True),
    "WAF_FILTERED": ("403", False),
    "DEFAULT_4XX": (None, False),
    "DEFAULT_5XX": (None, True),
}
each_type = pytest.mark.parametrize("type_", ANSWERS)


def answer_of(stack: Stack, type_: str) -> Resource:
    return stack.resource(at("region", f'aws_api_gateway_gateway_response.answer["{type_}"]'))


def body_of(answer: Resource) -> dict[str, str]:
    """The body, with the variables that it substitutes; of these, API Gateway puts only the message in quotes."""
    template = (answer.get("response_templates") or {}).get("application/json", "")
    try:
        body = json.loads(template.replace("$context.error.messageString", '"$context.error.messageString"'))
    except ValueError:
        answer.fails(f"answers {template}", "clients read JSON")
    assert isinstance(body, dict), body
    return body


@each_type
def test_an_answer_has_the_status_that_clients_act_on(stack: Stack, type_: str) -> None:
    answer = answer_of(stack, type_)
    status, _ = ANSWERS[type_]
    answer.must("status_code", status, "a client repeats 429 and 503, and reports other errors")
    answer.must("response_type", type_, "API Gateway knows the answer by its type")
    answer.must("rest_api_id", Unknown(at("region", "aws_api_gateway_rest_api.tickets.id")), "another API's")


@each_type
def test_a_client_is_told_when_to_come_back(stack: Stack, type_: str) -> None:
    answer = answer_of(stack, type_)
    wait = (answer.get("response_parameters") or {}).get("gatewayresponse.header.Retry-After")
    _, expected = ANSWERS[type_]
    if expected and wait not in ("'1'", "'2'", "'3'"):
        answer.fails(f"has the Retry-After {wait}", "clients would all come back at once, or give up")
    if not expected and wait is not None:
        answer.fails("asks to come back", "the same request would be refused again")


@each_type
def test_an_answer_has_the_shape_of_a_functions_refusal(stack: Stack, type_: str) -> None:
    answer = answer_of(stack, type_)
    body = body_of(answer)
    if sorted(body) != ["message", "reason"] or not all(body.values()):
        answer.fails(f"answers {body}", "clients read reason and message, as in every other answer")
    cached = (answer.get("response_parameters") or {}).get("gatewayresponse.header.Cache-Control")
    if cached != "'no-store'":
        answer.fails(f"may be cached: {cached}", "a proxy would repeat it to other buyers")


@pytest.mark.parametrize("type_", [type_ for type_, (_, again) in ANSWERS.items() if again])
def test_an_answer_claims_nothing_about_the_outcome(stack: Stack, type_: str) -> None:
    """The function may have run, or an earlier request with the same key may have sold the seats."""
    answer = answer_of(stack, type_)
    if "with the same Idempotency-Key" not in body_of(answer)["message"]:
        answer.fails(
            f"says {body_of(answer)['message']}", "only the same key tells what became of the request"
        )


def test_a_refusal_of_the_gateway_says_why(stack: Stack) -> None:
    answer = answer_of(stack, "DEFAULT_4XX")
    if body_of(answer) != {
        "reason": "$context.error.responseType",
        "message": "$context.error.messageString",
    }:
        answer.fails(f"answers {body_of(answer)}", "nobody would know what is wrong with a request")


@each_type
def test_a_change_of_an_answer_is_deployed(stack: Stack, type_: str) -> None:
    deployment = stack.resource(at("region", "aws_api_gateway_deployment.tickets"))
    trigger = str(deployment.get("triggers.routes")).replace("\\", "")
    for part in (f'"{type_}"', *answer_of(stack, type_).get("response_templates").values()):
        if part.replace("\\", "") not in trigger:
            deployment.fails(
                f"does not depend on {part}", "Terraform would change it without deploying the change"
            )


@each_type
def test_pages_that_may_call_the_api_can_read_its_errors(stack: Stack, type_: str) -> None:
    answer = answer_of(stack, type_)
    headers = {
        name.removeprefix("gatewayresponse.header."): value.strip("'")
        for name, value in answer.get("response_parameters").items()
    }
    # API Gateway cannot choose an origin here. Answers without data of buyers may be read by any page.
    origins = demands.CORS_ORIGINS
    expected = None if not origins else origins[0] if len(origins) == 1 else "*"
    if headers.get("Access-Control-Allow-Origin") != expected:
        answer.fails(
            f"may be read from {headers.get('Access-Control-Allow-Origin')}",
            "a browser hides an error from a page of another origin, and then it looks like a lost connection",
        )
    if origins and "Retry-After" not in headers.get("Access-Control-Expose-Headers", ""):
        answer.fails("hides Retry-After", "a page would not know when to come back")
