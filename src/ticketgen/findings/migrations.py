"""Kinds of findings about the migration of a stack to root modules."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Severity, Stage

TITLE: Final = "Migrating a stack to root modules"

_migrate = partial(FindingKind, stage=Stage.WRITE)

STATE_UNREADABLE = _migrate(
    "state-unreadable",
    "The resources of the old stack can be listed",
    "The script moves what the list names, so an incomplete list would leave resources behind.",
    "pass the output of `terraform state list` or of `terraform show -json` with --state",
)
NOTHING_TO_MIGRATE = _migrate(
    "nothing-to-migrate",
    "The state is that of a single root module, which versions before 0.2.0 rendered",
    "Stacks of later versions have a state for each root module, and moved blocks where an address changed.",
    "run `ticketgen render --upgrade`, and plan",
)
MIGRATED_REGION = _migrate(
    "migrated-region",
    "The spec has every Region in which the old stack has resources",
    "They would belong to no root module, and stay in the account.",
    "add the Region to regions or to retired_regions of the environment, and remove it after the migration",
    category=Category.INVALID_SPEC,
)
NOT_MIGRATED = _migrate(
    "not-migrated",
    "ticketgen rendered every resource of the old stack",
    "The script does not know which root module resources of your own belong to, so they stay in the old state, whose "
    "files a render deletes.",
    "move it with `terraform state mv` into the root module that declares it",
    severity=Severity.WARNING,
)
