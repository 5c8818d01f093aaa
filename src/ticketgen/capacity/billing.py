"""The units that AWS bills, by service; prices come from a file (`prices`).

Sales are counted at peak: with full batches, and with the most seats in every order. `NOT_COUNTED` lists the units that
are not counted, because they depend on the behaviour of buyers and events and not on capacity.
"""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws import limits
from ticketgen.aws.engines import CACHES
from ticketgen.capacity.billed_units import GIB, SALES, TRACED_SHARE, Usage
from ticketgen.capacity.verification_rhythm import EXPRESS_MIB, EventUnits, with_an_event
from ticketgen.figures import assumptions as assumed
from ticketgen.sizing import Sizing, database, demand, schedule, seat_cache
from ticketgen.spec.model import Environment
from ticketgen.stack.alarms import alarms_of
from ticketgen.stack.context import WAF_RULES
from ticketgen.stack.functions import functions_of
from ticketgen.stack.functions.model import FunctionModule
from ticketgen.stack.functions.seat_cache_sync import INVENTORY_BATCH_SIZE
from ticketgen.wording import counted, format_number

__all__ = ["usage"]

_PRICING = "https://aws.amazon.com"
_MINUTES = 60  # in an hour
_REPLICATION = (
    "https://aws.amazon.com/dynamodb/pricing/on-demand (unverified: that a replica counts one unit per item)"
)


def usage(environment: Environment, sizing: Sizing) -> tuple[Usage, ...]:
    """Count the units of an environment, by service, over all of its Regions."""
    count = _UsageCounter(environment, sizing)
    counted_units = (
        *count.dynamodb(),
        *count.kinesis(),
        *count.functions(),
        *count.api(),
        *count.stores(),
        *count.observability(),
    )
    event = EventUnits(environment, sizing)
    return tuple(with_an_event(each, event, environment) for each in counted_units)


class _UsageCounter:
    """Counts the units, and keeps quantities that several units share."""

    def __init__(self, environment: Environment, sizing: Sizing) -> None:
        scale = environment.event_scale
        self.environment, self.sizing, self.scale = environment, sizing, scale
        self.regions = len(environment.regions)
        self.hubs = 2 if environment.secondary_region else 1
        self.at_hubs = counted(self.hubs, "Regions")
        self.in_all = counted(self.regions, "Regions")
        self.to_others = counted(self.regions - 1, "Regions")
        self.everywhere = f"each of {self.regions} Regions" if self.regions > 1 else "the Region"
        self.orders = SALES / scale.seats_per_order
        self.sales_requests = self.orders * assumed.sales_requests_per_second(1)
        self.reads = self.orders * assumed.reads_per_second(1)
        self.places = assumed.queue_joins_per_second(self.orders) if environment.admission else 0
        self.requests = self.sales_requests + self.reads + self.places
        self.item = assumed.item_bytes(scale.seats_per_order)
        self.item_units = self.item / limits.DYNAMODB_READ_UNIT_BYTES.value
        self.runs = sizing[schedule.ticker_starts_per_minute].value * _MINUTES  # an hour, in each hub
        self.batches = SALES / sizing[demand.kinesis_batch_size].value

    def dynamodb(self) -> Iterator[Usage]:
        """Tables, and the data that leaves them."""
        locks = (
            self.orders
            * self.sizing[demand.lock_write_units].value
            / self.sizing[demand.orders_per_second].value
        )
        checks = SALES * assumed.HOLDS_PER_ORDER
        home = (SALES * 2 + checks) * limits.DYNAMODB_TRANSACTION_UNITS.value
        copies = SALES * 2 * (self.regions - 1)
        pricing = f"{_PRICING}/dynamodb/pricing/on-demand"
        written = (
            f"({format_number(SALES)} ledger entries and inventory items, and {format_number(checks)} seats that holds "
            "check)"
        )
        single = self.regions == 1
        yield Usage(
            "dynamodb.write_request_units",
            "write request units",
            locks + (home if single else 0),
            0,
            0,
            f"{counted(self.orders, 'orders')} × their locks, holds and idempotency records in a transaction"
            + (f" + {counted(self.places, 'places')} × {assumed.QUEUE_WRITES}" if self.places else "")
            + (f" + {written} × 2" if single else ""),
            pricing,
        )
        if not single:
            yield Usage(
                "dynamodb.replicated_write_request_units",
                "replicated write request units",
                home + copies,
                0,
                0,
                f"{written} × 2 in the home Region, and one entry and one item in each of "
                f"{counted(self.regions - 1, 'other Regions')}",
                _REPLICATION,
            )
            moved = SALES * 2 * self.item * (self.regions - 1) / GIB
            yield Usage(
                "transfer.between_regions",
                "GiB",
                moved,
                0,
                0,
                f"{format_number(SALES)} ledger entries and inventory items × {self.item} bytes to {self.to_others}",
                f"{_PRICING}/dynamodb/pricing/on-demand",
            )
        releases = self.orders * (assumed.HOLDS_PER_ORDER - 1)
        limited = self.scale.seats_per_buyer is not None
        reading = (
            self.sales_requests * (2 if limited else 1)
            + releases
            + self.places
            + SALES * (1 + self.regions * self.item_units)
        )
        yield Usage(
            "dynamodb.read_request_units",
            "read request units",
            reading,
            self.runs * (self.hubs + 1) + _MINUTES * self.regions,
            0,
            f"one event{' and one buyer' if limited else ''} per request, one hold per release, each new entry and "
            "its seat in every Region; idle: the "
            "control item per run and hub, the events per run and refresh",
            pricing,
        )
        yield Usage(
            "dynamodb.change_data_capture_units",
            "units",
            SALES * self.hubs,
            0,
            0,
            f"{format_number(SALES)} ledger entries of at most 1 KiB in {self.at_hubs} with analytics",
            pricing,
        )
        yield Usage(
            "dynamodb.storage",
            "GiB",
            SALES * 2 * self.item * self.regions / GIB,
            0,
            0,
            f"{format_number(SALES)} ledger entries and inventory items × {self.item} bytes in {self.in_all}, for "
            "as long as they are kept",
            pricing,
        )

    def kinesis(self) -> Iterator[Usage]:
        """The ledger's stream."""
        pricing = f"{_PRICING}/kinesis/data-streams/pricing"
        shards = self.sizing[demand.kinesis_shards].value * self.hubs
        hubs = f"{self.at_hubs} with analytics"
        records = f"{format_number(SALES)} records of at most 25 KB in {hubs}"
        yield Usage("kinesis.put_payload_units", "units", SALES * self.hubs, 0, 0, records, pricing)
        hours = f"{counted(self.sizing[demand.kinesis_shards].value, 'shards')} in {hubs}"
        yield Usage("kinesis.shard_hours", "shard hours", 0, shards, 0, hours, pricing)
        kept = f"{hours}, with a retention of a week"
        yield Usage("kinesis.extended_retention_hours", "shard hours", 0, shards, 0, kept, pricing)

    def functions(self) -> Iterator[Usage]:
        """Lambda and Step Functions."""
        sizing = self.sizing
        functions = functions_of(self.environment)
        gib = {name: sizing[function.capacity.memory].value / 1024 for name, function in functions.items()}
        synced = self.regions * SALES
        selling = (
            self.sales_requests * assumed.PURCHASE_SECONDS * gib["ticket_purchase"]
            + self.reads * assumed.AVAILABILITY_SECONDS * gib["seat_availability"]
            + self.places * assumed.QUEUE_SECONDS * gib.get("admission_queue", 0)
            + synced * assumed.SYNC_SECONDS_PER_RECORD * gib["seat_cache_sync"]
            + self.batches * self.hubs * assumed.PROCESSOR_BATCH_SECONDS * gib["kinesis_processor"]
        )
        standing = (
            self.runs * self.hubs * assumed.STANDBY_SECONDS * gib["inventory_verifier"]
            + _MINUTES * self.regions * assumed.REFRESH_SECONDS * gib["seat_cache_sync"]
        )
        pricing = f"{_PRICING}/lambda/pricing"
        yield Usage(
            "lambda.requests",
            "requests",
            self.requests + synced / INVENTORY_BATCH_SIZE + self.batches * self.hubs,
            self.runs * self.hubs + _MINUTES * self.regions,
            0,
            f"{counted(self.requests, 'requests')} of buyers, and full batches of the streams; idle: "
            f"{counted(self.runs, 'runs')} in {self.at_hubs}, 60 refreshes in "
            f"{self.in_all}",
            pricing,
        )
        yield Usage(
            "lambda.gib_seconds",
            "GiB seconds on arm64",
            selling,
            standing,
            0,
            "each function's memory × its seconds according to the assumptions",
            pricing,
        )
        pricing = f"{_PRICING}/step-functions/pricing"
        runs = f"{counted(self.runs, 'verifications')} in {self.at_hubs}"
        yield Usage("states.express_requests", "requests", 0, self.runs * self.hubs, 0, runs, pricing)
        yield Usage(
            "states.express_gib_seconds",
            "GiB seconds",
            0,
            self.runs * self.hubs * 0.1 * EXPRESS_MIB / 1024,
            0,
            f"{runs}, a tenth of a second each while there is nothing to verify, at {EXPRESS_MIB} MiB",
            pricing,
        )
        starts = sizing[schedule.ticker_starts_per_minute].value
        yield Usage(
            "states.standard_transitions",
            "state transitions",
            0,
            _MINUTES * self.hubs * (2 + 2 * starts),
            0,
            f"60 ticks in {self.at_hubs} × ({counted(starts, 'waits and starts')}, the branching, the end)",
            pricing,
        )

    def api(self) -> Iterator[Usage]:
        """The API and its firewall."""
        requests = (
            f"{format_number(self.sales_requests)} holds, releases and purchases + {format_number(self.reads)} seat "
            f"map reads" + (f" + {counted(self.places, 'places in queues')}" if self.places else "")
        )
        yield Usage(
            "apigateway.requests",
            "requests",
            self.requests,
            0,
            0,
            requests,
            f"{_PRICING}/api-gateway/pricing",
        )
        waf = f"{_PRICING}/waf/pricing"
        yield Usage("wafv2.requests", "requests", self.requests, 0, 0, requests, waf)
        each = f"one in {self.everywhere}"
        yield Usage("wafv2.web_acl_hours", "web ACL hours", 0, self.regions, 0, each, waf)
        rules = f"{WAF_RULES} in {self.everywhere}"
        yield Usage("wafv2.rule_hours", "rule hours", 0, WAF_RULES * self.regions, 0, rules, waf)

    def stores(self) -> Iterator[Usage]:
        """The seat map and the database."""
        sizing = self.sizing
        nodes = sizing[seat_cache.cache_nodes].value * self.regions
        yield Usage(
            "elasticache.node_hours",
            f"hours of {sizing[seat_cache.cache_node_type].value} with {CACHES[self.environment.cache.engine].title}",
            0,
            nodes,
            0,
            f"{counted(sizing[seat_cache.cache_nodes].value, 'nodes')} in {self.everywhere}",
            f"{_PRICING}/elasticache/pricing",
            f"{self.environment.cache.engine}.{sizing[seat_cache.cache_node_type].value}",
        )
        instances = sizing[database.aurora_instances].value
        least, most = sizing[database.aurora_min_acu].value, sizing[database.aurora_max_acu].value
        pricing = f"{_PRICING}/rds/aurora/pricing"
        yield Usage(
            "rds.acu_hours",
            "ACU hours",
            0,
            least * instances * self.hubs,
            0,
            f"{format_number(least)} ACU × {counted(instances, 'instances')} × {self.at_hubs}; up to "
            f"{format_number(most)} while sales are written",
            pricing,
        )
        batches = f"{counted(self.batches, 'full batches')} in {self.at_hubs}"
        yield Usage("rds.data_api_requests", "requests", self.batches * self.hubs, 0, 0, batches, pricing)

    def observability(self) -> Iterator[Usage]:
        """Keys, logs, alarms and traces."""
        each = f"one in {self.everywhere}"
        yield Usage("kms.key_hours", "key hours", 0, self.regions, 0, each, f"{_PRICING}/kms/pricing")
        pricing = f"{_PRICING}/cloudwatch/pricing"
        regional, *others = (len(alarms_of(each, self.environment, self.sizing)) for each in FunctionModule)
        hub = sum(others)
        alarms = regional * self.regions + hub * self.hubs
        yield Usage(
            "cloudwatch.alarm_hours",
            "alarm hours",
            0,
            alarms,
            0,
            f"{regional} in {self.everywhere}, {hub} more in {self.at_hubs} with analytics",
            pricing,
        )
        yield Usage("cloudwatch.dashboard_hours", "dashboard hours", 0, self.regions, 0, each, pricing)
        idle = self.runs * self.hubs + _MINUTES * self.regions
        yield Usage(
            "logs.ingested",
            "GiB",
            self.requests * assumed.LOG_BYTES_PER_REQUEST / GIB,
            idle * assumed.LOG_BYTES_PER_REQUEST / GIB,
            0,
            f"{format_number(assumed.LOG_BYTES_PER_REQUEST)} bytes per request or run",
            pricing,
        )
        yield Usage(
            "xray.traces",
            "traces",
            self.requests * TRACED_SHARE,
            idle * TRACED_SHARE,
            0,
            f"{TRACED_SHARE:.0%} of requests and runs, by the default sampling rule",
            f"{_PRICING}/xray/pricing",
        )
