"""Stage 3, size: compute the capacity of everything in an environment from its event scale.

Sizing counts seats, not orders: an order of eight seats is eight entries in the ledger. One function computes each
figure from one formula, and the figure carries its formula, filled in, to every report. The constants come from AWS
(`ticketgen.aws.limits`) or are assumptions (`assumptions`). Every Region is sized for the whole demand, because one
Region may have to take all of it; so no figure depends on the list of Regions. A finding says which quota AWS must
raise before the sale (warning), or which limit nobody can raise (error).
"""

from __future__ import annotations

from ticketgen.findings import Checked
from ticketgen.sizing import demand, edge, functions, quotas, stores
from ticketgen.sizing.figures import Figure, Scope, Sizing
from ticketgen.spec.model import Environment

__all__ = ["Figure", "Scope", "Sizing", "size"]


def size(environment: Environment) -> Checked[Sizing]:
    """Compute the capacity of an environment.

    The value exists even with errors, to show what is too large. Each finding begins with the name of the environment;
    `telling.told` merges the same finding of several environments.
    """
    scale, objectives = environment.event_scale, environment.objectives

    orders = demand.orders_per_second(scale)
    seats = demand.seats_per_second(orders.value, scale.seats_per_order)
    inventory = demand.inventory_write_units(seats.value)
    stream_shards = demand.inventory_stream_shards(inventory.value)
    sync_factor = functions.cache_sync_parallelization_factor(seats.value)
    shards = demand.kinesis_shards(seats.value, scale.seats_per_order)
    batch = demand.kinesis_batch_size(seats.value)
    factor = demand.kinesis_parallelization_factor(seats.value, batch.value)
    purchase = functions.purchase_concurrency(orders.value)
    availability = functions.availability_concurrency(orders.value)
    sync = functions.cache_sync_concurrency(stream_shards.value, sync_factor.value)
    processor = functions.processor_concurrency(shards.value, factor.value)
    event_shards = demand.event_shards(inventory.value, scale, objectives)
    verifier_memory = functions.verifier_memory_mib(seats.value, scale, objectives)
    verifier = functions.verifier_concurrency(objectives)
    corrector = functions.corrector_concurrency(objectives)
    region = functions.region_concurrency(purchase.value, availability.value, sync.value)
    memory = stores.cache_memory_mib(scale)
    max_acu = stores.aurora_max_acu(seats.value)
    rate = edge.api_throttle_rate(orders.value)
    operations = seats.value + int(functions.reads_per_second(orders.value))
    starts = functions.ticker_starts_per_minute(objectives)

    sizing = Sizing(
        orders_per_second=orders,
        seats_per_second=seats,
        ledger_write_units=demand.ledger_write_units(seats.value),
        inventory_write_units=inventory,
        lock_write_units=demand.lock_write_units(orders.value, scale.seats_per_order),
        ledger_read_units=demand.ledger_read_units(scale, objectives, verifier_memory.value),
        inventory_read_units=demand.inventory_read_units(scale, objectives, verifier_memory.value),
        lock_read_units=demand.lock_read_units(orders.value),
        event_read_units=demand.event_read_units(orders.value),
        event_shards=event_shards,
        inventory_stream_shards=stream_shards,
        kinesis_shards=shards,
        kinesis_parallelization_factor=factor,
        kinesis_batch_size=batch,
        purchase_concurrency=purchase,
        purchase_memory_mib=functions.purchase_memory_mib(objectives),
        availability_concurrency=availability,
        availability_memory_mib=functions.availability_memory_mib(scale.seats_per_event),
        cache_sync_memory_mib=functions.cache_sync_memory_mib(scale.seats_per_event, objectives),
        cache_sync_parallelization_factor=sync_factor,
        cache_sync_concurrency=sync,
        cache_memory_mib=memory,
        cache_node_type=stores.cache_node_type(memory.value, operations),
        cache_nodes=stores.cache_nodes(environment.protect),
        processor_memory_mib=functions.processor_memory_mib(batch.value),
        processor_concurrency=processor,
        aurora_instances=stores.aurora_instances(environment.protect),
        aurora_min_acu=stores.aurora_min_acu(environment.protect, max_acu.value),
        aurora_max_acu=max_acu,
        api_throttle_rate=rate,
        api_throttle_burst=edge.api_throttle_burst(rate.value),
        waf_rate_limit=edge.waf_rate_limit(rate.value),
        verifier_memory_mib=verifier_memory,
        verifier_concurrency=verifier,
        corrector_memory_mib=functions.corrector_memory_mib(),
        corrector_concurrency=corrector,
        region_concurrency=region,
        hub_concurrency=functions.hub_concurrency(
            region.value, processor.value, verifier.value, corrector.value
        ),
        ticker_starts_per_minute=starts,
        ticker_executions_per_day=functions.ticker_executions_per_day(),
        verification_executions_per_day=functions.verification_executions_per_day(starts.value),
        refresh_executions_per_day=functions.refresh_executions_per_day(),
        log_retention_days=stores.log_retention_days(environment.protect),
        backup_retention_days=stores.backup_retention_days(environment.protect),
    )
    return Checked(sizing, tuple(quotas.check(environment, sizing)))
