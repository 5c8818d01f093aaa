"""Where figures meet AWS's limits: what a quota request mends is a warning, what nothing mends an error.

An environment is counted as if it were alone in its account: what shares a quota with it comes on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from ticketgen.aws import limits
from ticketgen.aws.quotas import QUOTAS, Quota
from ticketgen.findings import Finding, Severity, Stage
from ticketgen.sizing import assumptions as assumed
from ticketgen.sizing.figures import Sizing, said
from ticketgen.spec.model import Environment

__all__ = ["Need", "check", "needs"]


@dataclass(frozen=True, slots=True)
class Need:
    """What an environment needs of a quota in a Region.

    Attributes:
        quota: which one.
        region: where; the primary Region for a quota of the whole account.
        needed: in the quota's unit.
        what: what needs it.
        formula: how the number comes about.
    """

    quota: Quota
    region: str
    needed: int
    what: str
    formula: str

    @property
    def allowed(self) -> int:
        """What a new account has."""
        return self.quota.allowed(self.region)

    @property
    def is_met(self) -> bool:
        """Whether nothing is left of the quota, or less than that."""
        return self.needed >= self.allowed

    @property
    def is_exceeded(self) -> bool:
        """Whether AWS has to be asked for more."""
        return self.needed > self.allowed

    @property
    def command(self) -> str:
        """The line that asks AWS for it; where the code is not known, the one that finds it. "" if none helps."""
        quota = self.quota
        if not quota.raisable:
            return ""
        if not quota.code:
            return (
                f"aws service-quotas list-service-quotas --service-code {quota.service} --region {self.region} "
                f"--query \"Quotas[?QuotaName=='{quota.name}']\""
            )
        return (
            f"aws service-quotas request-service-quota-increase --service-code {quota.service} "
            f"--quota-code {quota.code} --desired-value {self.needed} --region {self.region}"
        )


def needs(environment: Environment, sizing: Sizing) -> tuple[Need, ...]:
    """What an environment needs of every quota that it draws on, Region by Region."""
    hubs = {environment.primary_region, environment.secondary_region}
    found = [
        need
        for name in environment.regions
        for need in _region_needs(environment, sizing, name, name in hubs)
    ]
    if environment.api.auth == "cognito":
        rate = sizing.orders_per_second.value * assumed.SIGN_IN_REQUESTS
        formula = f"{said(sizing.orders_per_second.value)} buyers/s × {assumed.SIGN_IN_REQUESTS} requests to sign in"
        found.append(Need(QUOTAS["sign-ins"], environment.primary_region, rate, "the user pool", formula))
    roles = 11 + environment.api.account_logging
    found.append(
        Need(QUOTAS["iam-roles"], environment.primary_region, roles, "the functions and services", "one each")
    )
    return tuple(found)


def _region_needs(environment: Environment, sizing: Sizing, region: str, hub: bool) -> Iterator[Need]:
    executions = sizing.hub_concurrency if hub else sizing.region_concurrency
    rate, burst = sizing.api_throttle_rate, sizing.api_throttle_burst
    for key, what, figure in (
        ("lambda-concurrency", "the functions", executions),
        ("api-throttle", "the API", rate),
        ("api-burst", "the API", burst),
        ("waf-requests", "the firewall", rate),
        ("table-writes", "the inventory", sizing.inventory_write_units),
        ("table-writes", "the ledger", sizing.ledger_write_units),
        ("table-writes", "the locks", sizing.lock_write_units),
        ("table-reads", "the inventory", sizing.inventory_read_units),
        ("table-reads", "the ledger", sizing.ledger_read_units),
        ("cache-nodes", "the seat map", sizing.cache_nodes),
    ):
        yield Need(QUOTAS[key], region, figure.value, what, figure.formula)
    yield Need(QUOTAS["vpcs"], region, 2, "the stack", "its own, and the Region's default VPC")
    yield Need(QUOTAS["gateway-endpoints"], region, 1, "the stack", "one, to DynamoDB")
    yield Need(QUOTAS["regional-apis"], region, 1, "the stack", "one")
    if hub:
        shards = sizing.kinesis_shards
        yield Need(QUOTAS["kinesis-shards"], region, shards.value, "the ledger's stream", shards.formula)
        yield Need(QUOTAS["aurora-clusters"], region, 1, "analytics", "one")


def check(environment: Environment, sizing: Sizing) -> Iterator[Finding]:
    """What AWS has to be asked for, and what it would not give."""
    for severity, rule, message, help in (
        *_impossible(environment, sizing),
        *_requests(environment, sizing),
        *_preparations(sizing),
    ):
        yield Finding(rule, f"{environment.name}: {message}", Stage.SIZE, severity=severity, help=help)


_Words = tuple[Severity, str, str, str]  # severity, rule, message, help


def _impossible(environment: Environment, sizing: Sizing) -> Iterator[_Words]:
    """What no quota request mends."""
    scale, objectives = environment.event_scale, environment.objectives

    shards, most = sizing.event_shards.value, int(objectives.cache_load_s / assumed.SHARD_QUERY_SECONDS)
    if shards > most:
        message = (
            f"one event would need {said(shards)} partition keys, and within cache_load_s, "
            f"{objectives.cache_load_s} s, no more than {said(most)} can be read"
        )
        help = (
            "lower event_scale.purchases_per_minute or seats_per_order, "
            f"or raise objectives.cache_load_s to {ceil(shards * assumed.SHARD_QUERY_SECONDS)}"
        )
        yield Severity.ERROR, "event-too-hot", message, help

    load = scale.seats_per_event * assumed.CPU_SECONDS_PER_CACHED_SEAT
    if load > objectives.cache_load_s:
        message = (
            f"loading {said(scale.seats_per_event)} seats into the cache takes {load:.1f} s of one "
            f"processor, and cache_load_s is {objectives.cache_load_s} s"
        )
        help = f"raise objectives.cache_load_s to {ceil(load)}, or sell the event as several of fewer seats"
        yield Severity.ERROR, "cache-load-too-slow", message, help

    memory, largest = sizing.cache_memory_mib.value, limits.CACHE_NODES[-1]
    if memory * 1024 * 1024 > largest.memory:
        message = f"the seat cache needs {said(memory)} MiB, more than the largest node, {largest.name}, has"
        help = "lower event_scale.concurrent_events or seats_per_event"
        yield Severity.ERROR, "cache-too-big", message, help

    operations = dict(sizing.cache_node_type.inputs)["operations_per_second"]
    if isinstance(operations, int) and operations > assumed.MOST_CACHE_OPERATIONS:
        message = (
            f"the seat map would serve {said(operations)} operations/s, and the one thread of Redis serves some "
            f"{said(assumed.MOST_CACHE_OPERATIONS)}"
        )
        help = "lower event_scale.purchases_per_minute or seats_per_order"
        yield Severity.ERROR, "cache-too-busy", message, help

    functions = {
        "inventory_verifier": (sizing.verifier_memory_mib, "objectives.verification_interval_s"),
        "seat_cache_sync": (sizing.cache_sync_memory_mib, "event_scale.seats_per_event"),
        "seat_availability": (sizing.availability_memory_mib, "event_scale.seats_per_event"),
    }
    for name, (figure, key) in functions.items():
        if figure.value > limits.LAMBDA_MAX_MEMORY.value:
            message = (
                f"{name} needs {said(figure.value)} MiB, and Lambda has {limits.LAMBDA_MAX_MEMORY.value:,}"
            )
            yield Severity.ERROR, "function-too-big", message, f"lower {key}"

    interval = objectives.verification_interval_s
    busy = 2 * sizing.seats_per_second.value * interval * assumed.CPU_SECONDS_PER_VERIFIED_ITEM
    if busy > objectives.verification_s:
        message = (
            f"verifying {interval} s of sales takes {busy:.1f} s of one processor, and verification_s is "
            f"{objectives.verification_s} s"
        )
        help = f"raise objectives.verification_s to {ceil(busy)}, or lower verification_interval_s"
        yield Severity.ERROR, "verification-too-slow", message, help

    acu, most_acu = sizing.aurora_max_acu.value, limits.AURORA_MAX_ACU.value
    if acu > most_acu:
        message = f"analytics would need {said(acu)} ACU, and Aurora Serverless v2 has {most_acu}"
        help = "lower event_scale.purchases_per_minute or seats_per_order"
        yield Severity.ERROR, "analytics-too-slow", message, help


def _requests(environment: Environment, sizing: Sizing) -> Iterator[_Words]:
    """What a quota request mends; and quotas that none does."""
    groups: dict[tuple[str, str, int, int], list[Need]] = {}
    for need in needs(environment, sizing):
        if need.is_exceeded and not need.quota.raised_with:
            key = need.quota.key, need.what, need.needed, need.allowed
            groups.setdefault(key, []).append(need)
    for alike in groups.values():
        need, quota = alike[0], alike[0].quota
        where = ", ".join(each.region for each in alike)
        if len(alike) == len(environment.regions) > 3:
            where = f"each of its {len(alike)} Regions"
        message = (
            f"{need.what} may need {said(need.needed)} {quota.unit}, "
            f"and a new account has {said(need.allowed)} in {where}"
        )
        if not quota.raisable:
            help = f'no request raises "{quota.name}": lower event_scale.purchases_per_minute'
            yield Severity.ERROR, f"quota-{quota.key}", message, help
            continue
        code = f" ({quota.code})" if quota.code else ""
        help = f'request {said(need.needed)} of "{quota.name}"{code} there: ticketgen size has the lines'
        if quota.key == "lambda-concurrency" and environment.functions.reserved_concurrency:
            help += ", to be run before the apply; or set functions.reserved_concurrency to false"
        yield Severity.WARNING, f"quota-{quota.key}", message, help


def _preparations(sizing: Sizing) -> Iterator[_Words]:
    """What the operator does before a sale."""
    writes = max(
        sizing.inventory_write_units.value, sizing.ledger_write_units.value, sizing.lock_write_units.value
    )
    reads = max(sizing.inventory_read_units.value, sizing.ledger_read_units.value)
    cold_writes, cold_reads = limits.DYNAMODB_COLD_WRITE_UNITS, limits.DYNAMODB_COLD_READ_UNITS
    if writes > cold_writes.value or reads > cold_reads.value:
        message = (
            f"a table gets up to {said(writes)} write and {said(reads)} read units/s, and a new one takes "
            f"{said(cold_writes.value)} and {said(cold_reads.value)}"
        )
        yield Severity.NOTE, "prewarm", message, "run ops/prewarm.py before the sale"

    rate = limits.LAMBDA_SCALING_RATE.value
    for name, figure in (
        ("ticket_purchase", sizing.purchase_concurrency),
        ("seat_availability", sizing.availability_concurrency),
    ):
        if figure.value > rate:
            message = (
                f"{name} needs {said(figure.value)} executions at once, and Lambda adds {said(rate)} in 10 s, "
                "which no request raises"
            )
            seconds = ceil(figure.value / rate) * 10
            help = f"let buyers in over {seconds} s, or provision concurrency for the opening"
            yield Severity.NOTE, "lambda-ramp", message, help
