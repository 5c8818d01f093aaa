"""The emulated API Gateway answers without a function as AWS does: errors, throttling and preflights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from stacks import SHAPES, environment

from ticketgen.rehearsal.emulator.api_gateway import PREFIX, HttpRequest, serve
from ticketgen.rehearsal.emulator.gateway_answers import HttpAnswer
from ticketgen.rehearsal.emulator.lambda_fleet import Outcome
from ticketgen.rehearsal.emulator.mapping_templates import overridden_headers
from ticketgen.spec.cross_origin import Cors
from ticketgen.spec.model import Api
from ticketgen.stack.cors import cors_of

THROTTLED = Outcome(None, {"errorType": "TooManyRequestsException", "errorMessage": "Rate Exceeded."})
FAILED = Outcome(None, {"errorType": "KeyError", "errorMessage": "'seats'"})
OTHERS = ("https://a.example.com", "https://b.example.com", "http://localhost:8000")


@dataclass
class EmulatedApi:
    """An API with `POST /holds`, whose function ends with an outcome, and a preflight on the same path."""

    client: Any = field(default_factory=lambda: boto3.client("apigateway", region_name="us-east-1"))
    outcome: Outcome = THROTTLED

    def __post_init__(self) -> None:
        self.id = self.client.create_rest_api(name="tickets")["id"]
        (root,) = self.client.get_resources(restApiId=self.id)["items"]
        part = self.client.create_resource(restApiId=self.id, parentId=root["id"], pathPart="holds")
        self.place = {"restApiId": self.id, "resourceId": part["id"]}
        self.client.put_method(**self.place, httpMethod="POST", authorizationType="AWS_IAM")
        function = "arn:aws:lambda:us-east-1:123456789012:function:sell"
        self.client.put_integration(
            **self.place,
            httpMethod="POST",
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
        )
        self.client.create_deployment(restApiId=self.id, stageName="dev")

    def customize(self, type_: str, **settings: Any) -> None:
        self.client.put_gateway_response(restApiId=self.id, responseType=type_, **settings)

    def answer_preflights(self, headers: Mapping[str, str], template: str) -> None:
        method = {**self.place, "httpMethod": "OPTIONS"}
        self.client.put_method(**method, authorizationType="NONE")
        status = {"application/json": '{"statusCode":204}'}
        self.client.put_integration(**method, type="MOCK", requestTemplates=status)
        names = {f"method.response.header.{name}": False for name in headers}
        self.client.put_method_response(**method, statusCode="204", responseParameters=names)
        self.client.put_integration_response(
            **method,
            statusCode="204",
            responseParameters={f"method.response.header.{name}": f"'{headers[name]}'" for name in headers},
            responseTemplates={"application/json": template},
        )

    def ask(self, method: str = "POST", path: str = "/holds", **headers: str) -> HttpAnswer:
        request = HttpRequest(method, f"{PREFIX}{self.id}/dev{path}", {}, headers, "{}", "alice")
        fleet: Any = SimpleNamespace(invoke=lambda function, event: self.outcome)
        return serve(request, fleet)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatedApi]:
    monkeypatch.setattr("ticketgen.rehearsal.emulator.api_gateway.function_of", lambda arn: arn)
    with mock_aws():
        yield EmulatedApi()


def test_errors_are_those_of_aws_until_they_are_customized(api: EmulatedApi) -> None:
    assert (api.ask().status, api.ask().body) == (500, '{"message":"Internal server error"}')
    api.outcome = FAILED
    assert api.ask().status == 502
    assert api.ask(path="/nowhere").body == '{"message":"Missing Authentication Token"}'
    assert "Retry-After" not in api.ask().headers


def test_a_throttled_function_is_an_integration_failure(api: EmulatedApi) -> None:
    api.customize("INTEGRATION_FAILURE")
    assert api.ask().status == 504
    api.customize(
        "INTEGRATION_FAILURE",
        statusCode="503",
        responseParameters={"gatewayresponse.header.Retry-After": "'2'"},
        responseTemplates={"application/json": '{"reason":"unavailable","message":"later"}'},
    )
    answer = api.ask()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert json.loads(answer.body) == {"reason": "unavailable", "message": "later"}
    api.outcome = FAILED
    assert api.ask().status == 502, "another type"


def test_a_stage_throttles_each_method_above_its_burst_and_fills_with_its_rate(
    api: EmulatedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("ticketgen.rehearsal.emulator.stage_limits.time.monotonic", lambda: now[0])
    limits = {"throttling/rateLimit": "1", "throttling/burstLimit": "3"}
    changes = [{"op": "replace", "path": f"/*/*/{name}", "value": value} for name, value in limits.items()]
    api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=changes)
    api.customize("THROTTLED", responseParameters={"gatewayresponse.header.Retry-After": "'1'"})
    api.answer_preflights({"Access-Control-Allow-Origin": "*"}, "")
    assert [api.ask().status for _ in range(5)] == [500, 500, 500, 429, 429]
    assert api.ask().headers["Retry-After"] == "1"
    assert api.ask("OPTIONS").status == 204, "each method has its own"
    now[0] += 2
    assert [api.ask().status for _ in range(3)] == [500, 500, 429]


def test_the_default_of_a_class_keeps_the_status(api: EmulatedApi) -> None:
    template = '{"reason":"$context.error.responseType","message":$context.error.messageString}'
    for type_ in ("DEFAULT_4XX", "DEFAULT_5XX"):
        api.customize(
            type_,
            responseTemplates={"application/json": template},
            responseParameters={"gatewayresponse.header.X-From": "method.request.header.Origin"},
        )
    unknown = api.ask(path="/nowhere", origin="https://a.example.com")
    assert (unknown.status, unknown.headers["X-From"]) == (403, "https://a.example.com")
    assert json.loads(unknown.body) == {
        "reason": "MISSING_AUTHENTICATION_TOKEN",
        "message": "Missing Authentication Token",
    }
    assert api.ask().status == 500
    assert json.loads(api.ask().body)["reason"] == "INTEGRATION_FAILURE"


@pytest.mark.parametrize("origins", [OTHERS, OTHERS[:2]])
def test_a_preflight_is_answered_with_the_listed_origin_of_the_page(
    api: EmulatedApi, origins: tuple[str, ...]
) -> None:
    cors = cors_of(environment(api=Api(cors=Cors(origins=origins))))
    assert cors is not None
    api.answer_preflights({"Access-Control-Allow-Origin": cors.first, "Vary": "Origin"}, cors.template)
    for origin in origins:
        answer = api.ask("OPTIONS", origin=origin)
        assert (answer.status, answer.body) == (204, "")
        assert answer.headers == {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    for stranger in ("https://evil.example.net", f"{origins[1]}.evil.example.net", "null", ""):
        answer = api.ask("OPTIONS", origin=stranger)
        assert answer.headers["Access-Control-Allow-Origin"] == origins[0], stranger


def test_one_origin_needs_no_template() -> None:
    for origins in (("*",), OTHERS[:1]):
        cors = cors_of(environment(api=Api(cors=Cors(origins=origins))))
        assert cors is not None
        assert (cors.origin, cors.first, cors.template) == (origins[0], origins[0], "")
    assert cors_of(SHAPES["prod"]()) is None


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", {}),
        ('#set($context.responseOverride.header.A = "1")', {"A": "1"}),
        ('#if("a" == "b")#set($context.responseOverride.header.A = "1")#end', {}),
        ('#if($x)#set($context.responseOverride.header.A = "1")#else#set($context.responseOverride.header.B = "2")#end',
         {"B": "2"}),
        ('#set($x = $input.params().header.get("Origin"))\n#if(!$x || $x == "")\n#set($x = "none")\n#end\n'
         "#set($context.responseOverride.header.A = $x)", {"A": "none"}),
        ('#if("a" != "b" && ("c" == "d" || !$x))#set($context.responseOverride.header.A = "1")#end', {"A": "1"}),
        ('#if($x)#elseif("a" == "a")#set($context.responseOverride.header.A = "1")#else'
         '#set($context.responseOverride.header.A = "2")#end', {"A": "1"}),
        ('#if($x)#if("a" == "a")#set($context.responseOverride.header.A = "1")#else'
         '#set($context.responseOverride.header.A = "2")#end#end', {}),
    ],
)  # fmt: skip
def test_a_template_overrides_headers(template: str, expected: dict[str, str]) -> None:
    assert overridden_headers(template, {}) == expected


@pytest.mark.parametrize(
    "template",
    [
        "text",
        "#if($x)",
        "#set($x)",
        "#set($x = 1 + 1)",
        '#if("a" == )#end',
        '#set($x = "a" "b")',
        "#if(($x)#end",
    ],
)
def test_the_rest_of_the_language_is_reported(template: str) -> None:
    with pytest.raises(NotImplementedError):
        overridden_headers(template, {})
