"""Kinds of findings that keep a rehearsal from starting."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import FindingKind, Stage

TITLE: Final = "Rehearsals"

MISSING_BINARY: Final = "neither terraform nor tofu is on the PATH"
"""The message of `NO_TERRAFORM_BINARY`; `ticketgen doctor` says it too."""

_verify = partial(FindingKind, stage=Stage.VERIFY)

CREDENTIALS_IN_REACH = _verify(
    "credentials-in-reach",
    "No AWS credentials are available to a rehearsal",
    "A rehearsal applies a stack and sells tickets. With credentials, a mistake could do that in a real account.",
    "run it in a clean environment, as the finding shows",
)
REHEARSAL_NOT_INSTALLED = _verify(
    "rehearsal-not-installed",
    "The packages of the emulated AWS are installed",
    "`ticketgen rehearse` has nothing to apply the stack to. The other commands do not need them.",
    "run the command that the finding shows",
)
NO_TERRAFORM_BINARY = _verify(
    "no-terraform-binary",
    "terraform or tofu is on the PATH",
    "A rehearsal applies the stack with it.",
    "install Terraform or OpenTofu, 1.9 or later",
)
NO_FORK = _verify(
    "no-fork",
    "The system can fork processes",
    "Each function of a rehearsal runs in a process of its own, as in Lambda.",
    "rehearse on Linux or macOS, or in a container",
)

__all__ = ["MISSING_BINARY", "TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
