"""Answers that API Gateway gives without a function: gateway responses, and mock integrations for preflights."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from moto.apigateway.models import Integration, RestAPI

from ticketgen.rehearsal.emulator.mapping_templates import overridden_headers

__all__ = ["HttpAnswer", "gateway_answer", "mock_answer"]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer of the API."""

    status: int
    body: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Default:
    """A type of a gateway response that nobody has customized.

    Attributes:
        status: of the answer.
        customized: the status if the type is customized without one.
        message: its text.
    """

    status: int
    customized: int
    message: str


# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
# The status of a throttled function was measured by the author of
# https://repost.aws/questions/QUL-z6rJbmR4meafB7MzYXxw: 500, and 504 once INTEGRATION_FAILURE is customized.
_DEFAULTS = {
    "BAD_REQUEST_BODY": _Default(400, 400, "Invalid request body"),
    "BAD_REQUEST_PARAMETERS": _Default(400, 400, "Missing required request parameters"),
    "MISSING_AUTHENTICATION_TOKEN": _Default(403, 403, "Missing Authentication Token"),
    "THROTTLED": _Default(429, 429, "Too Many Requests"),
    "INTEGRATION_FAILURE": _Default(500, 504, "Internal server error"),
    # A function that fails, or answers in another format. AWS documents no type for it, so it has that of its class.
    "DEFAULT_5XX": _Default(502, 502, "Internal server error"),
}
_TEMPLATE = '{"message":$context.error.messageString}'
_VARIABLE = re.compile(r"\$context\.error\.(messageString|message|responseType)\b")
_HEADER = "gatewayresponse.header."


def gateway_answer(
    api: RestAPI, type_: str, request_headers: Mapping[str, str], message: str = ""
) -> HttpAnswer:
    """The answer for a type, as the API has customized it: by the type, or else by its class."""
    default = _DEFAULTS[type_]
    text = message or default.message
    variables = {"messageString": json.dumps(text), "message": text, "responseType": type_}
    custom = api.gateway_responses.get(type_)
    status = default.customized if custom else default.status
    custom = custom or api.gateway_responses.get(f"DEFAULT_{default.status // 100}XX")
    headers = {"Content-Type": "application/json"}
    template = _TEMPLATE
    if custom is not None:
        status = int(custom.status_code or status)
        template = (custom.response_templates or {}).get("application/json", _TEMPLATE)
        for name, value in (custom.response_parameters or {}).items():
            headers[name.removeprefix(_HEADER)] = _mapped(value, request_headers)
    body = _VARIABLE.sub(lambda found: variables[found[1]], template)
    return HttpAnswer(status, body, headers)


def mock_answer(integration: Integration, request_headers: Mapping[str, str]) -> HttpAnswer:
    """The answer of a mock integration: its request template has the status, and the status has the rest."""
    templates = integration.request_templates or {}
    status = str(json.loads(templates["application/json"])["statusCode"])
    answer = (integration.integration_responses or {})[status]
    headers = {
        name.removeprefix("method.response.header."): _mapped(value, request_headers)
        for name, value in (answer.response_parameters or {}).items()
    }
    template = (answer.response_templates or {}).get("application/json") or ""
    headers |= overridden_headers(template, request_headers)
    return HttpAnswer(int(status), "", headers)


def _mapped(value: str, request_headers: Mapping[str, str]) -> str:
    """A constant in quotes, or a header of the request."""
    if value.startswith("'") and value.endswith("'"):
        return value[1:-1]
    name = value.removeprefix("method.request.header.")
    if name == value:
        raise NotImplementedError(f"a header that is mapped from {value}")
    return request_headers.get(name.lower(), "")
