"""Names: each contains the suffix, so that an account can hold several deployments, and each is unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import demands
import pytest

from support.expressions import evaluate
from support.functions import FUNCTIONS
from support.places import ROOTS, at, root
from support.stack import Body, Resource, Stack

PLACES = {"global", "data", "region", "analytics", "verification"}
ROLES = [*FUNCTIONS, "verification_machine", "ticker_machine", "schedule", "flow_logs", "rds_monitoring"]


def _called(
    place: str, resource: str, attribute: str, middle: str, before: str = "", after: str = ""
) -> tuple[str, ...]:
    name = f"{before}{demands.PROJECT}-{middle}-{demands.ENVIRONMENT}{after}"
    address = at(place, resource) if place in PLACES else f"{place}:{resource}"
    return address, attribute, name


NAMES = [
    _called("data", 'aws_dynamodb_table.shared["events"]', "name", "events"),
    _called("data", 'aws_dynamodb_table.shared["inventory"]', "name", "ticket-inventory"),
    _called("data", 'aws_dynamodb_table.shared["sales"]', "name", "ticket-sales"),
    _called("data", 'aws_dynamodb_table.shared["corrections"]', "name", "corrections"),
    _called("data", "aws_dynamodb_table.distributed_locks", "name", "distributed-locks"),
    *(_called("global", f"aws_iam_role.{role}", "name", role.replace("_", "-")) for role in ROLES),
    *(
        _called("global", f"aws_iam_role_policy.{role}", "name", role.replace("_", "-"))
        for role in ROLES
        if role != "rds_monitoring"
    ),
    *(
        _called(each.module, f"aws_lambda_function.{name}", "function_name", each.middle)
        for name, each in FUNCTIONS.items()
    ),
    *(
        _called(each.module, f"aws_cloudwatch_log_group.{name}", "name", each.middle, "/aws/lambda/")
        for name, each in FUNCTIONS.items()
    ),
    _called("region", "aws_api_gateway_rest_api.tickets", "name", "tickets"),
    _called("region", "aws_api_gateway_request_validator.all", "name", "tickets"),
    _called("region", "aws_cloudwatch_log_group.api", "name", "tickets", "/aws/apigateway/"),
    _called("region", "aws_cloudwatch_log_group.waf", "name", "tickets", "aws-waf-logs-"),
    _called("region", "aws_wafv2_web_acl.tickets", "name", "tickets"),
    _called("region", "aws_elasticache_replication_group.seats", "replication_group_id", "seats"),
    _called("region", "aws_elasticache_parameter_group.seats", "name", f"seats-{demands.CACHE_FAMILY}"),
    _called("region", "aws_elasticache_subnet_group.seats", "name", "seats"),
    _called("region", "aws_elasticache_user.default", "user_id", "nobody"),
    _called("region", "aws_elasticache_user.reader", "user_id", "reader"),
    _called("region", "aws_elasticache_user.writer", "user_id", "writer"),
    _called("region", "aws_elasticache_user_group.seats", "user_group_id", "seats"),
    _called("region", "aws_cloudwatch_log_group.redis", "name", "seats", "/aws/elasticache/"),
    _called("data", "aws_kms_alias.stack", "name", "key", "alias/"),
    _called("region", "aws_security_group.functions", "name", "functions"),
    _called("region", "aws_security_group.redis", "name", "seats"),
    _called("region", "aws_cloudwatch_log_group.flows", "name", "flows", "/aws/vpc/"),
    _called("region", "aws_cloudwatch_event_rule.refresh", "name", "seat-cache-refresh"),
    _called("region", "aws_sqs_queue.dead_letters", "name", "dead-letters"),
    _called(
        "region", "aws_cloudwatch_dashboard.sales", "dashboard_name", "sales", after=f"-{demands.PRIMARY}"
    ),
    _called("analytics", "aws_kinesis_stream.sales", "name", "ticket-sales"),
    _called("analytics", "aws_rds_cluster.sales", "cluster_identifier", "sales"),
    _called("analytics", "aws_rds_cluster_parameter_group.sales", "name", f"sales-{demands.AURORA_FAMILY}"),
    _called("analytics", "aws_db_subnet_group.sales", "name", "sales"),
    _called("analytics", "aws_security_group.aurora", "name", "sales"),
    _called(
        "analytics", "aws_cloudwatch_log_group.aurora", "name", "sales", "/aws/rds/cluster/", "/postgresql"
    ),
    _called("verification", "aws_sfn_state_machine.verification", "name", "verification"),
    _called("verification", "aws_sfn_state_machine.ticker", "name", "ticker"),
    _called("verification", "aws_cloudwatch_event_rule.minute", "name", "ticker"),
    _called(
        "verification",
        "aws_cloudwatch_log_group.verification",
        "name",
        "verification",
        "/aws/vendedlogs/states/",
    ),
    _called("verification", "aws_cloudwatch_log_group.ticker", "name", "ticker", "/aws/vendedlogs/states/"),
    _called("verification", "aws_sqs_queue.refunds", "name", "refunds", after=".fifo"),
    _called("verification", "aws_sqs_queue.failed_refunds", "name", "failed-refunds", after=".fifo"),
]
NAMES += [
    _called("analytics", "aws_rds_cluster_instance.sales[0]", "identifier", "sales", after="-0"),
    _called("region", "aws_cloudwatch_event_target.refresh", "target_id", "seat-cache-refresh"),
    _called("verification", "aws_cloudwatch_event_target.minute", "target_id", "ticker"),
    _called("region", "aws_lambda_permission.refresh", "statement_id", "seat-cache-refresh"),
]
if demands.AUDIT_STORE == "timestream":
    NAMES += [
        _called("verification", "aws_timestreamwrite_database.audit", "database_name", "audit"),
        _called("verification", "aws_timestreamwrite_table.corrections", "table_name", "corrections"),
    ]
if not demands.ALARM_TOPIC_ARN:
    NAMES += [_called("region", "aws_sns_topic.alarms", "name", "alarms")]
if demands.AUTH == "cognito":
    NAMES += [
        _called(root("data"), "aws_cognito_user_pool.buyers", "name", "buyers"),
        _called(root("data"), "aws_cognito_user_pool_client.shop", "name", "shop"),
        _called("region", "aws_api_gateway_authorizer.buyers", "name", "buyers"),
    ]
if demands.LOG_ROLE == "managed":
    NAMES += [_called("global", "aws_iam_role.api_logs", "name", "api-logs")]


@pytest.mark.parametrize(
    ("address", "attribute", "name"),
    NAMES,
    ids=[".".join(row[0].partition(":")[2].rsplit(".", 2)[-2:]) for row in NAMES],
)
def test_a_name_is_made_of_project_purpose_and_suffix(
    stack: Stack, address: str, attribute: str, name: str
) -> None:
    stack.resource(address).must(
        attribute,
        name,
        "dashboards, scripts and people use this name, and another deployment has another suffix",
    )


# Names that AWS does not let us choose, and names within a resource that carries the suffix.
UNSUFFIXED = {
    ("aws_api_gateway_domain_name", "domain_name"),
    ("aws_api_gateway_model", "name"),
    ("aws_lambda_alias", "name"),
    ("aws_route53_record", "name"),
}
NAMING = (
    "name",
    "function_name",
    "identifier",
    "target_id",
    "statement_id",
    "alarm_name",
    "dashboard_name",
    "stage_name",
)


def _names(resource: Resource) -> dict[str, str]:
    return {
        attribute: str(resource.get(attribute))
        for attribute in NAMING
        if attribute in resource.block.attributes and (resource.type, attribute) not in UNSUFFIXED
    }


def test_every_name_carries_the_suffix(stack: Stack) -> None:
    for resource in stack.resources():
        for attribute, name in _names(resource).items():
            parts = f"-{name.replace('.', '-').replace('/', '-')}-"
            if f"-{demands.ENVIRONMENT}-" not in parts and not name.startswith("${"):
                resource.fails(
                    f"{attribute} is {name!r}, without {demands.ENVIRONMENT}",
                    "a second deployment in the account would collide with this one",
                )


# Name tags of resources without a name of their own; some have a number after the suffix.
TAGGED = {
    *(
        f"{demands.PROJECT}-{middle}-{demands.ENVIRONMENT}"
        for middle in ("key", "vpc", "private", "dynamodb", "unused")
    ),
    *(
        f"{demands.PROJECT}-{middle}-{demands.ENVIRONMENT}-{number}"
        for middle in ("private", "sales")
        for number in (0, 1)
    ),
}


def test_every_name_tag_is_a_name_of_the_stack(stack: Stack) -> None:
    known = TAGGED | {
        name.removesuffix(".fifo").split("/")[-1].removeprefix("alias").strip("/") for _, _, name in NAMES
    }
    for resource in stack.resources():
        tag = (resource.get("tags") or {}).get("Name")
        if tag is None:
            continue
        tag = tag.removesuffix(f"-{resource.region}")
        named = {resource.get("name"), resource.get("function_name"), resource.get("cluster_identifier")}
        if tag not in known | named:
            resource.fails(
                f"its Name tag is {tag!r}",
                "the console shows the tag, which must name the resource and its deployment",
            )


# Resources that the AWS console identifies only by their Name tag.
@pytest.mark.parametrize(
    ("type_", "count"),
    [
        ("aws_vpc", 1), ("aws_subnet", 2), ("aws_route_table", 1), ("aws_vpc_endpoint", 1), ("aws_flow_log", 1),
        ("aws_security_group", 2), ("aws_default_security_group", 1), ("aws_vpc_security_group_egress_rule", 2),
        ("aws_vpc_security_group_ingress_rule", 1), ("aws_kms_key", 1),
    ],
)  # fmt: skip
def test_resources_without_a_name_have_a_name_tag(stack: Stack, type_: str, count: int) -> None:
    modules = {f"{root('data')}:module.data", f"{root('regions')}:module.region"}
    found = [resource for resource in stack.resources(type_) if resource.module.address in modules]
    assert len(found) == count, f"{found}\n  why: a Region has {count} of them"
    for resource in found:
        if not (resource.get("tags") or {}).get("Name"):
            resource.fails("has no Name tag", "the console would show only an id")


@pytest.mark.parametrize(
    ("place", "resource"),
    [
        ("analytics", "aws_security_group.aurora"), ("analytics", "aws_db_subnet_group.sales"),
        ("analytics", "aws_rds_cluster.sales"), ("analytics", "aws_rds_cluster_instance.sales[0]"),
        ("analytics", "aws_kinesis_stream.sales"),
        ("region", "aws_security_group.functions"), ("region", "aws_security_group.redis"),
    ],
)  # fmt: skip
def test_resources_that_people_look_up_have_a_name_tag(stack: Stack, place: str, resource: str) -> None:
    found = stack.resource(at(place, resource))
    if not (found.get("tags") or {}).get("Name"):
        found.fails("has no Name tag", "the console lists resources by this tag, and bills are split by it")


def test_no_two_resources_of_a_region_share_a_name(stack: Stack) -> None:
    names = Counter(
        (resource.type, resource.module.address, attribute, name)
        for resource in stack.resources()
        for attribute, name in _names(resource).items()
        if not name.startswith("${")
        and (resource.type, attribute) != ("aws_lambda_permission", "function_name")
    )
    twice = [name for name, count in names.items() if count > 1]
    assert not twice, (
        f"{twice} exist more than once\n  why: AWS refuses the second, or the second overwrites the first"
    )


@pytest.mark.parametrize(
    "suffix", ["", "Prod", "a--b", "-a", "a-", "1a", "a_b", "far-too-long-for-a-redis-user-of-any-project"]
)
def test_an_invalid_suffix_is_refused(stack: Stack, suffix: str) -> None:
    taking = _taking(stack, suffix)
    assert not taking, (
        f"variables.tf in {taking}\n  accepts the suffix {suffix!r}\n"
        "  why: AWS would refuse the names halfway through an apply"
    )


@pytest.mark.parametrize("suffix", [demands.ENVIRONMENT, "a", "b1", "pr-7"])
def test_a_valid_suffix_is_accepted(stack: Stack, suffix: str) -> None:
    refusing = sorted(set(ROOTS) - set(_taking(stack, suffix)))
    assert not refusing, (
        f"variables.tf in {refusing}\n  refuses the suffix {suffix!r}\n  why: AWS accepts names with this suffix"
    )


def test_no_suffix_makes_a_name_too_long_for_redis(stack: Stack) -> None:
    longest = max((count for count in range(1, 40) if _taking(stack, "a" * count)), default=0)
    room = 40 - len(f"{demands.PROJECT}-seats-")
    assert longest <= room, (
        f"variables.tf\n  accepts suffixes of up to {longest} characters\n"
        f"  why: a replication group's id has at most 40 characters, which leaves {room}"
    )


def _taking(stack: Stack, suffix: str) -> list[str]:
    """The root modules that accept a suffix."""
    names = {"var": {"environment_suffix": suffix}}
    return [path for path in ROOTS if _validation(stack, path, names)]


def _validation(stack: Stack, path: str, names: Mapping[str, Any]) -> bool:
    main = stack.root(path).main
    (validation,) = main.block("variable", "environment_suffix").blocks
    assumed = Body(f"{path}:var.environment_suffix", validation, main, names)
    return bool(evaluate(validation.attributes["condition"], assumed))


each_root = pytest.mark.parametrize("path", ROOTS)


@each_root
def test_the_suffix_defaults_to_the_environments_name(stack: Stack, path: str) -> None:
    assert stack.root(path).main.variable("environment_suffix") == demands.ENVIRONMENT, (
        f"{path}/variables.tf\n  why: `terraform apply` without arguments must deploy this environment"
    )


@each_root
def test_a_state_refuses_another_deployments_suffix(stack: Stack, path: str) -> None:
    main = stack.root(path).main
    output, deployment = (
        main.block("output", "environment_suffix"),
        main.block("resource", "terraform_data", "deployment"),
    )
    guards = [block for block in output.blocks if block.type == "precondition"]
    lifecycle = [block for block in deployment.blocks if block.type == "lifecycle"]
    why = "another suffix in the same state would destroy this deployment and create a new one"
    assert len(guards) == 1, f"{output.place}\n  has no precondition\n  why: {why}"
    assert stack.resource(f"{path}:terraform_data.deployment").get("input") == demands.ENVIRONMENT, (
        f"{deployment.place}\n  why: {why}"
    )
    kept = [
        "".join(map(str, one.attributes["ignore_changes"].scan_values(lambda _: True))) for one in lifecycle
    ]
    assert kept == ["[input]"], f"{deployment.place}\n  does not keep the first suffix\n  why: {why}"
    for remembered, holds in ((demands.ENVIRONMENT, True), ("other", False)):
        names = {"terraform_data": {"deployment": {"output": remembered}}}
        assumed = Body(f"{path}:output.environment_suffix", guards[0], main, names)
        assert evaluate(guards[0].attributes["condition"], assumed) is holds, (
            f"{guards[0].place}\n  why: {why}"
        )
