"""Preconditions of a rehearsal, checked before anything starts, without importing what is checked for."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.findings.rehearsal import MISSING_BINARY, NO_FORK, NO_TERRAFORM_BINARY, REHEARSAL_NOT_INSTALLED
from ticketgen.rehearsal.credentials import find_credentials
from ticketgen.rehearsal.terraform import Terraform
from ticketgen.version import install_command

__all__ = ["missing_requirements"]

_MODULES = ("boto3", "flask", "jsonpath_ng", "jsonschema", "moto")


def missing_requirements(environment: Mapping[str, str], home: Path) -> tuple[Finding, ...]:
    """An error for each missing precondition, and for each source of credentials in reach."""
    return (*_missing(), *find_credentials(environment, home))


def _missing() -> Iterator[Finding]:
    absent = [name for name in _MODULES if importlib.util.find_spec(name) is None]
    if absent:
        yield REHEARSAL_NOT_INSTALLED.found(
            f"a rehearsal needs {', '.join(absent)}, which {'is' if len(absent) == 1 else 'are'} not installed",
            f"run: {install_command('rehearse')}",
        )
    if Terraform.find() is None:
        yield NO_TERRAFORM_BINARY.found(MISSING_BINARY)
    if not hasattr(os, "fork"):
        yield NO_FORK.found("this system cannot fork the functions' processes")
