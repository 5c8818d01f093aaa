"""What sizing assumes of buyers and code, because no spec says it: in one place, for measuring to mend."""

from __future__ import annotations

__all__ = [
    "ADDRESS_SHARE",
    "AVAILABILITY_READS_PER_ORDER",
    "AVAILABILITY_SECONDS",
    "CACHE_BYTES_PER_SEAT",
    "CPU_SECONDS_PER_CACHED_SEAT",
    "CPU_SECONDS_PER_VERIFIED_SEAT",
    "HEADROOM",
    "HOLDS_PER_ORDER",
    "LEAST_ADDRESS_LIMIT",
    "LEAST_CONCURRENCY",
    "LEAST_MEMORY",
    "MOST_BURSTABLE_OPERATIONS",
    "PROCESSOR_BATCH",
    "PROCESSOR_BATCH_SECONDS",
    "PURCHASE_SECONDS",
    "RECORD_BYTES",
    "ROWS_PER_ACU",
    "SHARD_QUERY_SECONDS",
    "SOURCE",
    "SYNC_SECONDS_PER_RECORD",
]

SOURCE = "ticketgen.sizing.assumptions"
"""What a figure names as its source where it rests on nothing but these."""

HEADROOM = 1.5  # capacity per demand: bursts within the minute, and keys that share a shard unevenly

HOLDS_PER_ORDER = 1.25  # one hold in five meets a seat that is gone, or runs out unbought
AVAILABILITY_READS_PER_ORDER = 8  # looks at the seat map a buyer takes, and those of who buys nothing

PURCHASE_SECONDS = 0.25  # a transaction, and for a far buyer one round trip to the home Region
AVAILABILITY_SECONDS = 0.03  # one section of the map from a cache in the same Region
PROCESSOR_BATCH = 500  # records in one call of the Data API, well under its size limits
PROCESSOR_BATCH_SECONDS = 1.0  # one upsert of so many rows
SYNC_SECONDS_PER_RECORD = 0.002  # a seat's change from the stream into Redis, in small batches
SHARD_QUERY_SECONDS = 0.01  # one page of one event shard, read after the other

RECORD_BYTES = 1536  # a ledger entry as DynamoDB's JSON with its keys, as it travels in Kinesis
CACHE_BYTES_PER_SEAT = 160  # a member of a sorted set, with its hash table and its skip list
ROWS_PER_ACU = 500  # upserted rows a second for each Aurora capacity unit

# Measured: botocore parses 234,000 items with one attribute projected in 0.6 s. Redis takes as long again.
CPU_SECONDS_PER_VERIFIED_SEAT = 0.6 / 234_000
CPU_SECONDS_PER_CACHED_SEAT = 2 * CPU_SECONDS_PER_VERIFIED_SEAT

LEAST_CONCURRENCY = 5  # enough for a few buyers at once while functions start cold
LEAST_MEMORY = 512  # MiB: with less, boto3 alone takes seconds to import
MOST_BURSTABLE_OPERATIONS = 1000  # cache operations a second that a burstable node sustains without credits

ADDRESS_SHARE = 0.01  # of all requests, for one address: a venue's or a carrier's buyers may share one
LEAST_ADDRESS_LIMIT = 1000  # requests in 5 minutes: an office behind one address
