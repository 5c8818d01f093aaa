"""The beginning that all rehearsals share: the stack is applied to the emulated AWS."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ticketgen.history.recorder import Recorder
from ticketgen.progress import ProgressCallback
from ticketgen.rehearsal.applied_stack import AppliedStack
from ticketgen.rehearsal.credentials import download_variables, isolated_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.operator_scripts import OperatorScripts
from ticketgen.rehearsal.root_modules import AppliedRoots
from ticketgen.rehearsal.sale import SaleEvent
from ticketgen.spec.model import Environment
from ticketgen.wording import counted

__all__ = ["Applied", "Rehearsal", "applied", "close"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Settings of a rehearsal.

    Attributes:
        environment: the environment.
        files: its rendered stack: path to text.
        seconds: how long the sale is open.
        seats: number of seats of each event.
        binary: path of Terraform or OpenTofu.
        history: records the sale; None records nothing.
    """

    environment: Environment
    files: Mapping[str, str]
    seconds: float
    seats: int
    binary: str
    history: Recorder | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """An applied stack.

    Attributes:
        aws: the emulated AWS.
        stack: the stack on it.
        scripts: the operator's scripts of the stack.
        resources: how many were created.
        seconds: that the apply took.
    """

    aws: EmulatedAws
    stack: AppliedStack
    scripts: OperatorScripts
    resources: int
    seconds: float


@contextmanager
def applied(rehearsal: Rehearsal, progress: ProgressCallback) -> Iterator[Applied]:
    """Apply the stack, with background work paused, and clean up at the end.

    Raises:
        TerraformFailed: the stack could not be applied.
    """
    progress("starting the emulated AWS")
    with EmulatedAws() as aws:
        aws.control("pause")  # until there is something to sell
        folder = aws.workspace.folder / "stack"
        for path, text in rehearsal.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        variables = isolated_environment(os.environ, aws.variables)
        roots = AppliedRoots(
            rehearsal.binary,
            folder,
            rehearsal.environment,
            variables,
            download_variables(os.environ),
            aws.workspace,
        )
        progress("terraform init")
        roots.init()
        progress("terraform apply")
        began = time.monotonic()
        resources = roots.apply(progress)
        seconds = time.monotonic() - began
        progress(f"{counted(resources, 'resources')} applied in {seconds:.0f} s")
        stack = AppliedStack(roots.outputs(), aws)
        scripts = OperatorScripts(folder / "ops", variables, aws.workspace)
        yield Applied(aws, stack, scripts, resources, seconds)


def close(show: SaleEvent, scripts: OperatorScripts, history: Recorder | None) -> None:
    """Close an event, and record it.

    Raises:
        ScriptFailed: it could not be closed.
    """
    begin = history.now() if history else 0.0
    scripts.event("close", show.event_id, "--apply")
    if history:
        history.answered(begin, 200, {}, kind="close", event=show.event_id)
