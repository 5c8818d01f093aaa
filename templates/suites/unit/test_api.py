"""The API of a Region: its routes, who may call them, what it turns away, and how much it takes."""

from __future__ import annotations

import json
import re
from typing import Any

import demands
import pytest

from support import iam
from support.places import at
from support.stack import Resource, Stack
from support.values import Unknown

API = Unknown(at("region", "aws_api_gateway_rest_api.tickets.id"))
STAGE = at("region", "aws_api_gateway_stage.live")

# Route: its method, path, function, model, and which parameters a request must have.
ROUTES: dict[str, tuple[str, str, str, str | None, dict[str, bool]]] = {
    "create_hold": ("POST", "/holds", "ticket_purchase", "Hold", {}),
    "delete_hold": ("DELETE", "/holds/{id}", "ticket_purchase", None, {"method.request.path.id": True}),
    "buy_tickets": (
        "POST",
        "/tickets",
        "ticket_purchase",
        "Order",
        {"method.request.header.Idempotency-Key": True},
    ),
    "read_seats": (
        "GET",
        "/events/{id}/seats",
        "seat_availability",
        None,
        {"method.request.path.id": True, "method.request.querystring.section": False},
    ),
}
each_route = pytest.mark.parametrize("route", ROUTES)
AUTHORIZATION = {"iam": "AWS_IAM", "cognito": "COGNITO_USER_POOLS", "none": "NONE"}


def _method(stack: Stack, route: str) -> Resource:
    return stack.resource(at("region", f'aws_api_gateway_method.route["{route}"]'))


def _path(stack: Stack, resource_id: Any) -> str:
    """The path of an API resource, from its id up to the root."""
    if resource_id == Unknown(at("region", "aws_api_gateway_rest_api.tickets.root_resource_id")):
        return ""
    assert isinstance(resource_id, Unknown), resource_id
    part = stack.resource(resource_id.address.removesuffix(".id"))
    return f"{_path(stack, part.get('parent_id'))}/{part.get('path_part')}"


@each_route
def test_a_route_is_what_callers_know_it_as(stack: Stack, route: str) -> None:
    method, path, *_ = ROUTES[route]
    resource = _method(stack, route)
    resource.must("http_method", method, "callers would be told 403")
    found = _path(stack, resource.get("resource_id"))
    if found != path:
        resource.fails(f"is at {found}, and must be at {path}", "callers would be told 403")


@each_route
def test_a_route_asks_who_is_calling_as_the_spec_says(stack: Stack, route: str) -> None:
    resource = _method(stack, route)
    resource.must(
        "authorization",
        AUTHORIZATION[demands.AUTH],
        "the function takes the buyer from what API Gateway has authenticated",
    )
    if demands.AUTH == "cognito":
        resource.must(
            "authorizer_id",
            Unknown(at("region", "aws_api_gateway_authorizer.buyers.id")),
            "nobody would check the token",
        )
        if not resource.get("authorization_scopes"):
            resource.fails("takes id tokens", "only with a scope does it insist on an access token")


@each_route
def test_a_route_turns_away_what_is_not_of_the_right_shape(stack: Stack, route: str) -> None:
    *_, model, parameters = ROUTES[route]
    resource = _method(stack, route)
    resource.must(
        "request_validator_id",
        Unknown(at("region", "aws_api_gateway_request_validator.all.id")),
        "floods of nonsense would reach the function",
    )
    resource.must(
        "request_models", {"application/json": model} if model else None, "a body would not be checked"
    )
    resource.must("request_parameters", parameters, "a request without them costs a call of the function")


@each_route
def test_a_route_calls_its_function(stack: Stack, route: str) -> None:
    method, _, function, *_ = ROUTES[route]
    integration = stack.resource(at("region", f'aws_api_gateway_integration.route["{route}"]'))
    integration.must(
        "uri",
        Unknown(at("region", f"aws_lambda_function.{function}.invoke_arn")),
        "another function knows no such route",
    )
    integration.must("type", "AWS_PROXY", "the function reads and answers whole requests")
    integration.must("integration_http_method", "POST", "Lambda is called with POST, whatever the buyer used")
    integration.must("http_method", method, "the integration belongs to the method")
    integration.must("rest_api_id", API, "the integration belongs to the API")
    integration.must(
        "resource_id",
        _method(stack, route).get("resource_id"),
        "the integration belongs to the method's path",
    )


@each_route
def test_the_api_may_call_the_function_for_that_route_only(stack: Stack, route: str) -> None:
    method, path, function, *_ = ROUTES[route]
    permission = stack.resource(at("region", f'aws_lambda_permission.route["{route}"]'))
    permission.must(
        "function_name",
        stack.resource(at("region", f"aws_lambda_function.{function}")).get("function_name"),
        "every request would be answered 500",
    )
    permission.must("principal", "apigateway.amazonaws.com", "every request would be answered 500")
    permission.must(
        "statement_id",
        f"{demands.PROJECT}-{route.replace('_', '-')}-{demands.ENVIRONMENT}",
        "the function's policy is one for all deployments and routes, and each statement has a name of its own",
    )
    permission.must("action", "lambda:InvokeFunction", "every request would be answered 500")
    arn, api = (
        str(permission.get("source_arn")),
        at("region", "aws_api_gateway_rest_api.tickets.execution_arn"),
    )
    if not arn.startswith(f"${{{api}}}/*/{method}"):
        permission.fails(f"is for {arn}", f"it is called by {method} of this API, and by nobody else")
    rest = arn.removeprefix(f"${{{api}}}/*/{method}")
    # The path of a resource is known to AWS only.
    named = _method(stack, route).get("resource_id").address.removesuffix(".id")
    if rest not in (path.replace("{id}", "*"), f"${{{named}.path}}"):
        permission.fails(f"is for the path {rest}", f"it is called for {path}")


@pytest.mark.parametrize("name", ["holds", "hold", "tickets", "events", "event", "seats"])
def test_a_part_of_a_path_belongs_to_the_api(stack: Stack, name: str) -> None:
    part = stack.resource(at("region", f"aws_api_gateway_resource.{name}"))
    part.must("rest_api_id", API, "it would be a path of another API")


def test_the_validator_checks_bodies_and_parameters(stack: Stack) -> None:
    validator = stack.resource(at("region", "aws_api_gateway_request_validator.all"))
    why = "API Gateway turns away for nothing what a function turns away for money"
    validator.must("validate_request_body", True, why)
    validator.must("validate_request_parameters", True, why)
    validator.must("rest_api_id", API, why)


# --- models: what a JSON Schema says of a body, as far as these schemas go ----------------------------------

SEAT = "A-1"
ORDER = {"event_id": "gala", "seats": [SEAT]}
_TYPES: dict[str, type] = {"object": dict, "array": list, "string": str}


def _fits(schema: dict[str, Any], value: Any) -> bool:
    if not isinstance(value, _TYPES[schema["type"]]):
        return False
    if isinstance(value, str):
        return bool(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", float("inf")))
    if isinstance(value, list):
        different = len({json.dumps(item) for item in value}) == len(value) or not schema.get("uniqueItems")
        counted = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", float("inf"))
        return different and counted and all(_fits(schema["items"], item) for item in value)
    there = all(name in value for name in schema.get("required", ()))
    return there and all(
        _fits(schema["properties"][name], item)
        for name, item in value.items()
        if name in schema["properties"]
    )


def _model(stack: Stack, name: str) -> Resource:
    return stack.resource(at("region", f"aws_api_gateway_model.{name}"))


@pytest.mark.parametrize("model", ["hold", "order"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="no object"),
        pytest.param({"seats": [SEAT]}, id="no event"),
        pytest.param({"event_id": "gala"}, id="no seats"),
        pytest.param({"event_id": "", "seats": [SEAT]}, id="empty event"),
        pytest.param({"event_id": "e" * 65, "seats": [SEAT]}, id="endless event"),
        pytest.param({"event_id": 7, "seats": [SEAT]}, id="event is a number"),
        pytest.param({"event_id": "gala", "seats": SEAT}, id="seats are text"),
        pytest.param({"event_id": "gala", "seats": []}, id="empty seats"),
        pytest.param({"event_id": "gala", "seats": [7]}, id="seat is a number"),
        pytest.param({"event_id": "gala", "seats": [""]}, id="empty seat"),
        pytest.param({"event_id": "gala", "seats": ["s" * 65]}, id="endless seat"),
        pytest.param({"event_id": "gala", "seats": [SEAT, SEAT]}, id="seat twice"),
        pytest.param(
            {"event_id": "gala", "seats": [f"A-{n}" for n in range(demands.SEATS_PER_ORDER + 1)]},
            id="too many seats",
        ),
    ],
)
def test_the_model_refuses(stack: Stack, model: str, body: Any) -> None:
    resource = _model(stack, model)
    if _fits(json.loads(resource.get("schema")), body):
        resource.fails(
            f"takes {json.dumps(body)[:80]}",
            "API Gateway turns away for nothing what a function turns away for money",
        )


@pytest.mark.parametrize(
    ("model", "body"),
    [
        ("hold", ORDER),
        ("order", ORDER),
        ("order", {**ORDER, "hold_id": "gala." + "0" * 32}),
        ("hold", {**ORDER, "seats": [f"A-{n}" for n in range(demands.SEATS_PER_ORDER)]}),
        ("order", {"event_id": "e" * 64, "seats": [f"A-{n}" for n in range(demands.SEATS_PER_ORDER)]}),
    ],
)
def test_the_model_takes_what_the_function_takes(stack: Stack, model: str, body: Any) -> None:
    resource = _model(stack, model)
    if not _fits(json.loads(resource.get("schema")), body):
        resource.fails(f"refuses {json.dumps(body)[:80]}", "a buyer with a good order would be turned away")


@pytest.mark.parametrize("hold_id", [7, "", "h" * 129], ids=["number", "empty", "endless"])
def test_the_order_model_refuses_a_hold_that_cannot_be_one(stack: Stack, hold_id: Any) -> None:
    resource = _model(stack, "order")
    if _fits(json.loads(resource.get("schema")), {**ORDER, "hold_id": hold_id}):
        resource.fails(
            f"takes the hold {hold_id!r}",
            "API Gateway turns away for nothing what a function turns away for money",
        )


@pytest.mark.parametrize("model", ["hold", "order"])
def test_a_model_is_one_that_api_gateway_understands(stack: Stack, model: str) -> None:
    resource = _model(stack, model)
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    resource.must(
        "schema.$schema", "http://json-schema.org/draft-04/schema#", "API Gateway knows draft 4 only"
    )
    resource.must("content_type", "application/json", "bodies of another type would not be checked")
    resource.must("rest_api_id", API, "it would be another API's")
    if not re.fullmatch("[A-Za-z0-9]+", resource.get("name")):
        resource.fails(f"is called {resource.get('name')}", "API Gateway takes letters and digits only")


# --- deployment and stage ------------------------------------------------------------------------------------


def test_a_change_of_any_route_is_deployed(stack: Stack) -> None:
    deployment = stack.resource(at("region", "aws_api_gateway_deployment.tickets"))
    # What the hash is made of.
    trigger = str(deployment.get("triggers.routes")).replace("\\", "")
    looked_at = {
        **{f"the method {route}": f"{_method(stack, route).address}.id" for route in ROUTES},
        **{f"who may call {route}": f'.id}}", "{AUTHORIZATION[demands.AUTH]}"' for route in ROUTES},
        **{
            f"the function of {route}": f'["{route}", "${{{at("region", "aws_lambda_function")}.{row[2]}.invoke_arn}}"]'
            for route, row in ROUTES.items()
        },
        "the models of bodies": '"Order"',
        "the parameters of requests": '"method.request.header.Idempotency-Key"',
        "the schema of holds": _model(stack, "hold").get("schema"),
        "the schema of orders": _model(stack, "order").get("schema"),
    }
    for what, text in looked_at.items():
        if text not in trigger:
            deployment.fails(
                f"does not look at {what}", "the change would be in the state, and not in the API"
            )
    deployment.must("rest_api_id", API, "it would deploy another API")


@pytest.mark.parametrize("name", ["aws_api_gateway_deployment.tickets", "aws_api_gateway_rest_api.tickets"])
def test_the_new_one_is_there_before_the_old_one_goes(stack: Stack, name: str) -> None:
    resource = stack.resource(at("region", name))
    resource.must("lifecycle.create_before_destroy", True, "AWS refuses to delete what a stage still shows")


def test_the_stage_shows_the_deployment(stack: Stack) -> None:
    stage = stack.resource(STAGE)
    stage.must("rest_api_id", API, "it would show another API")
    stage.must(
        "deployment_id",
        Unknown(at("region", "aws_api_gateway_deployment.tickets.id")),
        "it would show nothing",
    )
    stage.must("stage_name", demands.ENVIRONMENT, "it is part of the URL")
    stage.must("xray_tracing_enabled", True, "a slow sale could not be taken apart")


@pytest.mark.parametrize(
    "field",
    [
        "requestId",
        "identity.sourceIp",
        "identity.userArn",
        "httpMethod",
        "resourcePath",
        "status",
        "responseLatency",
        "integrationLatency",
        "error.messageString",
        "wafResponseCode",
        "requestTimeEpoch",
    ],
)
def test_the_access_log_says(stack: Stack, field: str) -> None:
    stage = stack.resource(STAGE)
    stage.must(
        "access_log_settings.destination_arn",
        Unknown(at("region", "aws_cloudwatch_log_group.api.arn")),
        "nobody would know who asked for what",
    )
    values = json.loads(stage.get("access_log_settings.format")).values()
    if f"$context.{field}" not in values:
        stage.fails(f"does not log {field}", "a dispute with a buyer could not be settled")


def test_the_stage_is_measured_and_does_not_log_buyers(stack: Stack) -> None:
    settings = stack.resource(at("region", "aws_api_gateway_method_settings.all"))
    settings.must("method_path", "*/*", "it is for every route")
    settings.must("stage_name", demands.ENVIRONMENT, "it is for this stage")
    settings.must("rest_api_id", API, "it is for this API")
    settings.must("settings.metrics_enabled", True, "the alarm on 5xx would see nothing")
    settings.must("settings.logging_level", "ERROR", "errors could not be understood; INFO logs every step")
    settings.must("settings.data_trace_enabled", False, "bodies name buyers")


def test_the_api_takes_the_busiest_second_and_not_everything(stack: Stack) -> None:
    settings = stack.resource(at("region", "aws_api_gateway_method_settings.all"))
    rate, burst = (
        settings.get("settings.throttling_rate_limit"),
        settings.get("settings.throttling_burst_limit"),
    )
    # Each order may come with a hold and with looks at the seats.
    if not rate or rate < 2 * demands.ORDERS_PER_SECOND:
        settings.fails(
            f"takes {rate} requests a second",
            f"{demands.ORDERS_PER_SECOND} orders a second come with a hold each",
        )
    if not 0 < burst <= rate or burst < rate / 10:
        settings.fails(
            f"takes a burst of {burst}",
            "an on-sale begins with one; without a limit, one client takes it all",
        )
    if rate > 100 * demands.ORDERS_PER_SECOND + 1000:
        settings.fails(f"takes {rate} requests a second", "a limit so high limits nothing")


def test_the_api_is_regional_and_reached_as_the_spec_says(stack: Stack) -> None:
    api = stack.resource(at("region", "aws_api_gateway_rest_api.tickets"))
    api.must("endpoint_configuration.types", ["REGIONAL"], "an edge API has one home, and buyers have many")
    api.must(
        "disable_execute_api_endpoint",
        True if demands.DOMAIN else None,
        "with a domain, the other way in goes around it; without, it is the only one",
    )


@pytest.mark.skipif(not demands.ACCOUNT_LOGGING, reason="another stack manages the account's role for logs")
def test_the_account_may_log_before_the_stage_does(stack: Stack) -> None:
    account = stack.resource(at("region", "aws_api_gateway_account.logging"))
    if iam.role_of(stack, account.get("cloudwatch_role_arn")).name != "api_logs":
        account.fails(
            f"logs as {account.get('cloudwatch_role_arn')}", "API Gateway refuses a stage with logs"
        )
    assert "depends_on" in stack.resource(STAGE).block.attributes, (
        "api.tf\n  why: API Gateway refuses a stage with logs"
    )


# --- the firewall ---------------------------------------------------------------------------------------------


@pytest.fixture
def firewall(stack: Stack) -> Resource:
    """The web ACL of the Region."""
    return stack.resource(at("region", "aws_wafv2_web_acl.tickets"))


def test_the_firewall_is_in_front_of_the_stage(stack: Stack, firewall: Resource) -> None:
    association = stack.resource(at("region", "aws_wafv2_web_acl_association.tickets"))
    association.must("resource_arn", Unknown(f"{STAGE}.arn"), "it would guard nothing")
    association.must("web_acl_arn", Unknown(f"{firewall.address}.arn"), "it would guard nothing")
    firewall.must("scope", "REGIONAL", "CLOUDFRONT's cannot be put in front of a Regional API")
    if not firewall.get("default_action.allow"):
        firewall.fails("blocks by default", "nobody could buy")


def _rule(firewall: Resource, metric: str) -> Any:
    for rule in firewall.blocks("rule"):
        if metric in rule.get("name"):
            return rule
    return firewall.fails(f"has no rule {metric}", "bots buy what people wanted")


def test_one_address_cannot_flood_the_sale(firewall: Resource) -> None:
    rule = _rule(firewall, "rate")
    rate = rule.get("statement.rate_based_statement")
    if rate is None or not rule.get("action.block"):
        rule.fails("does not block by rate", "one bot takes the throttle of all buyers")
    rate = rate[0] if isinstance(rate, list) else rate
    # AWS takes 10 to 2,000,000,000 in five minutes. https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
    if not 100 <= rate.get("limit") <= max(20_000, 300 * demands.ORDERS_PER_SECOND):
        rule.fails(
            f"begins at {rate.get('limit')} requests in five minutes",
            "too low shuts out offices, too high lets bots in",
        )
    rate.must("aggregate_key_type", "IP", "it counts by address")
    rule.must(
        "name", f"{demands.PROJECT}-rate-{demands.ENVIRONMENT}", "logs say by this name what was blocked"
    )
    rule.must("priority", 0, "cheap rules come first")


@pytest.mark.parametrize(
    ("what", "group"),
    [
        ("ip-reputation", "AWSManagedRulesAmazonIpReputationList"),
        ("common-rules", "AWSManagedRulesCommonRuleSet"),
        ("known-bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet"),
    ],
)
def test_aws_managed_rules_are_in_force(firewall: Resource, what: str, group: str) -> None:
    rule = _rule(firewall, what)
    rule.must("statement.0.managed_rule_group_statement.0.name", group, "known attacks would get through")
    rule.must("statement.0.managed_rule_group_statement.0.vendor_name", "AWS", "AWS's own group is meant")
    rule.must(
        "name", f"{demands.PROJECT}-{what}-{demands.ENVIRONMENT}", "logs say by this name what was blocked"
    )
    if not rule.get("override_action.none"):
        rule.fails("only counts", "known attacks would get through")


def test_the_rules_have_an_order_of_their_own(firewall: Resource) -> None:
    priorities = [rule.get("priority") for rule in firewall.blocks("rule")]
    if sorted(set(priorities)) != sorted(priorities):
        firewall.fails(f"has the priorities {priorities}", "AWS refuses two rules of one priority")


@pytest.mark.parametrize("metric", ["tickets", "rate", "ip-reputation", "common-rules", "known-bad-inputs"])
def test_the_firewall_is_measured(firewall: Resource, metric: str) -> None:
    name = f"{demands.PROJECT}-{metric}-{demands.ENVIRONMENT}"
    shown = [
        *firewall.blocks("visibility_config"),
        *(v for rule in firewall.blocks("rule") for v in rule.blocks("visibility_config")),
    ]
    found = [each for each in shown if each.get("metric_name") == name]
    if len(found) != 1:
        firewall.fails(f"has {len(found)} metrics {name}", "whom it blocks could not be seen")
    found[0].must("cloudwatch_metrics_enabled", True, "whom it blocks could not be seen")
    found[0].must("sampled_requests_enabled", True, "what it blocks could not be looked at")


def test_what_the_firewall_blocked_is_logged_and_nothing_else(stack: Stack, firewall: Resource) -> None:
    log = stack.resource(at("region", "aws_wafv2_web_acl_logging_configuration.tickets"))
    log.must("resource_arn", Unknown(f"{firewall.address}.arn"), "another firewall's log")
    log.must(
        "log_destination_configs",
        [Unknown(at("region", "aws_cloudwatch_log_group.waf.arn"))],
        "its log group",
    )
    log.must("logging_filter.0.default_behavior", "DROP", "every buyer's request would be logged twice")
    log.must("logging_filter.0.filter.0.behavior", "KEEP", "what was blocked would not be logged")
    log.must("logging_filter.0.filter.0.requirement", "MEETS_ANY", "what was blocked would not be logged")
    log.must(
        "logging_filter.0.filter.0.condition.0.action_condition.0.action",
        "BLOCK",
        "what was blocked would not be logged",
    )
