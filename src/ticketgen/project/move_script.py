"""The script that carries out a migration: the steps as calls of shell functions, then the functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote
from typing import Final

from ticketgen.project.migration import MigrationPlan, RootState
from ticketgen.stack.moved_addresses import ChangeKind

__all__ = ["move_script"]

_BODY: Final = "move_states.sh"

_HEAD: Final = """\
#!/bin/sh
# Moves the resources of {stack} from the state of its old root module to the states of its new root modules.
#
#   sh move_states.sh          rehearses the moves on a copy of the old state, and changes nothing else
#   sh move_states.sh --run    moves the resources
#
# Run it in the folder of the spec, before `ticketgen render --upgrade`, and again after it for the imports. It can be
# run again after an interruption. TERRAFORM=tofu uses OpenTofu; OLD_STATE names another file with the old state.
# Nobody may apply the stack in the meantime.

"""


def move_script(plan: MigrationPlan, stack: str, old_bucket: str) -> str:
    """The text of the script.

    Args:
        plan: the migration.
        stack: the stack's folder below the project's.
        old_bucket: the bucket with the old state; "" for a local state.
    """
    own = plan.suffix == plan.environment
    file = "terraform.tfstate" if own else f"{plan.suffix}.tfstate"
    settings = {
        "STACK": stack,
        "SUFFIX": plan.suffix,
        "DEFAULT_SUFFIX": plan.environment,
        "OLD_NAME": file,
        "NEW_NAME": file,
        "OLD_BACKEND": old_bucket,
    }
    parts = [
        _HEAD.format(stack=stack),
        *(f"{name}={quote(value)}\n" for name, value in settings.items()),
        _function("moves", _moves(plan)),
        _function("roots", map(_root, plan.roots)),
        _function("imports", _imports(plan)),
        "\n",
        Path(__file__).with_name(_BODY).read_text(encoding="utf-8"),
    ]
    return "".join(parts)


def _moves(plan: MigrationPlan) -> Iterator[str]:
    for step in plan.steps:
        if step.kind is ChangeKind.MIGRATE:
            yield _call("move", step.root, step.source, step.target)
        elif step.kind is ChangeKind.FORGET:
            yield _call("forget", step.source)


def _imports(plan: MigrationPlan) -> Iterator[str]:
    for step in plan.steps:
        if step.kind is ChangeKind.IMPORT:
            yield _call("import_one", step.root, step.target, step.identifier)


def _root(root: RootState) -> str:
    return _call(
        "root", root.path, *(root.backend[name] for name in ("key", "bucket", "region") if root.backend)
    )


def _call(name: str, *arguments: str) -> str:
    return f"  {name} {' '.join(map(quote, arguments))}\n"


def _function(name: str, calls: Iterable[str]) -> str:
    body = "".join(calls) or "  :\n"
    return f"\n{name}() {{\n{body}}}\n"
