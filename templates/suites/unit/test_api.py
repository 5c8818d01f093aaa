"""The API of a Region: its routes, who may call them, what it refuses, and its limits."""

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
if demands.TICKET_SECONDS:
    ROUTES["join_queue"] = ("POST", "/queue", "admission_queue", "Queue", {})
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
def test_a_route_has_the_method_and_path_that_callers_use(stack: Stack, route: str) -> None:
    method, path, *_ = ROUTES[route]
    resource = _method(stack, route)
    resource.must("http_method", method, "API Gateway would answer callers with 403")
    found = _path(stack, resource.get("resource_id"))
    if found != path:
        resource.fails(f"is at {found}, and must be at {path}", "API Gateway would answer callers with 403")


@each_route
def test_a_route_authorizes_callers_as_the_spec_says(stack: Stack, route: str) -> None:
    resource = _method(stack, route)
    resource.must(
        "authorization",
        AUTHORIZATION[demands.AUTH],
        "the function takes the buyer's identity from API Gateway",
    )
    if demands.AUTH == "cognito":
        resource.must(
            "authorizer_id",
            Unknown(at("region", "aws_api_gateway_authorizer.buyers.id")),
            "API Gateway would not check the token",
        )
        if not resource.get("authorization_scopes"):
            resource.fails(
                "accepts id tokens", "API Gateway requires an access token only where a scope is set"
            )


@each_route
def test_a_route_refuses_malformed_requests(stack: Stack, route: str) -> None:
    *_, model, parameters = ROUTES[route]
    resource = _method(stack, route)
    resource.must(
        "request_validator_id",
        Unknown(at("region", "aws_api_gateway_request_validator.all.id")),
        "floods of malformed requests would reach the function",
    )
    resource.must(
        "request_models",
        {"application/json": model} if model else None,
        "API Gateway would not check the body",
    )
    resource.must("request_parameters", parameters, "a request without them would cost an invocation")


@each_route
def test_a_route_calls_its_function(stack: Stack, route: str) -> None:
    method, _, function, *_ = ROUTES[route]
    integration = stack.resource(at("region", f'aws_api_gateway_integration.route["{route}"]'))
    integration.must(
        "uri",
        Unknown(at("region", f"aws_lambda_alias.{function}.invoke_arn")),
        "another function does not know this route",
    )
    integration.must(
        "type", "AWS_PROXY", "the function needs the whole request and returns the whole response"
    )
    integration.must(
        "integration_http_method", "POST", "API Gateway invokes Lambda with POST, whatever the route's method"
    )
    integration.must("http_method", method, "the integration has to match the method")
    integration.must("rest_api_id", API, "the integration has to belong to this API")
    integration.must(
        "resource_id",
        _method(stack, route).get("resource_id"),
        "the integration has to match the method's path",
    )


@each_route
def test_the_api_may_call_the_function_for_that_route_only(stack: Stack, route: str) -> None:
    method, path, function, *_ = ROUTES[route]
    permission = stack.resource(at("region", f'aws_lambda_permission.route["{route}"]'))
    permission.must(
        "function_name",
        stack.resource(at("region", f"aws_lambda_function.{function}")).get("function_name"),
        "API Gateway would answer every request with 500",
    )
    permission.must("qualifier", "live", "the route calls the alias")
    permission.must(
        "principal", "apigateway.amazonaws.com", "API Gateway would answer every request with 500"
    )
    permission.must(
        "statement_id",
        f"{demands.PROJECT}-{route.replace('_', '-')}-{demands.ENVIRONMENT}",
        "all permissions of a function are in one policy, and each statement needs an id of its own",
    )
    permission.must("action", "lambda:InvokeFunction", "API Gateway would answer every request with 500")
    arn, api = (
        str(permission.get("source_arn")),
        at("region", "aws_api_gateway_rest_api.tickets.execution_arn"),
    )
    if not arn.startswith(f"${{{api}}}/*/{method}"):
        permission.fails(f"is for {arn}", f"only {method} of this API calls the function")
    rest = arn.removeprefix(f"${{{api}}}/*/{method}")
    # Only AWS knows the path of a resource.
    named = _method(stack, route).get("resource_id").address.removesuffix(".id")
    if rest not in (path.replace("{id}", "*"), f"${{{named}.path}}"):
        permission.fails(f"is for the path {rest}", f"it is called for {path}")


@pytest.mark.parametrize("name", ["holds", "hold", "tickets", "events", "event", "seats"])
def test_a_part_of_a_path_belongs_to_the_api(stack: Stack, name: str) -> None:
    part = stack.resource(at("region", f"aws_api_gateway_resource.{name}"))
    part.must("rest_api_id", API, "the path would belong to another API")


def test_the_validator_checks_bodies_and_parameters(stack: Stack) -> None:
    validator = stack.resource(at("region", "aws_api_gateway_request_validator.all"))
    why = "API Gateway refuses a request for free, and a function costs an invocation"
    validator.must("validate_request_body", True, why)
    validator.must("validate_request_parameters", True, why)
    validator.must("rest_api_id", API, why)


# --- models: the part of JSON Schema that these schemas use ----------------------------------

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
        pytest.param([], id="not an object"),
        pytest.param({"seats": [SEAT]}, id="no event"),
        pytest.param({"event_id": "gala"}, id="no seats"),
        pytest.param({"event_id": "", "seats": [SEAT]}, id="empty event"),
        pytest.param({"event_id": "e" * 65, "seats": [SEAT]}, id="event id too long"),
        pytest.param({"event_id": 7, "seats": [SEAT]}, id="event is a number"),
        pytest.param({"event_id": "gala", "seats": SEAT}, id="seats are text"),
        pytest.param({"event_id": "gala", "seats": []}, id="empty seats"),
        pytest.param({"event_id": "gala", "seats": [7]}, id="seat is a number"),
        pytest.param({"event_id": "gala", "seats": [""]}, id="empty seat"),
        pytest.param({"event_id": "gala", "seats": ["s" * 65]}, id="seat id too long"),
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
            f"accepts {json.dumps(body)[:80]}",
            "API Gateway refuses it for free, and the function costs an invocation",
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
def test_the_model_accepts_what_the_function_accepts(stack: Stack, model: str, body: Any) -> None:
    resource = _model(stack, model)
    if not _fits(json.loads(resource.get("schema")), body):
        resource.fails(f"refuses {json.dumps(body)[:80]}", "a buyer with a valid order would be refused")


@pytest.mark.parametrize("hold_id", [7, "", "h" * 129], ids=["number", "empty", "too long"])
def test_the_order_model_refuses_a_malformed_hold(stack: Stack, hold_id: Any) -> None:
    resource = _model(stack, "order")
    if _fits(json.loads(resource.get("schema")), {**ORDER, "hold_id": hold_id}):
        resource.fails(
            f"accepts the hold {hold_id!r}",
            "API Gateway refuses it for free, and the function costs an invocation",
        )


@pytest.mark.parametrize("model", ["hold", "order"])
def test_api_gateway_understands_the_model(stack: Stack, model: str) -> None:
    resource = _model(stack, model)
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    resource.must(
        "schema.$schema", "http://json-schema.org/draft-04/schema#", "API Gateway supports draft 4 only"
    )
    resource.must("content_type", "application/json", "only bodies of this type are checked")
    resource.must("rest_api_id", API, "the model would belong to another API")
    if not re.fullmatch("[A-Za-z0-9]+", resource.get("name")):
        resource.fails(f"is named {resource.get('name')}", "API Gateway accepts only letters and digits")


# --- deployment and stage ------------------------------------------------------------------------------------


def test_a_change_of_any_route_is_deployed(stack: Stack) -> None:
    deployment = stack.resource(at("region", "aws_api_gateway_deployment.tickets"))
    # The text that the hash is computed from.
    trigger = str(deployment.get("triggers.routes")).replace("\\", "")
    looked_at = {
        **{f"the method {route}": f"{_method(stack, route).address}.id" for route in ROUTES},
        **{f"who may call {route}": f'.id}}", "{AUTHORIZATION[demands.AUTH]}"' for route in ROUTES},
        **{
            f"the function of {route}": f'["{route}", "${{{at("region", "aws_lambda_alias")}.{row[2]}.invoke_arn}}"]'
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
                f"does not depend on {what}", "Terraform would change it without deploying the change"
            )
    deployment.must("rest_api_id", API, "the deployment would belong to another API")


@pytest.mark.parametrize("name", ["aws_api_gateway_deployment.tickets", "aws_api_gateway_rest_api.tickets"])
def test_the_replacement_is_created_before_the_old_one_is_destroyed(stack: Stack, name: str) -> None:
    resource = stack.resource(at("region", name))
    resource.must("lifecycle.create_before_destroy", True, "AWS refuses to delete what a stage still uses")


def test_the_stage_serves_the_deployment(stack: Stack) -> None:
    stage = stack.resource(STAGE)
    stage.must("rest_api_id", API, "the stage would serve another API")
    stage.must(
        "deployment_id",
        Unknown(at("region", "aws_api_gateway_deployment.tickets.id")),
        "the stage would serve another deployment",
    )
    stage.must("stage_name", demands.ENVIRONMENT, "the stage's name is part of the URL")
    stage.must("xray_tracing_enabled", True, "nobody could see where a slow sale spends its time")


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
def test_the_access_log_contains(stack: Stack, field: str) -> None:
    stage = stack.resource(STAGE)
    stage.must(
        "access_log_settings.destination_arn",
        Unknown(at("region", "aws_cloudwatch_log_group.api.arn")),
        "requests would leave no trace",
    )
    values = json.loads(stage.get("access_log_settings.format")).values()
    if f"$context.{field}" not in values:
        stage.fails(f"does not log {field}", "nobody could settle a dispute with a buyer")


def test_the_stage_is_measured_and_does_not_log_buyers(stack: Stack) -> None:
    settings = stack.resource(at("region", "aws_api_gateway_method_settings.all"))
    settings.must("method_path", "*/*", "the settings apply to every route")
    settings.must("stage_name", demands.ENVIRONMENT, "the settings apply to this stage")
    settings.must("rest_api_id", API, "the settings apply to this API")
    settings.must("settings.metrics_enabled", True, "the alarm on 5xx answers would have no data")
    settings.must(
        "settings.logging_level", "ERROR", "without it errors are a mystery, and INFO logs every step"
    )
    settings.must("settings.data_trace_enabled", False, "bodies contain buyers' names")


def test_the_api_admits_the_busiest_second_and_is_limited(stack: Stack) -> None:
    settings = stack.resource(at("region", "aws_api_gateway_method_settings.all"))
    rate, burst = (
        settings.get("settings.throttling_rate_limit"),
        settings.get("settings.throttling_burst_limit"),
    )
    # A buyer holds the seats of an order before buying them.
    if not rate or rate < 2 * demands.ORDERS_PER_SECOND:
        settings.fails(
            f"admits {rate} requests/s",
            f"{demands.ORDERS_PER_SECOND} orders/s come with a hold each",
        )
    if not 0 < burst <= rate or burst < rate / 10:
        settings.fails(
            f"admits a burst of {burst}",
            "an on-sale begins with a burst, and without a limit one client uses up all capacity",
        )
    if rate > 100 * demands.ORDERS_PER_SECOND + 1000:
        settings.fails(f"admits {rate} requests/s", "so high a limit limits nothing")


def test_the_api_is_regional_and_reached_as_the_spec_says(stack: Stack) -> None:
    api = stack.resource(at("region", "aws_api_gateway_rest_api.tickets"))
    api.must(
        "endpoint_configuration.types",
        ["REGIONAL"],
        "an edge-optimized API would send all buyers to one Region",
    )
    api.must(
        "disable_execute_api_endpoint",
        None,
        "without a domain it is the only endpoint, and with one it is where the health check reaches this Region",
    )


@pytest.mark.skipif(
    demands.LOG_ROLE == "existing", reason="another stack manages the account's role for logs"
)
def test_the_account_may_log_before_the_stage_does(stack: Stack) -> None:
    account = stack.resource(at("region", "aws_api_gateway_account.logging"))
    if iam.role_of(stack, account.get("cloudwatch_role_arn")).name != "api_logs":
        account.fails(
            f"logs as {account.get('cloudwatch_role_arn')}", "API Gateway refuses a stage that logs"
        )
    assert "depends_on" in stack.resource(STAGE).block.attributes, (
        "api.tf\n  why: API Gateway refuses a stage that logs"
    )
    if any(block.type == "lifecycle" for block in account.block.blocks):
        account.fails(
            "ignores changes",
            "when another stack takes the role away, no plan would show it, and logs would stop",
        )


# --- the firewall ---------------------------------------------------------------------------------------------


@pytest.fixture
def firewall(stack: Stack) -> Resource:
    """The web ACL of the Region."""
    return stack.resource(at("region", "aws_wafv2_web_acl.tickets"))


def test_the_firewall_is_in_front_of_the_stage(stack: Stack, firewall: Resource) -> None:
    association = stack.resource(at("region", "aws_wafv2_web_acl_association.tickets"))
    association.must("resource_arn", Unknown(f"{STAGE}.arn"), "the firewall would protect nothing")
    association.must("web_acl_arn", Unknown(f"{firewall.address}.arn"), "the firewall would protect nothing")
    firewall.must("scope", "REGIONAL", "a firewall for CloudFront cannot protect a Regional API")
    if not firewall.get("default_action.allow"):
        firewall.fails("blocks by default", "nobody could buy")


def _rule(firewall: Resource, metric: str) -> Any:
    for rule in firewall.blocks("rule"):
        if rule.get("name") == f"{demands.PROJECT}-{metric}-{demands.ENVIRONMENT}":
            return rule
    return firewall.fails(f"has no rule {metric}", "bots would buy the tickets")


def test_one_address_cannot_flood_the_sale(firewall: Resource) -> None:
    rule = _rule(firewall, "rate")
    rate = rule.get("statement.rate_based_statement")
    if rate is None or not rule.get("action.block"):
        rule.fails("does not block by rate", "one bot would use up the throttle of all buyers")
    rate = rate[0] if isinstance(rate, list) else rate
    # AWS takes 10 to 2,000,000,000 in five minutes. https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
    if not 100 <= rate.get("limit") <= max(20_000, 300 * demands.ORDERS_PER_SECOND):
        rule.fails(
            f"blocks above {rate.get('limit')} requests in five minutes",
            "too low a limit blocks offices, and too high a limit admits bots",
        )
    rate.must("aggregate_key_type", "IP", "requests are counted by address")
    rule.must(
        "name", f"{demands.PROJECT}-rate-{demands.ENVIRONMENT}", "logs name the rule that blocked a request"
    )
    rule.must("priority", 0, "cheap rules are evaluated first")


def test_one_address_cannot_hold_all_seats(firewall: Resource) -> None:
    rule = _rule(firewall, "post-rate")
    rate = rule.get("statement.rate_based_statement")
    if rate is None or not rule.get("action.block"):
        rule.fails("does not block by rate", "one bot would hold the seats of all buyers")
    rate = rate[0] if isinstance(rate, list) else rate
    reads = _rule(firewall, "rate").get("statement.rate_based_statement.0.limit")
    most = (
        12 if demands.TICKET_SECONDS is None else 60
    )  # people in a queue are counted, too; a hold needs a ticket
    if not 100 <= rate.get("limit") <= max(100, most * demands.ORDERS_PER_SECOND):
        rule.fails(
            f"blocks above {rate.get('limit')} holds and purchases in five minutes",
            "too low a limit blocks offices, and too high a limit admits bots",
        )
    if demands.TICKET_SECONDS is None and rate.get("limit") * 4 > reads:
        rule.fails(
            f"admits {rate.get('limit')} of {reads} requests", "buyers read far more often than they buy"
        )
    rate.must("aggregate_key_type", "IP", "a bot can change everything else of a request")
    what = "scope_down_statement.byte_match_statement"
    rate.must(f"{what}.search_string", "POST", "seat maps, releases and preflights would count as purchases")
    rate.must(f"{what}.positional_constraint", "EXACTLY", "other methods would count")
    rate.must(f"{what}.text_transformation.type", "NONE", "methods are compared as they are")
    if not rate.get(f"{what}.field_to_match.method"):
        rule.fails("compares something else than the method", "seat maps would count as purchases")
    rule.must("priority", 1, "cheap rules are evaluated first")


@pytest.mark.parametrize("metric", ["rate", "post-rate"])
def test_a_buyer_behind_a_busy_address_is_told_when_to_come_back(firewall: Resource, metric: str) -> None:
    rule = _rule(firewall, metric)
    answer = "action.block.0.custom_response"
    rule.must(f"{answer}.response_code", 429, "403 says that trying again is pointless")
    headers = {
        header.get("name"): header.get("value") for header in rule.get(answer)[0].blocks("response_header")
    }
    if not 10 <= int(headers.get("Retry-After", 0)) <= 300:
        rule.fails(f"answers with {headers}", "clients would come back at once, and stay blocked")
    origins = demands.CORS_ORIGINS
    expected = None if not origins else origins[0] if len(origins) == 1 else "*"
    if headers.get("Access-Control-Allow-Origin") != expected:
        rule.fails(f"answers with {headers}", "browsers would hide the answer from the pages of the spec")
    key = rule.get(f"{answer}.custom_response_body_key")
    bodies = {body.get("key"): body for body in firewall.blocks("custom_response_body")}
    if key not in bodies or bodies[key].get("content_type") != "APPLICATION_JSON":
        rule.fails(f"answers with {key}", "clients read JSON")
    if sorted(json.loads(bodies[key].get("content"))) != ["message", "reason"]:
        rule.fails("answers with another body", "clients read reason and message, as in every other answer")


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
    rule.must("statement.0.managed_rule_group_statement.0.name", group, "known attacks would reach the API")
    rule.must(
        "statement.0.managed_rule_group_statement.0.vendor_name", "AWS", "the rule group belongs to AWS"
    )
    rule.must(
        "name", f"{demands.PROJECT}-{what}-{demands.ENVIRONMENT}", "logs name the rule that blocked a request"
    )
    if not rule.get("override_action.none"):
        rule.fails("only counts", "known attacks would reach the API")


def test_the_rules_have_distinct_priorities(firewall: Resource) -> None:
    priorities = [rule.get("priority") for rule in firewall.blocks("rule")]
    if sorted(set(priorities)) != sorted(priorities):
        firewall.fails(f"has the priorities {priorities}", "AWS refuses two rules with the same priority")


@pytest.mark.parametrize(
    "metric", ["tickets", "rate", "post-rate", "ip-reputation", "common-rules", "known-bad-inputs"]
)
def test_the_firewall_is_measured(firewall: Resource, metric: str) -> None:
    name = f"{demands.PROJECT}-{metric}-{demands.ENVIRONMENT}"
    shown = [
        *firewall.blocks("visibility_config"),
        *(v for rule in firewall.blocks("rule") for v in rule.blocks("visibility_config")),
    ]
    found = [each for each in shown if each.get("metric_name") == name]
    if len(found) != 1:
        firewall.fails(f"has {len(found)} metrics named {name}", "nobody could see how much it blocks")
    found[0].must("cloudwatch_metrics_enabled", True, "nobody could see how much it blocks")
    found[0].must("sampled_requests_enabled", True, "nobody could look at blocked requests")


def test_only_blocked_requests_are_logged(stack: Stack, firewall: Resource) -> None:
    log = stack.resource(at("region", "aws_wafv2_web_acl_logging_configuration.tickets"))
    log.must("resource_arn", Unknown(f"{firewall.address}.arn"), "the log would belong to another firewall")
    log.must(
        "log_destination_configs",
        [Unknown(at("region", "aws_cloudwatch_log_group.waf.arn"))],
        "blocked requests have a log group of their own",
    )
    log.must("logging_filter.0.default_behavior", "DROP", "every request would be logged twice")
    log.must("logging_filter.0.filter.0.behavior", "KEEP", "blocked requests would not be logged")
    log.must("logging_filter.0.filter.0.requirement", "MEETS_ANY", "blocked requests would not be logged")
    log.must(
        "logging_filter.0.filter.0.condition.0.action_condition.0.action",
        "BLOCK",
        "blocked requests would not be logged",
    )
