"""Stage 3, size: compute all capacities of an environment from its event scale.

Sizing counts seats, not orders: an order of eight seats is eight entries in the ledger. One function computes each
figure from one formula, and the figure carries its formula, filled in, to every report. The constants come from AWS
(`ticketgen.aws.limits`) or are assumptions (`ticketgen.figures.assumptions`). Every Region is sized for the whole
demand, because one Region may have to take all of it; so no figure depends on the list of Regions. A finding names
the quota that AWS must raise before the sale (warning), or the limit that nobody can raise (error).
"""

from __future__ import annotations

from ticketgen.figures.registry import AnyDefinition, Registry, Sizing, definitions
from ticketgen.findings import Checked
from ticketgen.sizing import (
    concurrency,
    database,
    demand,
    edge,
    hot_partitions,
    quota_needs,
    retention,
    schedule,
    seat_cache,
)
from ticketgen.spec.model import Environment, EventScale, Objectives
from ticketgen.stack.functions import FUNCTION_MODULES
from ticketgen.stack.functions.model import FunctionModule

__all__ = ["FIGURES", "Sizing", "size"]


def _of_functions(terraform_module: FunctionModule) -> tuple[AnyDefinition, ...]:
    return tuple(
        figure
        for module in FUNCTION_MODULES
        if module.FUNCTION.module is terraform_module
        for figure in definitions(module)
    )


FIGURES = Registry(
    (
        *definitions(demand),
        *definitions(hot_partitions),
        *_of_functions(FunctionModule.REGION),
        *definitions(seat_cache),
        *definitions(edge),
        *_of_functions(FunctionModule.ANALYTICS),
        *definitions(database),
        *_of_functions(FunctionModule.VERIFICATION),
        *definitions(concurrency),
        *definitions(schedule),
        *definitions(retention),
    ),
    given=(*EventScale.model_fields, *Objectives.model_fields, "protect", "admits", "buyers_per_minute"),
)
"""All figures, in the order of the reports and of the output ``capacity``."""


def size(environment: Environment) -> Checked[Sizing]:
    """Compute the capacity of an environment.

    The value exists even with errors, to show what is too large. Each finding begins with the name of the environment;
    `finding_groups.group_findings` merges the same finding of several environments.
    """
    parts = (environment.event_scale, environment.objectives)
    given = {name: getattr(part, name) for part in parts for name in type(part).model_fields}
    admission = environment.admission
    given |= {
        "protect": environment.protect,
        "admits": admission is not None,
        "buyers_per_minute": (admission and admission.buyers_per_minute) or 0,
    }
    sizing = FIGURES.compute(given)
    return Checked(sizing, tuple(quota_needs.check(environment, sizing)))
