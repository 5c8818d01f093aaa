"""The alarms of each module: of its functions, queues and state machines."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.rendering.quoted import RawExpression
from ticketgen.sizing import Sizing
from ticketgen.sizing.database import aurora_instances
from ticketgen.sizing.schedule import ticker_starts_per_minute
from ticketgen.sizing.seat_cache import cache_nodes
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import Alarm, of_aurora, of_cache, of_function, of_machine, of_queue, own
from ticketgen.stack.functions import functions_of
from ticketgen.stack.functions.model import FunctionModule, LambdaFunction

__all__ = ["alarms_of", "existing_topic"]

_MESSAGES = "ApproximateNumberOfMessagesVisible"


def existing_topic(environment: Environment) -> RawExpression | None:
    """The ARN of the topic that replaces the stack's own, in terms of the Region's module."""
    arn = environment.alarms.topic_arn
    return RawExpression(f'"{arn.replace("{region}", "${var.region}")}"') if arn else None


def alarms_of(module: FunctionModule, environment: Environment, sizing: Sizing) -> tuple[Alarm, ...]:
    """The alarms of a module, in the order in which they are rendered."""
    functions = [function for function in functions_of(environment).values() if function.module is module]
    return (
        *(alarm for function in functions for alarm in function.alarms(environment)),
        *_of_module(module, sizing),
        *(alarm for function in functions for alarm in _of_invocations(function)),
    )


def _of_module(module: FunctionModule, sizing: Sizing) -> Iterator[Alarm]:
    if module is FunctionModule.REGION:
        yield Alarm(
            "dead-letters",
            "Records failed every retry",
            "Fix the cause, which the function's log has. Then run redrive.py.",
            of_queue("dead_letters", _MESSAGES),
            "Maximum",
            0,
        )
        yield Alarm(
            "requests-refused",
            "The API refuses more than 60 requests in a minute with 429",
            "Many buyers, or robots: look at the callers in the access log. If it is demand, raise event_scale in the "
            "spec, and apply.",
            own("ApiRefused"),
            "Sum",
            60,
            minutes=3,
        )
        # After a failover, any node may be the primary.
        for node in range(1, sizing[cache_nodes].value + 1):
            yield Alarm(
                f"seat-map-full-{node}",
                f"Node {node} of the cache uses more than 80% of its memory; it evicts nothing, and "
                "refuses writes when full",
                "Archive events that are over, or raise event_scale in the spec, and apply.",
                of_cache("DatabaseMemoryUsagePercentage", node),
                "Maximum",
                80,
            )
            yield Alarm(
                f"seat-map-busy-{node}",
                f"The engine of node {node} of the cache uses more than 90% of its processor",
                "Look at the rate of requests for seat maps. A larger node type has more memory, but the engine uses "
                "one core of it.",
                of_cache("EngineCPUUtilization", node),
                "Average",
                90,
                minutes=3,
            )
    if module is FunctionModule.ANALYTICS:
        # After a failover, any instance may be the writer.
        for instance in range(sizing[aurora_instances].value):
            yield Alarm(
                f"aurora-full-{instance}",
                f"Instance {instance} of Aurora uses more than 90% of its capacity",
                "Raise the cluster's maximum capacity, or stop reports that use it.",
                of_aurora("ACUUtilization", instance),
                "Average",
                90,
                minutes=5,
            )
    if module is FunctionModule.VERIFICATION:
        starts = sizing[ticker_starts_per_minute].value
        fewer = "No verification starts" if starts == 1 else f"Fewer than {starts} verifications start"
        yield Alarm(
            "verification-missing",
            f"{fewer} in a minute: seats sold twice may go unnoticed",
            "Look at the executions of the ticker's state machine and at its schedule. If the Region is lost, run "
            "takeover.py.",
            of_machine("verification", "ExecutionsStarted"),
            "Sum",
            starts,
            below=True,
            minutes=3,
            pulse=True,
        )
        yield Alarm(
            "verification-failing",
            "Verification runs fail",
            "Read the state machine's log, and then that of the function that failed.",
            of_machine("verification", "ExecutionsFailed"),
            "Sum",
            0,
            minutes=2,
        )
        yield Alarm(
            "refunds-failing",
            "Refunds failed every retry",
            "Fix the cause in the payment system. Then run redrive.py.",
            of_queue("failed_refunds", _MESSAGES),
            "Maximum",
            0,
        )
        for queue in ("refunds", "failed_refunds"):
            yield Alarm(
                f"{queue.replace('_', '-')}-old",
                f"A message in the queue {queue.replace('_', '-')} is older than a day; SQS deletes it after 14 days",
                "Look at the payment system, which should take refunds. Refunds that nobody confirms are sent again "
                "every week: refunds.py lists them. redrive.py sends those in the queue failed-refunds back.",
                of_queue(queue, "ApproximateAgeOfOldestMessage"),
                "Maximum",
                86_400,
                minutes=5,
            )


def _of_invocations(function: LambdaFunction) -> Iterator[Alarm]:
    errors, throttles = of_function(function.name, "Errors"), of_function(function.name, "Throttles")
    yield Alarm(
        f"{function.what}-errors",
        f"The function {function.what} fails",
        "Read its log. After a deployment, roll back.",
        errors,
        "Sum",
        0,
        minutes=2,
    )
    yield Alarm(
        f"{function.what}-throttles",
        f"The function {function.what} is throttled",
        "Raise event_scale in the spec, and apply; or request more concurrency for the account.",
        throttles,
        "Sum",
        0,
    )
