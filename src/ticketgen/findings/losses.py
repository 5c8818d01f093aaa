"""Kinds of findings about resources that a change of the stack would replace or destroy."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Severity, Stage

TITLE: Final = "Resources that would be lost"

_loss = partial(FindingKind, stage=Stage.WRITE)

_ACCEPT: Final = "Accept a loss that you want with --accept, or with `accept` in the spec."

# Single resources

STATEFUL_DESTROYED = _loss(
    "stateful-destroyed",
    "No resource that holds data is destroyed, unless you accept the loss",
    f"Its data is gone after the next apply. It is a warning where `protect` is not set. {_ACCEPT}",
    "keep it in the configuration, or accept the loss with `--accept ADDRESS`",
)
STATEFUL_REPLACED = _loss(
    "stateful-replaced",
    "No resource that holds data is replaced, unless you accept the loss",
    "Terraform destroys it and creates an empty one. AWS cannot change some arguments, such as a name or a key, in "
    f"place. It is a warning where `protect` is not set. {_ACCEPT}",
    "restore the argument, or accept the loss with `--accept ADDRESS`",
    sources=("https://developer.hashicorp.com/terraform/language/resources/behavior",),
)
PLAN_UNKNOWN = _loss(
    "plan-unknown",
    "The deployed stack can be read and compared with the new one",
    "A resource in a file that cannot be read might be lost without a warning. It is a warning where `protect` "
    "is not set.",
    "restore the stack from version control, or accept the risk with `--accept ENVIRONMENT`",
)

PLAN_UNREADABLE = _loss(
    "plan-unreadable",
    "A saved plan is the whole output of `terraform show -json PLAN`",
    "Terraform's intended changes are unknown, so nothing can be judged.",
    "make the plan again: `terraform plan -out=tfplan && terraform show -json tfplan > tfplan.json`",
    category=Category.USAGE,
    sources=("https://developer.hashicorp.com/terraform/internals/json-format",),
)

# Edits of a spec that lose many resources at once

ENVIRONMENT_REMOVED = _loss(
    "environment-removed",
    "An environment leaves the spec after its stack is destroyed",
    "Without its files, Terraform cannot destroy the resources in its states, and the loss goes unnoticed.",
    "put it back; once it is no longer needed, run `make destroy` in its folder, then `ticketgen render --destroyed`",
)
ENVIRONMENT_RENAMED = _loss(
    "environment-renamed",
    "An environment keeps its name",
    "The name is part of every resource's name and of every state's key, so another name is another deployment, "
    "without the data of the first.",
    "put the name back; to replace the environment, add a new one, move to it, and remove the old one last",
)
PROJECT_RENAMED = _loss(
    "project-renamed",
    "A project keeps its name",
    "The name is part of every resource's name, so every table, queue and key is replaced by an empty one.",
    "put the name back; to use another name, create a new project and move the sales to it",
)
SUFFIX_CHANGED = _loss(
    "suffix-changed",
    "The default of environment_suffix is the environment's name",
    "The suffix is part of every resource's name and of every state's key, so another suffix is another deployment.",
    "put the default back; `make SUFFIX=NAME apply` makes another deployment beside this one",
)
ACCOUNT_CHANGED = _loss(
    "account-changed",
    "An environment stays in its AWS account",
    "Terraform finds none of the resources in the other account, and creates all of them again.",
    "put account_id and deploy_role back; to use another account, add another environment",
)
PRIMARY_CHANGED = _loss(
    "primary-changed",
    "The primary Region stays the same",
    "The primary Region's states hold the shared tables, which would be destroyed there and created empty elsewhere.",
    "put primary_region back; `ops/move_home.py` moves events, and `ops/takeover.py` moves analytics and verification, "
    "without a change of the spec",
)
SECONDARY_CHANGED = _loss(
    "secondary-changed",
    "The secondary Region stays the same",
    "The database, the queues and the audit trail of the secondary Region would be destroyed.",
    "put secondary_region back, or accept the loss: the new secondary Region fills its own database from the ledger",
)
REGION_REMOVED = _loss(
    "region-removed",
    "A Region is retired before it leaves the spec",
    "Without the files of its root modules, Terraform cannot destroy the resources in their states, and events whose "
    "home is there cannot be sold.",
    "put the Region back, then run `ticketgen remove-region REGION`, which retires it first",
)
STATE_MOVED = _loss(
    "state-moved",
    "A root module's state stays where it is",
    "Terraform finds an empty state in the new place, and creates every resource again. It is a warning where "
    "`protect` is not set, and for a state that moves from the folder to a bucket.",
    "copy the states before the next plan: run `terraform init -migrate-state -backend-config=backend.hcl` in each "
    "root module",
    sources=("https://developer.hashicorp.com/terraform/cli/commands/init#backend-initialization",),
)
STATE_SPLIT = _loss(
    "state-split",
    "The resources of a single state are moved to the states of the new root modules",
    "Each root module has a state of its own since version 0.2.0. An apply before the move would create everything "
    "again.",
    "run `ticketgen migrate`, which writes a script that moves them, then render with --destroyed",
)

# Acceptance

PROTECTION_LIFTED = _loss(
    "protection-lifted",
    "Tables and databases keep their deletion protection",
    "After the next apply, a later plan can destroy them.",
    "set `protect: true` again unless the environment is about to be destroyed",
    severity=Severity.WARNING,
)
ACCEPTANCE_EXPIRED = _loss(
    "acceptance-expired",
    "No accepted loss in the spec is older than its date",
    "An expired acceptance has no effect, and suggests that the loss is still accepted.",
    "delete it, or set a new date if the loss is still to come",
    severity=Severity.WARNING,
)
ACCEPTANCE_UNUSED = _loss(
    "acceptance-unused",
    "Every address given with --accept would be lost",
    "A typing error in an address would otherwise go unnoticed.",
    "compare it with the addresses in the plan of `ticketgen render --diff`",
    severity=Severity.WARNING,
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
