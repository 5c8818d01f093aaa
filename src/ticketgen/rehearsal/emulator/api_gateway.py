"""Route, authorize and validate requests to a REST API, and invoke the function, as API Gateway does.

    http://ADDRESS/_aws/execute-api/API_ID/STAGE/path

`gateway_answers` has the answers without a function. The emulator has verified the signature of every request before.
The access key names the caller with IAM, and is the subject with Cognito, because tokens are not emulated.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft4Validator
from moto.apigateway.models import Method, Resource, RestAPI, apigateway_backends

from ticketgen.rehearsal.emulator.gateway_answers import HttpAnswer, gateway_answer, mock_answer
from ticketgen.rehearsal.emulator.lambda_fleet import Fleet, function_of
from ticketgen.rehearsal.emulator.stage_limits import admits

__all__ = ["PREFIX", "HttpAnswer", "HttpRequest", "serve"]

PREFIX = "/_aws/execute-api/"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request and the access key that signed it; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    caller: str


def serve(request: HttpRequest, fleet: Fleet) -> HttpAnswer:
    """Answer a request below `PREFIX`."""
    api_id, _, rest = request.path.removeprefix(PREFIX).partition("/")
    stage, _, path = rest.partition("/")
    api, account = _api(api_id)
    if api is None or stage not in api.stages:
        return HttpAnswer(403, json.dumps({"message": "Forbidden"}), {"Content-Type": "application/json"})
    resource, parameters = _route(api, f"/{path}")
    method = resource.resource_methods.get(request.method) if resource else None
    if resource is None or method is None or method.method_integration is None:
        # AWS's words for an unknown route.
        return gateway_answer(api, "MISSING_AUTHENTICATION_TOKEN", request.headers)
    settings = api.stages[stage].method_settings.get("*/*", {})
    if not admits((api_id, stage, resource.get_path(), request.method), settings):
        return gateway_answer(api, "THROTTLED", request.headers)
    if method.method_integration.integration_type == "MOCK":
        return mock_answer(method.method_integration, request.headers)
    context = _identity(method, request.caller, account)
    problem = _problem(api, method, request)
    if problem:
        return gateway_answer(api, problem[0], request.headers, problem[1])
    function = function_of(
        str(method.method_integration.uri).split("/functions/")[1].removesuffix("/invocations")
    )
    outcome = fleet.invoke(
        function,
        {
            "resource": resource.get_path(),
            "path": f"/{path}",
            "httpMethod": request.method,
            "headers": dict(request.headers),
            "queryStringParameters": dict(request.query) or None,
            "pathParameters": parameters or None,
            "body": request.body or None,
            "isBase64Encoded": False,
            "requestContext": {"stage": stage, "apiId": api_id, "requestId": str(uuid.uuid4()), **context},
        },
    )
    if outcome.error:
        throttled = outcome.error["errorType"] == "TooManyRequestsException"
        return gateway_answer(api, "INTEGRATION_FAILURE" if throttled else "DEFAULT_5XX", request.headers)
    answer = outcome.result
    return HttpAnswer(int(answer["statusCode"]), answer.get("body") or "", answer.get("headers") or {})


def _api(api_id: str) -> tuple[RestAPI | None, str]:
    for account, regions in apigateway_backends.items():
        for backend in regions.values():
            if api_id in backend.apis:
                return backend.apis[api_id], account
    return None, ""


def _route(api: RestAPI, path: str) -> tuple[Resource | None, dict[str, str]]:
    for resource in api.resources.values():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(resource.get_path()))
        matched = re.fullmatch(pattern, path)
        if matched and resource.resource_methods:
            return resource, matched.groupdict()
    return None, {}


def _identity(method: Method, caller: str, account: str) -> dict[str, Any]:
    """The caller as the function sees it."""
    if method.authorization_type == "AWS_IAM":
        arn = f"arn:aws:iam::{account}:user/{caller}"
        return {"identity": {"userArn": arn, "accessKey": caller, "sourceIp": "127.0.0.1"}}
    if method.authorization_type == "COGNITO_USER_POOLS":
        return {"authorizer": {"claims": {"sub": caller}}, "identity": {}}
    return {"identity": {"sourceIp": "127.0.0.1"}}


def _problem(api: RestAPI, method: Method, request: HttpRequest) -> tuple[str, str] | None:
    """The type and the text of the request validator's error; None if the request is valid."""
    if method.request_validator_id not in api.request_validators:
        return None
    for name, required in (method.request_parameters or {}).items():
        place, key = name.removeprefix("method.request.").split(".", 1)
        given = {"header": key.lower() in request.headers, "querystring": key in request.query}.get(
            place, True
        )
        if required in (True, "true") and not given:
            return "BAD_REQUEST_PARAMETERS", f"Missing required request parameters: [{key}]"
    model = (method.request_models or {}).get("application/json")
    if model:
        try:
            errors = list(
                Draft4Validator(json.loads(api.models[model].schema or "{}")).iter_errors(
                    json.loads(request.body)
                )
            )
        except ValueError:
            return "BAD_REQUEST_BODY", ""
        return ("BAD_REQUEST_BODY", "") if errors else None
    return None
