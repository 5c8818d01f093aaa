"""Route, authorize and validate requests to a REST API, and invoke the function, as API Gateway does.

    http://ADDRESS/_aws/execute-api/API_ID/STAGE/path

The emulator has verified the signature of every request before. The access key names the caller with IAM, and is the
subject with Cognito, because tokens are not emulated.
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

from ticketgen.rehearsal.emulator.lambda_fleet import Fleet, function_of

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


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer of the API."""

    status: int
    body: str
    headers: Mapping[str, str]


def _refusal(status: int, message: str) -> HttpAnswer:
    return HttpAnswer(status, json.dumps({"message": message}), {"Content-Type": "application/json"})


def serve(request: HttpRequest, fleet: Fleet) -> HttpAnswer:
    """Answer a request below `PREFIX`."""
    api_id, _, rest = request.path.removeprefix(PREFIX).partition("/")
    stage, _, path = rest.partition("/")
    api, account = _api(api_id)
    if api is None or stage not in api.stages:
        return _refusal(403, "Forbidden")
    resource, parameters = _route(api, f"/{path}")
    method = resource.resource_methods.get(request.method) if resource else None
    if resource is None or method is None or method.method_integration is None:
        return _refusal(403, "Missing Authentication Token")  # AWS's words for an unknown route
    context = _identity(method, request.caller, account)
    problem = _problem(api, method, request)
    if problem:
        return _refusal(400, problem)
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
        return _refusal(
            429 if throttled else 502, "Too Many Requests" if throttled else "Internal server error"
        )
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


def _problem(api: RestAPI, method: Method, request: HttpRequest) -> str:
    """The error of the request validator; "" if the request is valid."""
    if method.request_validator_id not in api.request_validators:
        return ""
    for name, required in (method.request_parameters or {}).items():
        place, key = name.removeprefix("method.request.").split(".", 1)
        given = {"header": key.lower() in request.headers, "querystring": key in request.query}.get(
            place, True
        )
        if required in (True, "true") and not given:
            return f"Missing required request parameters: [{key}]"
    model = (method.request_models or {}).get("application/json")
    if model:
        try:
            errors = list(
                Draft4Validator(json.loads(api.models[model].schema or "{}")).iter_errors(
                    json.loads(request.body)
                )
            )
        except ValueError:
            return "Invalid request body"
        return "Invalid request body" if errors else ""
    return ""
