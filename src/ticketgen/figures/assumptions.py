"""Assumptions of sizing about buyers and code: measure and correct them here."""

from __future__ import annotations

__all__ = [
    "ADDRESS_SHARE",
    "ADMITTED_SHARE",
    "AFTERCARE_SECONDS",
    "AVAILABILITY_READS_PER_ORDER",
    "AVAILABILITY_SECONDS",
    "CACHE_BYTES_PER_SEAT",
    "CACHE_OPERATIONS_PER_READ",
    "CACHE_OPERATIONS_PER_SOLD_SEAT",
    "COLD_SHARE",
    "COLD_START_SECONDS",
    "CPU_SECONDS_PER_CACHED_SEAT",
    "CPU_SECONDS_PER_CALL",
    "CPU_SECONDS_PER_VERIFIED_ITEM",
    "HEADROOM",
    "HOLDS_PER_ORDER",
    "LOAD_THREADS",
    "LOG_BYTES_PER_REQUEST",
    "MAP_RELOAD_SECONDS",
    "MAX_BURSTABLE_OPERATIONS",
    "MAX_CACHE_OPERATIONS",
    "MIN_ADDRESS_LIMIT",
    "MIN_ADDRESS_POSTS",
    "MIN_CONCURRENCY",
    "MIN_MEMORY",
    "OVERLOAD_RISK",
    "PROCESSOR_BATCH",
    "PROCESSOR_BATCH_SECONDS",
    "PURCHASE_SECONDS",
    "QUEUE_JOINS_PER_ORDER",
    "QUEUE_SECONDS",
    "QUEUE_WRITES",
    "QUIET_SECONDS",
    "QUIET_SHARE",
    "REFRESH_SECONDS",
    "REGIONS_PER_RUN",
    "ROWS_PER_ACU",
    "RUNS_PER_ROUND",
    "SHARD_QUERY_SECONDS",
    "SIGN_IN_REQUESTS",
    "SLICES_PER_RUN",
    "SLICE_SHARE",
    "SOURCE",
    "STANDBY_SECONDS",
    "SYNC_SECONDS_PER_RECORD",
    "VERIFICATIONS_IN_TURN",
    "VERIFICATION_READING_SHARE",
    "WARM_FACTOR",
    "item_bytes",
    "posts_per_second",
    "queue_joins_per_second",
    "reads_per_second",
    "record_bytes",
    "sales_requests_per_second",
]

SOURCE = "ticketgen.figures.assumptions"
"""The source of a figure that rests on these assumptions only."""

HEADROOM = 1.5  # capacity divided by demand: for bursts, and for keys that share a shard unevenly
# With four times the demand, some 350 keys of a hot event suffice. With twice the demand, it would take 1,100, each of
# which verification and seat maps have to read. DynamoDB charges for warm throughput once.
WARM_FACTOR = 4  # times its demand, for which a table is warmed up
QUIET_SHARE = 0.5  # of the events on sale: room for the verification of those that no longer sell
# With more, the events of a run are not verified before the next run begins, which then waits for them.
VERIFICATIONS_IN_TURN = 2  # events that are verified in the time of one run, one after the other
OVERLOAD_RISK = 0.001  # that some partition gets more than it takes, while one event takes all writes

HOLDS_PER_ORDER = 1.25  # one hold in five meets a sold seat, or expires
AVAILABILITY_READS_PER_ORDER = 8  # seat map reads of a buyer, and of visitors who buy nothing
QUEUE_JOINS_PER_ORDER = 8  # people who ask for a place while one is admitted, visitors included
ADMITTED_SHARE = 0.8  # of the orders that the stack is sized for: buyers do not order evenly
SIGN_IN_REQUESTS = 2  # of one sign-in with SRP: InitiateAuth and RespondToAuthChallenge

PURCHASE_SECONDS = 0.25  # a transaction, and for a far buyer one round trip to the home Region
COLD_START_SECONDS = 1.0  # of a function that imports boto3 and opens its first connections
COLD_SHARE = 0.1  # of an opening's requests, which find no ready execution in spite of prewarm.py
AVAILABILITY_SECONDS = 0.03  # one section of the map from a cache in the same Region
QUEUE_SECONDS = 0.03  # three writes to DynamoDB in the same Region
QUEUE_WRITES = 3  # of a place: a buyer's item twice, and a line
PROCESSOR_BATCH = 500  # records in one call of the Data API, well under its size limits
PROCESSOR_BATCH_SECONDS = 1.0  # one upsert of that many rows
SYNC_SECONDS_PER_RECORD = 0.002  # a seat's change from the stream into Redis, in small batches
SHARD_QUERY_SECONDS = 0.01  # one page of one event shard; the pages of one shard are read one after the other
LOAD_THREADS = 3  # shards of an event that seat_cache_sync reads at the same time
REFRESH_SECONDS = 0.2  # the check for missing or old maps, once a minute
STANDBY_SECONDS = 0.05  # a verification in the standby Region: it reads one item

# Constants of the functions in templates/functions.
MAP_RELOAD_SECONDS = 900  # between two loads of a seat map by seat_cache_sync
VERIFICATION_READING_SHARE = 0.6  # of a run's time, in which inventory_verifier reads
SLICES_PER_RUN = 8  # shards of an event that inventory_verifier compares in one run at least
SLICE_SHARE = 0.1  # of the time of a run, in which one shard is compared as a whole
RUNS_PER_ROUND = 18  # runs in which it compares all of them
REGIONS_PER_RUN = 2  # Regions in which it reads all shards of an event in one run: the home, and another
QUIET_SECONDS = 300  # between two verifications of an event that is on sale and sells nothing
AFTERCARE_SECONDS = 600  # between two verifications of an event that was closed this week

CACHE_BYTES_PER_SEAT = 190  # in sorted set, hash and bitmap: 165 measured with Valkey, 188 with Redis OSS
LOG_BYTES_PER_REQUEST = 1000  # an access log line, Lambda's three lines, and a line of metrics
ROWS_PER_ACU = 500  # upserted rows a second for each Aurora capacity unit

# Measured by `make bench-scale`, on the fastest of several runs; the read units follow from them, too. On a busy
# machine a verification takes half as long again. With 18 shards of an event, it read one entry and one item for each
# of 60,000 new seats and 104,000 in the shards whose turn it was. With 351, these are 13,000, and the calls take as
# much time as the items. Other Regions only count theirs. A load reads 234,000 items.
CPU_SECONDS_PER_VERIFIED_ITEM = 4.0 / (2 * 164_000)  # measured with `make bench-scale`
CPU_SECONDS_PER_CALL = 0.002  # of DynamoDB, with a small answer; measured with `make bench-scale`
CPU_SECONDS_PER_CACHED_SEAT = 1.6 / 234_000  # measured with `make bench-scale`

# Operations of the cache are counted in GETs of a few kB, each of which takes its thread 11 µs. `make bench-scale`
# measures in one run what reads of the map take, while 6,000 seats are sold a second: up to 1.3 times as much for a
# section, 1.5 times for the overview of 1,000 sections. Reads are counted as if no function had kept an answer. Loads
# of whole maps are not counted: every 15 minutes, 234,000 seats take 1.2 s of the thread, in steps of 2 ms.
CACHE_OPERATIONS_PER_READ = 1.3  # measured with `make bench-scale`
CACHE_OPERATIONS_PER_SOLD_SEAT = 1.2  # measured with `make bench-scale`, in batches of 100 seats
MAX_CACHE_OPERATIONS = 90_000  # per second, for the one thread that runs a node's commands; without TLS
MAX_BURSTABLE_OPERATIONS = 1000  # cache operations a second that a burstable node sustains without credits

MIN_CONCURRENCY = 5  # for a few concurrent buyers during cold starts
MIN_MEMORY = 512  # MiB; with less memory, importing boto3 takes seconds

ADDRESS_SHARE = 0.01  # of all requests, for one address: a venue's or a carrier's buyers may share one
MIN_ADDRESS_LIMIT = 1000  # requests in 5 minutes: an office behind one address
MIN_ADDRESS_POSTS = 100  # holds and purchases in 5 minutes: those of 40 buyers behind one address


def item_bytes(seats_per_order: int) -> int:
    """A ledger entry or an inventory item in DynamoDB, which names all seats of its order.

    Measured with seat ids of 14 characters: 415 bytes for 1 seat, 520 for 8, 880 for 32.
    """
    return 416 + 16 * seats_per_order


def record_bytes(seats_per_order: int) -> int:
    """A ledger entry as DynamoDB JSON with its keys, as it travels in Kinesis.

    Measured like `item_bytes`: 1,091 bytes for 1 seat, 1,252 for 8, 1,804 for 32.
    """
    return 1080 + 28 * seats_per_order


def sales_requests_per_second(orders: float) -> float:
    """Requests to ticket_purchase: each hold is one request, and its purchase or release another."""
    return orders * HOLDS_PER_ORDER * 2


def queue_joins_per_second(orders: float) -> float:
    """Requests to admission_queue, where the stack has queues."""
    return float(orders * QUEUE_JOINS_PER_ORDER)


def posts_per_second(orders: float) -> float:
    """Requests with POST: the holds and the purchases. A release is a DELETE, and a browser's preflight an OPTIONS."""
    return orders * (HOLDS_PER_ORDER + 1)


def reads_per_second(orders: float) -> float:
    """Requests to seat_availability."""
    return float(orders * AVAILABILITY_READS_PER_ORDER)
