"""The alarms of each module: of its functions, queues and state machines."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.rendering.quoted import RawExpression
from ticketgen.sizing import Sizing
from ticketgen.sizing.schedule import ticker_starts_per_minute
from ticketgen.spec.model import Environment
from ticketgen.stack.cloudwatch import Alarm, of_function, of_machine, of_queue
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.model import FunctionModule, LambdaFunction

__all__ = ["alarms_of", "existing_topic"]

_MESSAGES = "ApproximateNumberOfMessagesVisible"


def existing_topic(environment: Environment) -> RawExpression | None:
    """The ARN of the topic that replaces the stack's own, in terms of the Region's module."""
    arn = environment.alarms.topic_arn
    return RawExpression(f'"{arn.replace("{region}", "${var.region}")}"') if arn else None


def alarms_of(module: FunctionModule, environment: Environment, sizing: Sizing) -> tuple[Alarm, ...]:
    """The alarms of a module, in the order in which they are rendered."""
    functions = [function for function in FUNCTIONS.values() if function.module is module]
    return (
        *(alarm for function in functions for alarm in function.alarms(environment)),
        *_of_module(module, sizing),
        *(alarm for function in functions for alarm in _of_invocations(function)),
    )


def _of_module(module: FunctionModule, sizing: Sizing) -> Iterator[Alarm]:
    if module is FunctionModule.REGION:
        dead = "Records failed every retry: fix the cause, then run ops/redrive.py"
        yield Alarm("dead-letters", dead, of_queue("dead_letters", _MESSAGES), "Maximum", 0)
    if module is FunctionModule.VERIFICATION:
        starts = sizing[ticker_starts_per_minute].value
        started, failed = (of_machine("verification", f"Executions{what}") for what in ("Started", "Failed"))
        fewer = "No verification starts" if starts == 1 else f"Fewer than {starts} verifications start"
        missing = f"{fewer} in a minute: seats sold twice may go unnoticed"
        yield Alarm(
            "verification-missing", missing, started, "Sum", starts, below=True, minutes=3, pulse=True
        )
        failing = "Verification runs fail: see the state machine's logs"
        yield Alarm("verification-failing", failing, failed, "Sum", 0, minutes=2)
        refunds = "Refunds failed every retry: fix the cause, then run ops/redrive.py"
        yield Alarm("refunds-failing", refunds, of_queue("failed_refunds", _MESSAGES), "Maximum", 0)


def _of_invocations(function: LambdaFunction) -> Iterator[Alarm]:
    errors, throttles = of_function(function.name, "Errors"), of_function(function.name, "Throttles")
    fails = f"The function {function.what} fails: see its logs"
    yield Alarm(f"{function.what}-errors", fails, errors, "Sum", 0, minutes=2)
    throttled = f"The function {function.what} is throttled: raise its concurrency"
    yield Alarm(f"{function.what}-throttles", throttled, throttles, "Sum", 0)
