"""The context of a stack's templates: environment, sizing and the stack's data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ticketgen.aws import engines
from ticketgen.aws.regions import PROVIDER_5_UNKNOWN, REGIONS
from ticketgen.aws.zones import LIMITED_ZONE_IDS
from ticketgen.figures.model import Figure, OutputPlace
from ticketgen.rendering.quoted import RawExpression
from ticketgen.sizing import Sizing
from ticketgen.spec.model import Environment
from ticketgen.stack.account_needs import account_needs
from ticketgen.stack.alarms import alarms_of, existing_topic
from ticketgen.stack.cloudwatch import METRICS_NAMESPACE
from ticketgen.stack.cors import cors_of
from ticketgen.stack.dashboard import WIDGETS
from ticketgen.stack.files import StackFile
from ticketgen.stack.functions import functions_of
from ticketgen.stack.functions.model import FunctionModule, LambdaFunction, Variable
from ticketgen.stack.functions.seat_cache_sync import INVENTORY_BATCH_SIZE
from ticketgen.stack.functions.sources import shared_files, sources
from ticketgen.stack.functions.ticket_purchase import LEASE_SECONDS
from ticketgen.stack.moved_addresses import moved_blocks
from ticketgen.stack.names import PARAMETER_GROUPS, WHATS, longest_suffix
from ticketgen.stack.native_expectations import (
    expected_of_data,
    expected_of_global,
    expected_of_regions,
)
from ticketgen.stack.native_references import MockedStack
from ticketgen.stack.native_tests import mocked_provider
from ticketgen.stack.operations import stack_facts
from ticketgen.stack.operator_rights import policy_statements, rights_rows
from ticketgen.stack.roles import roles, services
from ticketgen.stack.roots import (
    RootKind,
    RootModule,
    backend_settings,
    retired_roots,
    root_modules,
)

__all__ = ["SHARED_TABLES", "WAF_RULES", "file_context", "stack_context"]

# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html: their capacity is 25, 700 and
# 200 units. With the two rate rules (2 each, and 2 for the method), 931 of the 1,500 that the price of a request has.
_MANAGED_RULE_GROUPS = (
    {"what": "ip-reputation", "name": "AWSManagedRulesAmazonIpReputationList"},
    {"what": "common-rules", "name": "AWSManagedRulesCommonRuleSet"},
    {"what": "known-bad-inputs", "name": "AWSManagedRulesKnownBadInputsRuleSet"},
)

WAF_RULES = 2 + len(_MANAGED_RULE_GROUPS)
"""The number of rules: the two rate rules and the managed groups."""


@dataclass(frozen=True, slots=True)
class _Output:
    """An output of a Region's root module, and the module whose output it is."""

    name: str
    module: str
    description: str


# The names are the contract with the suites.
_OUTPUTS = (
    _Output(
        "inventory_table_name",
        "region",
        "Name of the table of sold and withheld seats, the same in every Region.",
    ),
    _Output("locks_table_name", "region", "Name of the lock table, the same in every Region."),
    _Output("api_gateway_url", "region", "URL of the API."),
    _Output("redis_endpoint", "region", "Endpoint of the seat map in Redis."),
    _Output("ticket_purchase_lambda_arn", "region", "ARN of the function that holds and sells seats."),
    _Output("kinesis_stream_name", "analytics", "Name of the stream of ledger changes."),
    _Output("kinesis_processor_lambda_arn", "analytics", "ARN of the function that writes sales to Aurora."),
    _Output("aurora_cluster_arn", "analytics", "ARN of the database of sales."),
    _Output(
        "inventory_verifier_lambda_arn",
        "verification",
        "ARN of the function that looks for seats sold twice.",
    ),
    _Output(
        "verification_state_machine_arn",
        "verification",
        "ARN of the state machine that verifies and corrects.",
    ),
    _Output("refunds_queue_url", "verification", "URL of the queue of refunds."),
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that all Regions share.

    Attributes:
        key: in ``local.tables`` and in ``var.tables``.
        what: the middle of its name.
        hash_key: the partition key.
        range_key: the sort key, if any.
        comment: what it holds.
    """

    key: str
    what: str
    hash_key: str
    range_key: str
    comment: str


SHARED_TABLES = (
    _Table(
        "events",
        "events",
        "event_id",
        "item",
        "Layout, epochs and states of each event, each item with a single writer; also which Region runs verification, "
        "and when it last completed.",
    ),
    _Table(
        "inventory",
        "ticket-inventory",
        "event_shard",
        "seat_id",
        "One item per sold or withheld seat; a seat without an item is available. Shards spread a hot event over "
        "partitions.",
    ),
    _Table(
        "sales",
        "ticket-sales",
        "event_shard",
        "sale_id",
        "The ledger: append-only, one entry per seat. It decides who owns a seat; the inventory item follows.",
    ),
    _Table(
        "corrections",
        "corrections",
        "event_id",
        "entry_id",
        "The audit trail, keyed by what each entry corrects, and the verifier's watermarks. Only Regions that run the "
        "verification have it.",
    ),
)
"""The tables that every Region has, as global tables."""


# The expressions that shared macros need, in terms of each module's own variables.
_HUB = {
    "app_name": "var.app_name",
    "key": "var.kms_key_arn",
    "dead_letters": "var.dead_letter_queue_arn",
    "alarm_topic": "var.alarm_topic_arn",
}
_EXPRESSIONS: Mapping[str, Mapping[str, str]] = {
    "data": {"app_name": "var.app_name"},
    "region": {
        "app_name": "var.app_name",
        "key": "var.kms_key_arn",
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
class _RenderedRoot:
    """A root module as its templates see it.

    Attributes:
        kind: ``global``, ``data`` or ``regions``.
        region: the Region of its provider.
        is_hub: whether the Region is the primary or the secondary.
        has_identity: whether it manages the user pool.
        protect: whether its tables are protected against deletion.
        retired: whether it waits to be destroyed.
        vpc_cidr: the address range of the Region's VPC.
        unknown_to_provider_5: whether provider 5.100 does not know the Region.
        backend: the bucket, key and Region of its state, and the key of another suffix; empty without a bucket.
    """

    kind: str
    region: str
    is_hub: bool
    has_identity: bool
    protect: bool
    retired: bool
    vpc_cidr: str
    unknown_to_provider_5: bool
    backend: Mapping[str, str]


def stack_context(environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The context of every template of a stack; `file_context` adds to it."""
    partition = REGIONS[environment.primary_region].partition
    # The endpoint for DynamoDB in the VPC allows what the functions there are granted.
    in_vpc = [
        grant
        for function in functions_of(environment).values()
        if function.in_vpc
        for grant in function.grants
    ]
    functions = functions_of(environment)
    shared = shared_files(frozenset(functions))
    return {
        "environment": environment,
        "sizing": sizing.by_name,
        "capacity": _capacity(sizing),
        "regions": environment.regions,
        "primary": environment.primary_region,
        "secondary": environment.secondary_region,
        "makefile": _makefile(environment),
        "partition": partition,
        "tables": SHARED_TABLES,
        "functions": {
            name: _function(function, shared, environment, sizing) for name, function in functions.items()
        },
        "shared_code": shared,
        "roles": roles(environment),
        "services": services(environment),
        "names": WHATS,
        "longest_suffix": longest_suffix(environment.project),
        "module_outputs": _OUTPUTS,
        "cors": cors_of(environment),
        "lease_seconds": LEASE_SECONDS,
        "operations": stack_facts(environment, sizing),
        "account_needs": account_needs(environment, sizing),
        "operator_rights": list(rights_rows(environment)),
        "mocks": mocked_provider(environment),
        "metrics_namespace": METRICS_NAMESPACE,
        "every_alarm": [
            alarm for module in FunctionModule for alarm in alarms_of(module, environment, sizing)
        ],
        "operator_statements": policy_statements(environment, preflight=False),
        "preflight_statements": policy_statements(environment, preflight=True),
        "endpoint_actions": sorted({action for grant in in_vpc for action in grant.actions}),
        "endpoint_tables": list(dict.fromkeys(grant.resource.reference for grant in in_vpc)),
        "managed_rule_groups": _MANAGED_RULE_GROUPS,
        "inventory_batch_size": INVENTORY_BATCH_SIZE,
        # https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html
        "dns_suffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        "existing_topic": existing_topic(environment),
        "limited_zone_ids": list(LIMITED_ZONE_IDS),
        "python_runtime": engines.PYTHON.version,
        "cache": _engine(engines.CACHES[environment.cache.engine]),
        "cache_port": engines.CACHE_PORT,
        "aurora": _engine(engines.AURORA_POSTGRESQL),
    }


def _capacity(sizing: Sizing) -> dict[str, object]:
    return {figure.name: figure.value for figure in sizing if isinstance(figure.place, OutputPlace)}


def _expected(root: RootModule, environment: Environment, sizing: Sizing) -> Mapping[str, object]:
    """The values that the native tests of a root module expect."""
    if root.retired:
        return {}
    stack = MockedStack(environment, sizing, {table.key: table.what for table in SHARED_TABLES})
    if root.kind is RootKind.GLOBAL:
        return expected_of_global(stack, _capacity(sizing))
    seen = _root(root, environment)
    if root.kind is RootKind.DATA:
        keys = {(table.key, table.what): (table.hash_key, table.range_key) for table in SHARED_TABLES}
        return expected_of_data(stack, keys, root.region, audits=seen.is_hub, protect=seen.protect)
    groups = {group["what"]: group["name"] for group in _MANAGED_RULE_GROUPS}
    return expected_of_regions(stack, root.region, seen.vpc_cidr, groups)


def _engine(version: engines.EngineVersion) -> dict[str, str]:
    return {
        "engine": version.engine,
        "version": version.version,
        "family": version.family,
        "parameter_group": PARAMETER_GROUPS[version.engine],
    }


def file_context(file: StackFile, environment: Environment, sizing: Sizing) -> dict[str, object]:
    """The additional context of one file: its root module, or its module's expressions and alarms."""
    if file.root:
        return {
            "root": _root(file.root, environment),
            "app_name": RawExpression("local.app_name"),
            "expected": _expected(file.root, environment, sizing),
            "moved_blocks": moved_blocks(file.root.kind, ""),
        }
    context: dict[str, object] = {
        name: RawExpression(expression) for name, expression in _EXPRESSIONS.get(file.module, {}).items()
    }
    if file.module:
        context["moved_blocks"] = moved_blocks("", file.module)
    if file.module in list(FunctionModule):
        alarms = alarms_of(FunctionModule(file.module), environment, sizing)
        context["alarms"] = alarms
        context["queried"] = any(alarm.query for alarm in alarms)
        context["module"] = file.module
    if file.module == FunctionModule.REGION:
        context["widgets"] = WIDGETS
    return context


def _makefile(environment: Environment) -> dict[str, object]:
    """The root modules by stage, and the first part of the states' keys; "" without a bucket."""
    live, retired = root_modules(environment), retired_roots(environment)
    primary = environment.primary_region

    def paths(roots: Iterable[RootModule], kind: RootKind) -> list[str]:
        return [root.path for root in roots if root.kind is kind]

    return {
        "replicas": [path for path in paths(live, RootKind.DATA) if path != f"{RootKind.DATA}/{primary}"],
        "regions": paths(live, RootKind.REGIONS),
        "retired_regions": paths(retired, RootKind.REGIONS),
        "retired_data": paths(retired, RootKind.DATA),
        "state_prefix": environment.project if environment.state.bucket else "",
    }


def _root(root: RootModule, environment: Environment) -> _RenderedRoot:
    region = REGIONS[root.region]
    hubs = {environment.primary_region, environment.secondary_region}
    is_primary = root.region == environment.primary_region
    backend = backend_settings(root, environment, environment.name)
    if backend:
        backend["key_of_suffix"] = backend_settings(root, environment, "SUFFIX")["key"]
    return _RenderedRoot(
        kind=root.kind,
        region=root.region,
        is_hub=root.region in hubs,
        has_identity=environment.api.auth == "cognito" and root.kind is RootKind.DATA and is_primary,
        protect=environment.protect and not root.retired,
        retired=root.retired,
        vpc_cidr=region.vpc_cidr,
        unknown_to_provider_5=region.name in PROVIDER_5_UNKNOWN,
        backend=backend,
    )


def _function(
    function: LambdaFunction, shared: Mapping[str, str], environment: Environment, sizing: Sizing
) -> _RenderedFunction:
    files, capacity = sources(function.name), function.capacity
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
