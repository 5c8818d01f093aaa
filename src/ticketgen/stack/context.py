"""What the templates of a stack are given: the environment, its sizing, and the stack's own data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ticketgen.aws import engines
from ticketgen.aws.regions import PROVIDER_5_UNKNOWN, REGIONS, Region
from ticketgen.rendering.quoted import Expression
from ticketgen.sizing import Sizing
from ticketgen.spec.model import Environment
from ticketgen.stack.alarms import analytics_alarms, region_alarms, verification_alarms
from ticketgen.stack.capacity import operators_figures
from ticketgen.stack.dashboard import PANELS
from ticketgen.stack.functions import FUNCTIONS, LambdaFunction, function_source
from ticketgen.stack.names import WHATS, longest_suffix
from ticketgen.stack.operations import stack_facts
from ticketgen.stack.roles import roles, services

__all__ = [
    "INVENTORY_BATCH_SIZE",
    "LEASE_SECONDS",
    "WAF_RULES",
    "module_context",
    "stack_context",
    "timeouts",
]

LEASE_SECONDS = 5
"""How long a function may sell on what it knows of an event. A planned move of home waits it out."""

PURCHASE_TIMEOUT_SECONDS = 10
"""Within API Gateway's 29 s, and short: the verifier's watermarks stay this far behind."""

INVENTORY_BATCH_SIZE = 500
"""Stream records in one call of seat_cache_sync: half of what one script of its Redis handles at a time."""

# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
_MANAGED_RULE_GROUPS = (
    {"what": "ip-reputation", "name": "AWSManagedRulesAmazonIpReputationList"},
    {"what": "common-rules", "name": "AWSManagedRulesCommonRuleSet"},
    {"what": "known-bad-inputs", "name": "AWSManagedRulesKnownBadInputsRuleSet"},
)

WAF_RULES = 1 + len(_MANAGED_RULE_GROUPS)
"""The rate rule, and the managed groups."""

# The outputs of the primary Region, by name (the contract with the suites), and what each is.
_ROOT_OUTPUTS = (
    ("inventory_table_name", "The global table of sold and withheld seats."),
    ("locks_table_name", "The primary Region's table of locks; every Region's has the same name."),
    ("api_gateway_url", "The primary Region's API."),
    ("kinesis_stream_name", "The primary Region's stream of the ledger's changes."),
    ("redis_endpoint", "The primary Region's seat map."),
    ("ticket_purchase_lambda_arn", "The primary Region's function that holds and sells seats."),
    ("inventory_verifier_lambda_arn", "The primary Region's function that looks for seats sold twice."),
    ("kinesis_processor_lambda_arn", "The primary Region's function that writes sales to Aurora."),
    ("aurora_cluster_arn", "The primary Region's database of sales."),
)


# What a module calls the things that its templates have in common with another's.
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
        "alarm_topic": "aws_sns_topic.alarms.arn",
    },
    "analytics": _HUB,
    "verification": _HUB,
}


@dataclass(frozen=True, slots=True)
class RenderedFunction:
    """A function as the templates see it.

    Attributes:
        name: in snake case.
        what: the middle of its name.
        summary: what it does.
        in_vpc: whether it runs in the private subnets.
        own: the files of its zip that it alone has, with their text; its handler's first.
        shared: the names of the files that other functions have too.
    """

    name: str
    what: str
    summary: str
    in_vpc: bool
    own: Mapping[str, str]
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenderedRegion:
    """A Region as the templates see it."""

    name: str
    alias: str
    vpc_cidr: str
    unknown_to_provider_5: bool


def stack_context(environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The context of every template of an environment's stack, but for what its module adds."""
    regions = [_region(REGIONS[name]) for name in environment.regions]
    named = {region.name: region for region in regions}
    primary = named[environment.primary_region]
    secondary = named[environment.secondary_region] if environment.secondary_region else None
    return {
        "environment": environment,
        "sizing": sizing,
        "capacity": operators_figures(sizing),
        "regions": regions,
        "enabled_regions": _enabled_regions(environment),
        "partition": REGIONS[environment.primary_region].partition,
        "primary": primary,
        "secondary": secondary,
        "hubs": [primary, secondary] if secondary else [primary],
        "replica_regions": [region for region in regions if region is not primary],
        "all_replicas": Expression("local.replicas"),
        "hub_replicas": Expression("local.hub_replicas"),
        "functions": {name: _function(function) for name, function in FUNCTIONS.items()},
        "shared_code": _shared_files(),
        "timeouts": timeouts(environment),
        "roles": roles(environment),
        "services": services(environment),
        "names": WHATS,
        "longest_suffix": longest_suffix(environment.project),
        "root_outputs": _ROOT_OUTPUTS,
        "lease_seconds": LEASE_SECONDS,
        "operations": stack_facts(environment, sizing, LEASE_SECONDS, timeouts(environment)),
        "endpoint_actions": _endpoint_actions(),
        "managed_rule_groups": _MANAGED_RULE_GROUPS,
        "inventory_batch_size": INVENTORY_BATCH_SIZE,
        "python_runtime": engines.PYTHON_RUNTIME,
        "redis_version": engines.REDIS_ENGINE,
        "redis_family": engines.REDIS_FAMILY,
        "redis_port": engines.REDIS_PORT,
        "aurora_version": engines.AURORA_POSTGRESQL,
        "aurora_family": engines.AURORA_FAMILY,
    }


def module_context(module: str, environment: Environment, sizing: Sizing) -> dict[str, object]:
    """What the templates of one module get on top: what it calls things, and its alarms."""
    context: dict[str, object] = {
        name: Expression(expression) for name, expression in _EXPRESSIONS[module].items()
    }
    match module:
        case "region":
            context |= {"alarms": region_alarms(environment), "panels": PANELS}
        case "analytics":
            context["alarms"] = analytics_alarms()
        case "verification":
            context["alarms"] = verification_alarms(environment, sizing)
    return context


def timeouts(environment: Environment) -> Mapping[str, int]:
    """Each function's time-out, in seconds. Objectives are time-outs."""
    return {
        "ticket_purchase": PURCHASE_TIMEOUT_SECONDS,
        "seat_availability": 5,
        "seat_cache_sync": 60,
        "kinesis_processor": 60,
        "inventory_verifier": environment.objectives.verification_s,
        "oversell_corrector": environment.objectives.correction_s,
    }


def _enabled_regions(environment: Environment) -> list[RenderedRegion]:
    """Every Region that the account can use: each gets a provider, whether it runs anything or not.

    Terraform destroys what a removed Region has left by that Region's own provider, and refuses to plan without it
    ("Provider configuration not present"). A provider that nothing uses starts no process.
    """
    partition = REGIONS[environment.primary_region].partition
    return [
        _region(region)
        for name, region in sorted(REGIONS.items())
        if region.partition == partition
        if not region.opt_in or name in {*environment.opt_in_regions, *environment.regions}
    ]


def _region(region: Region) -> RenderedRegion:
    return RenderedRegion(
        region.name, region.alias, region.vpc_cidr, unknown_to_provider_5=region.name in PROVIDER_5_UNKNOWN
    )


def _function(function: LambdaFunction) -> RenderedFunction:
    source = function_source(function.name)
    shared = _shared_files()
    return RenderedFunction(
        name=function.name,
        what=function.name.replace("_", "-"),
        summary=function.summary,
        in_vpc=function.in_vpc,
        own={filename: text for filename, text in source.items() if filename not in shared},
        shared=tuple(filename for filename in source if filename in shared),
    )


def _shared_files() -> Mapping[str, str]:
    """The modules that more than one function has, by file name."""
    sources = [function_source(name) for name in FUNCTIONS]
    users = Counter(filename for source in sources for filename in source)
    every = {filename: text for source in sources for filename, text in source.items()}
    return {filename: every[filename] for filename in sorted(users) if users[filename] > 1}


def _endpoint_actions() -> list[str]:
    """What the functions in the VPC call, and so all that passes its endpoint."""
    grants = [grant for function in FUNCTIONS.values() if function.in_vpc for grant in function.grants]
    return sorted({action for grant in grants for action in grant.actions})
