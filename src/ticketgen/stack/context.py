"""The context of a stack's templates: environment, sizing and the stack's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ticketgen.aws import engines
from ticketgen.aws.regions import PROVIDER_5_UNKNOWN, REGIONS, Region
from ticketgen.aws.zones import LIMITED_ZONE_IDS
from ticketgen.figures.model import Figure, OutputPlace
from ticketgen.rendering.quoted import RawExpression
from ticketgen.sizing import Sizing
from ticketgen.spec.model import Environment
from ticketgen.stack.alarms import alarms_of, existing_topic
from ticketgen.stack.dashboard import WIDGETS
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.model import FunctionModule, LambdaFunction, Variable
from ticketgen.stack.functions.seat_cache_sync import INVENTORY_BATCH_SIZE
from ticketgen.stack.functions.sources import shared_files, sources
from ticketgen.stack.functions.ticket_purchase import LEASE_SECONDS
from ticketgen.stack.names import WHATS, longest_suffix
from ticketgen.stack.operations import stack_facts
from ticketgen.stack.roles import roles, services

__all__ = ["WAF_RULES", "module_context", "stack_context"]

# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
_MANAGED_RULE_GROUPS = (
    {"what": "ip-reputation", "name": "AWSManagedRulesAmazonIpReputationList"},
    {"what": "common-rules", "name": "AWSManagedRulesCommonRuleSet"},
    {"what": "known-bad-inputs", "name": "AWSManagedRulesKnownBadInputsRuleSet"},
)

WAF_RULES = 1 + len(_MANAGED_RULE_GROUPS)
"""The number of rules: the rate rule and the managed groups."""

# The outputs of the primary Region: name (the contract with the suites) and description.
_ROOT_OUTPUTS = (
    ("inventory_table_name", "Name of the table of sold and withheld seats, the same in every Region."),
    ("locks_table_name", "Name of the lock table, the same in every Region."),
    ("api_gateway_url", "URL of the primary Region's API."),
    ("kinesis_stream_name", "Name of the primary Region's stream of ledger changes."),
    ("redis_endpoint", "Endpoint of the primary Region's seat map in Redis."),
    ("ticket_purchase_lambda_arn", "ARN of the primary Region's function that holds and sells seats."),
    (
        "inventory_verifier_lambda_arn",
        "ARN of the primary Region's function that looks for seats sold twice.",
    ),
    ("kinesis_processor_lambda_arn", "ARN of the primary Region's function that writes sales to Aurora."),
    ("aurora_cluster_arn", "ARN of the primary Region's database of sales."),
)


# The expressions that shared macros need, in terms of each module's own variables.
_HUB = {
    "app_name": "var.app_name",
    "key": "var.kms_key_arn",
    "dead_letters": "var.dead_letter_queue_arn",
    "alarm_topic": "var.alarm_topic_arn",
}
_EXPRESSIONS: Mapping[str, Mapping[str, str]] = {
    "root": {"app_name": "local.app_name"},
    "region": {
        "app_name": "var.app_name",
        "key": "aws_kms_key.stack.arn",
        "dead_letters": "aws_sqs_queue.dead_letters.arn",
        "alarm_topic": "local.alarm_topic_arn",
    },
    "analytics": _HUB,
    "verification": _HUB,
}


@dataclass(frozen=True, slots=True)
class _RenderedFunction:
    """A function as the templates see it.

    Attributes:
        name: its name in snake case.
        module: the Terraform module that it is in.
        what: the middle of its resources' names.
        summary: what it does.
        in_vpc: whether it runs in the private subnets.
        memory: in MiB.
        timeout: in seconds.
        concurrency: the concurrency that is reserved for it; None if its stream limits it.
        variables: its environment.
        own: the files in its zip that no other function has, by name; its handler's first.
        shared: the names of the files that it shares with other functions.
    """

    name: str
    module: str
    what: str
    summary: str
    in_vpc: bool
    memory: int
    timeout: int
    concurrency: Figure[int] | None
    variables: tuple[Variable, ...]
    own: Mapping[str, str]
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _RenderedRegion:
    """A Region as the templates see it."""

    name: str
    alias: str
    vpc_cidr: str
    unknown_to_provider_5: bool


def stack_context(environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The context of every template of a stack; `module_context` adds to it."""
    regions = [_region(REGIONS[name]) for name in environment.regions]
    named = {region.name: region for region in regions}
    primary = named[environment.primary_region]
    partition = REGIONS[environment.primary_region].partition
    secondary = named[environment.secondary_region] if environment.secondary_region else None
    # The endpoint for DynamoDB in the VPC allows what the functions there are granted.
    in_vpc = [grant for function in FUNCTIONS.values() if function.in_vpc for grant in function.grants]
    return {
        "environment": environment,
        "sizing": sizing.by_name,
        "capacity": {figure.name: figure.value for figure in sizing if isinstance(figure.place, OutputPlace)},
        "regions": regions,
        "enabled_regions": _enabled_regions(environment),
        "partition": partition,
        "primary": primary,
        "secondary": secondary,
        "hubs": [primary, secondary] if secondary else [primary],
        "replica_regions": [region for region in regions if region is not primary],
        "all_replicas": RawExpression("local.replicas"),
        "hub_replicas": RawExpression("local.hub_replicas"),
        "functions": {name: _function(function, environment, sizing) for name, function in FUNCTIONS.items()},
        "shared_code": shared_files(),
        "roles": roles(environment),
        "services": services(environment),
        "names": WHATS,
        "longest_suffix": longest_suffix(environment.project),
        "root_outputs": _ROOT_OUTPUTS,
        "lease_seconds": LEASE_SECONDS,
        "operations": stack_facts(environment, sizing),
        "endpoint_actions": sorted({action for grant in in_vpc for action in grant.actions}),
        "endpoint_tables": list(dict.fromkeys(grant.resource.reference for grant in in_vpc)),
        "managed_rule_groups": _MANAGED_RULE_GROUPS,
        "inventory_batch_size": INVENTORY_BATCH_SIZE,
        # https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html
        "dns_suffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        "existing_topic": existing_topic(environment),
        "limited_zone_ids": list(LIMITED_ZONE_IDS),
        "python_runtime": engines.PYTHON_RUNTIME,
        "redis_version": engines.REDIS_ENGINE,
        "redis_family": engines.REDIS_FAMILY,
        "redis_port": engines.REDIS_PORT,
        "aurora_version": engines.AURORA_POSTGRESQL,
        "aurora_family": engines.AURORA_FAMILY,
    }


def module_context(module: str, environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The additional context of a module's templates: expressions and alarms."""
    context: dict[str, object] = {
        name: RawExpression(expression) for name, expression in _EXPRESSIONS[module].items()
    }
    if module in list(FunctionModule):
        context["alarms"] = alarms_of(FunctionModule(module), environment, sizing)
        context["module"] = module
    if module == FunctionModule.REGION:
        context["widgets"] = WIDGETS
    return context


def _enabled_regions(environment: Environment) -> list[_RenderedRegion]:
    """Every Region that the account can use.

    Each gets a provider configuration, even if nothing runs in it.

    Terraform destroys a removed Region's resources with that Region's own provider configuration, and refuses to plan
    without it ("Provider configuration not present"). An unused provider configuration starts no process.
    """
    partition = REGIONS[environment.primary_region].partition
    return [
        _region(region)
        for name, region in sorted(REGIONS.items())
        if region.partition == partition
        if not region.opt_in or name in {*environment.opt_in_regions, *environment.regions}
    ]


def _region(region: Region) -> _RenderedRegion:
    return _RenderedRegion(
        region.name, region.alias, region.vpc_cidr, unknown_to_provider_5=region.name in PROVIDER_5_UNKNOWN
    )


def _function(function: LambdaFunction, environment: Environment, sizing: Sizing) -> _RenderedFunction:
    files, shared, capacity = sources(function.name), shared_files(), function.capacity
    return _RenderedFunction(
        name=function.name,
        module=function.module,
        what=function.what,
        summary=function.summary,
        in_vpc=function.in_vpc,
        memory=sizing[capacity.memory].value,
        timeout=sizing[capacity.timeout].value,
        concurrency=sizing[capacity.concurrency] if capacity.is_reserved else None,
        variables=tuple(function.variables(environment, sizing)),
        own={filename: text for filename, text in files.items() if filename not in shared},
        shared=tuple(filename for filename in files if filename in shared),
    )
