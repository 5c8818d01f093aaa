"""Compare figures with AWS's quotas and limits.

A quota that a request raises is a warning, a fixed limit an error.

Each environment is counted as if it were alone in its account: other workloads add to the need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil
from types import MappingProxyType

from pydantic import ValidationError

from ticketgen.aws import limits
from ticketgen.aws.quotas import QUOTAS, Quota
from ticketgen.figures import assumptions as assumed
from ticketgen.figures.registry import Sizing
from ticketgen.findings import Finding, FindingKind, Severity, Stage
from ticketgen.findings.sizing import (
    ANALYTICS_TOO_SLOW,
    CACHE_LOAD_TOO_SLOW,
    CACHE_TOO_BIG,
    CACHE_TOO_BUSY,
    EVENT_TOO_HOT,
    FUNCTION_TOO_BIG,
    LAMBDA_RAMP,
    PREWARM,
    TOO_MANY_EVENTS,
    VERIFICATION_TOO_SLOW,
)
from ticketgen.sizing import concurrency, database, demand, edge, hot_partitions, seat_cache
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import functions_of
from ticketgen.stack.functions.inventory_verifier import verifications_at_once
from ticketgen.stack.roles import role_count
from ticketgen.wording import counted, format_number, join_words

__all__ = ["KINDS", "Need", "check", "needs"]


def _kind(quota: Quota) -> FindingKind:
    by_request = quota.raisable or bool(quota.follows)
    return FindingKind(
        f"quota-{quota.key}",
        f'The quota "{quota.name}" covers what the stack may need',
        "AWS throttles or refuses what exceeds the quota, often on the day of the sale. An increase takes days."
        if by_request
        else "AWS refuses what exceeds the quota, and no request raises it.",
        "request the increase: `ticketgen size` prints the commands"
        if by_request
        else "lower the event scale, or use another account",
        Stage.SIZE,
        Severity.WARNING if by_request else Severity.ERROR,
        sources=(quota.source,),
    )


KINDS: Mapping[str, FindingKind] = MappingProxyType({key: _kind(quota) for key, quota in QUOTAS.items()})
"""The findings about quotas, by the quota's key."""


@dataclass(frozen=True, slots=True)
class Need:
    """The amount of a quota that an environment needs in a Region.

    Attributes:
        quota: the quota.
        region: where; the primary Region for a quota of the whole account.
        needed: in the quota's unit.
        what: what needs it.
        formula: how the number is computed.
        spec_value: the account's value according to the spec; None if the spec does not set it.
    """

    quota: Quota
    region: str
    needed: int
    what: str
    formula: str
    spec_value: int | None = None

    @property
    def default(self) -> int:
        """The value of a new account."""
        return self.quota.default_in(self.region)

    @property
    def limit(self) -> int:
        """The value in the spec, or else that of a new account."""
        return self.default if self.spec_value is None else self.spec_value

    @property
    def is_met(self) -> bool:
        """Whether the need takes all of the quota, or more."""
        return self.needed >= self.limit

    @property
    def is_exceeded(self) -> bool:
        """Whether AWS has to raise the quota."""
        return self.needed > self.limit

    @property
    def command(self) -> str:
        """The command that requests the increase or finds the code; "" if none helps."""
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
    """An environment's needs of every quota that it uses, Region by Region."""
    hubs = {environment.primary_region, environment.secondary_region}
    found = [
        need
        for name in environment.regions
        for need in _region_needs(environment, sizing, name, name in hubs)
    ]
    if environment.api.auth == "cognito":
        rate = sizing[demand.orders_per_second].value * assumed.SIGN_IN_REQUESTS
        buyers = counted(sizing[demand.orders_per_second].value, "buyers/s")
        formula = f"{buyers} × {assumed.SIGN_IN_REQUESTS} requests to sign in"
        found.append(Need(QUOTAS["sign-ins"], environment.primary_region, rate, "the user pool", formula))
    roles = role_count(environment)
    found.append(
        Need(QUOTAS["iam-roles"], environment.primary_region, roles, "the functions and services", "one each")
    )
    return tuple(replace(need, spec_value=_spec_value(environment, need)) for need in found)


def _spec_value(environment: Environment, need: Need) -> int | None:
    value = environment.quotas.get(need.quota.id)
    return value.get(need.region) if isinstance(value, Mapping) else value


def _region_needs(environment: Environment, sizing: Sizing, region: str, hub: bool) -> Iterator[Need]:
    executions = sizing[concurrency.hub_concurrency] if hub else sizing[concurrency.region_concurrency]
    rate, burst = sizing[edge.api_throttle_rate], sizing[edge.api_throttle_burst]
    for key, what, figure in (
        ("lambda-concurrency", "the functions", executions),
        ("api-throttle", "the API", rate),
        ("api-burst", "the API", burst),
        ("waf-requests", "the firewall", rate),
        ("table-writes", "the inventory", sizing[hot_partitions.inventory_warm_write_units]),
        ("table-writes", "the ledger", sizing[hot_partitions.ledger_warm_write_units]),
        ("table-writes", "the locks", sizing[hot_partitions.lock_warm_write_units]),
        ("table-reads", "the inventory", sizing[demand.inventory_read_units]),
        ("table-reads", "the ledger", sizing[demand.ledger_read_units]),
        ("cache-nodes", "the seat map", sizing[seat_cache.cache_nodes]),
    ):
        yield Need(QUOTAS[key], region, figure.value, what, figure.formula)
    yield Need(QUOTAS["vpcs"], region, 2, "the stack", "its own and the default VPC of the Region")
    yield Need(QUOTAS["gateway-endpoints"], region, 1, "the stack", "one, for DynamoDB")
    yield Need(QUOTAS["regional-apis"], region, 1, "the stack", "one")
    if hub:
        shards = sizing[demand.kinesis_shards]
        yield Need(QUOTAS["kinesis-shards"], region, shards.value, "the ledger's stream", shards.formula)
        yield Need(QUOTAS["aurora-clusters"], region, 1, "analytics", "one")


def check(environment: Environment, sizing: Sizing) -> Iterator[Finding]:
    """Find the quotas that AWS has to raise, and the limits that nobody can raise."""
    for finding in (
        *_unsolvable(environment, sizing),
        *_requests(environment, sizing),
        *_operator_steps(environment, sizing),
    ):
        yield replace(finding, message=f"{environment.name}: {finding.message}")


def _unsolvable(environment: Environment, sizing: Sizing) -> Iterator[Finding]:
    """Demands that no quota request can meet."""
    scale, objectives = environment.event_scale, environment.objectives

    shards, most = (
        sizing[hot_partitions.event_shards].value,
        int(objectives.cache_load_s * assumed.LOAD_THREADS / assumed.SHARD_QUERY_SECONDS),
    )
    if shards > most:
        message = (
            f"one event needs {counted(shards, 'partition keys')}, but only {format_number(most)} can be read within "
            f"objectives.cache_load_s, {objectives.cache_load_s} s"
        )
        help = _fix(
            _lower(environment, "event_scale.purchases_per_minute", "event_scale.seats_per_order"),
            _raise(
                environment, "cache_load_s", ceil(shards * assumed.SHARD_QUERY_SECONDS / assumed.LOAD_THREADS)
            ),
        )
        yield EVENT_TOO_HOT.found(message, help)

    load = scale.seats_per_event * assumed.CPU_SECONDS_PER_CACHED_SEAT + shards * assumed.CPU_SECONDS_PER_CALL
    if load > objectives.cache_load_s:
        message = (
            f"loading {counted(scale.seats_per_event, 'seats')} into the cache takes {load:.1f} s of CPU time, but "
            f"objectives.cache_load_s is {objectives.cache_load_s} s"
        )
        help = _fix(
            _raise(environment, "cache_load_s", ceil(load)),
            "sell the event as several events with fewer seats",
        )
        yield CACHE_LOAD_TOO_SLOW.found(message, help)

    memory, largest = sizing[seat_cache.cache_memory_mib].value, limits.CACHE_NODES[-1]
    if memory * 1024 * 1024 > largest.memory:
        message = f"the seat cache needs {format_number(memory)} MiB, more than {largest.name}, the largest node, has"
        help = _lower(environment, "event_scale.concurrent_events", "event_scale.seats_per_event")
        yield CACHE_TOO_BIG.found(message, help)

    operations = dict(sizing[seat_cache.cache_node_type].inputs)["operations_per_second"]
    if isinstance(operations, int) and operations > assumed.MAX_CACHE_OPERATIONS:
        message = (
            f"the seat map needs {format_number(operations)} operations/s, but the single thread of the cache serves "
            f"about {format_number(assumed.MAX_CACHE_OPERATIONS)}"
        )
        help = _lower(environment, "event_scale.purchases_per_minute", "event_scale.seats_per_order")
        yield CACHE_TOO_BUSY.found(message, help)

    for function in functions_of(environment).values():
        figure = sizing[function.capacity.memory]
        if figure.value > limits.LAMBDA_MAX_MEMORY.value:
            most_memory = format_number(limits.LAMBDA_MAX_MEMORY.value)
            message = f"{function.name} needs {format_number(figure.value)} MiB, but Lambda has at most {most_memory}"
            yield FUNCTION_TOO_BIG.found(message, _lower(environment, *function.capacity.grows_with))

    at_once = sizing[verifications_at_once].value
    if scale.concurrent_events > at_once:
        message = (
            f"{counted(scale.concurrent_events, 'events')} are on sale at the same time, but a state machine verifies "
            f"at most {format_number(at_once)}"
        )
        yield TOO_MANY_EVENTS.found(message, _lower(environment, "event_scale.concurrent_events"))

    interval = objectives.verification_interval_s
    sold = min(scale.seats_per_event, sizing[demand.seats_per_second].value * interval)
    calls = shards * assumed.REGIONS_PER_RUN
    cpu_seconds = 2 * sold * assumed.CPU_SECONDS_PER_VERIFIED_ITEM + calls * assumed.CPU_SECONDS_PER_CALL
    if cpu_seconds > objectives.verification_s:
        message = (
            f"verifying {interval} s of sales takes {cpu_seconds:.1f} s of CPU time, but objectives.verification_s is "
            f"{objectives.verification_s} s"
        )
        help = _fix(
            _raise(environment, "verification_s", ceil(cpu_seconds)),
            _lower(environment, "objectives.verification_interval_s", "event_scale.purchases_per_minute"),
        )
        yield VERIFICATION_TOO_SLOW.found(message, help)

    acu, most_acu = sizing[database.aurora_max_acu].value, limits.AURORA_MAX_ACU.value
    if acu > most_acu:
        message = f"analytics needs {format_number(acu)} ACU, but Aurora Serverless v2 has at most {most_acu}"
        help = _lower(environment, "event_scale.purchases_per_minute", "event_scale.seats_per_order")
        yield ANALYTICS_TOO_SLOW.found(message, help)


def _fix(*fixes: str) -> str:
    """The fixes that are possible, as one sentence."""
    return ", or ".join(fix for fix in fixes if fix)


def _raise(environment: Environment, objective: str, value: int) -> str:
    """The fix that raises an objective, or "" if the spec refuses that value."""
    objectives = environment.objectives
    try:
        type(objectives).model_validate(objectives.model_dump() | {objective: value})
    except ValidationError:
        return ""
    return f"raise objectives.{objective} to {value}"


def _lower(environment: Environment, *paths: str) -> str:
    """The fix that lowers one of these values, or "" if each is at its minimum."""
    return (
        f"lower {join_words(possible, 'or')}"
        if (possible := [p for p in paths if _has_room(environment, p)])
        else ""
    )


def _has_room(environment: Environment, path: str) -> bool:
    section, _, key = path.partition(".")
    part = getattr(environment, section)
    field = type(part).model_fields[key]
    extra = field.json_schema_extra
    choices = extra.get("enum") if isinstance(extra, dict) else None
    least = (
        min(choices) if isinstance(choices, list) else next(m.ge for m in field.metadata if hasattr(m, "ge"))
    )
    return bool(getattr(part, key) > least)


def _requests(environment: Environment, sizing: Sizing) -> Iterator[Finding]:
    """Quotas that a request raises, and those that none does."""
    groups: dict[tuple[str, str, int, int, bool], list[Need]] = {}
    for need in needs(environment, sizing):
        # The request for the leading quota brings the other along, unless the spec shows that it did not.
        if need.is_exceeded and not (need.quota.follows and need.spec_value is None):
            key = need.quota.key, need.what, need.needed, need.limit, need.spec_value is None
            groups.setdefault(key, []).append(need)
    for group in groups.values():
        yield _request(environment, group)


def _request(environment: Environment, group: list[Need]) -> Finding:
    need, quota = group[0], group[0].quota
    where = ", ".join(each.region for each in group)
    if len(group) == len(environment.regions) > 3:
        where = f"each of its {len(group)} Regions"
    has = f"a new account has {format_number(need.limit)}"
    if need.spec_value is not None:
        has = f"quotas.{quota.id} says that the account has {format_number(need.spec_value)}"
    message = f"{need.what} may need {format_number(need.needed)} {quota.unit}, but {has} in {where}"
    code = f" ({quota.code})" if quota.code else ""
    if quota.follows:
        leading = QUOTAS[quota.follows]
        help = f'ask AWS to raise "{quota.name}"{code} along with "{leading.name}" ({leading.code})'
        return KINDS[quota.key].found(message, help)
    if not quota.raisable:
        lower = _lower(environment, "event_scale.purchases_per_minute", "event_scale.seats_per_order")
        help = _fix(lower, "use another account") + f': no request raises "{quota.name}"'
        return KINDS[quota.key].found(message, help)
    help = f'request {format_number(need.needed)} of "{quota.name}"{code} there; run `ticketgen size` for the commands'
    if quota.key == "lambda-concurrency" and environment.functions.reserved_concurrency:
        help += ", and run them before the apply, or set functions.reserved_concurrency to false"
    return KINDS[quota.key].found(message, help)


def _operator_steps(environment: Environment, sizing: Sizing) -> Iterator[Finding]:
    """Steps of the operator before a sale."""
    warm = (
        hot_partitions.inventory_warm_write_units,
        hot_partitions.ledger_warm_write_units,
        hot_partitions.lock_warm_write_units,
    )
    writes = max(sizing[units].value for units in warm)
    reads = max(sizing[demand.inventory_read_units].value, sizing[demand.ledger_read_units].value)
    cold_writes, cold_reads = limits.DYNAMODB_COLD_WRITE_UNITS, limits.DYNAMODB_COLD_READ_UNITS
    if writes > cold_writes.value or reads > cold_reads.value:
        message = (
            f"a table has to be warmed up for {format_number(writes)} write and {counted(reads, 'read units/s')}, but "
            f"a new table serves "
            f"{format_number(cold_writes.value)} and {format_number(cold_reads.value)}"
        )
        yield PREWARM.found(message)

    rate = limits.LAMBDA_SCALING_RATE.value
    for function in functions_of(environment).values():
        ready = function.capacity.provisioned
        cold = sizing[function.capacity.concurrency].value - (sizing[ready].value if ready else 0)
        if ready and cold > rate:
            message = (
                f"{function.name} needs {counted(cold, 'concurrent executions')} besides the provisioned ones, but "
                f"Lambda adds at most {format_number(rate)} in 10 s, a limit that AWS does not raise"
            )
            yield LAMBDA_RAMP.found(message, f"admit buyers over {ceil(cold / rate) * 10} s")
