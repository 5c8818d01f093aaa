"""Kinds of findings about a stack that is to be adopted."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Stage

TITLE: Final = "Stacks to adopt"

_write = partial(FindingKind, stage=Stage.WRITE)

NO_REGION_FOUND = _write(
    "no-region-found",
    "The stack says in which Regions its resources are",
    "A spec has at least one Region, so none was written. The report is complete otherwise.",
    "pass the variable that has the Region with --var, or write the Region into the provider blocks",
)
NOTHING_DEPLOYED = _write(
    "nothing-deployed",
    "The directory has a root module with resources",
    "There is nothing to adopt.",
    "name the directory of a stack, or one of its root modules with --root",
    category=Category.USAGE,
)
SPEC_IN_THE_WAY = _write(
    "spec-in-the-way",
    "The file for the spec does not exist yet",
    "Writing would overwrite a spec that you may have edited.",
    "name another file with --output, or add --force",
    category=Category.HAND_EDIT,
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
