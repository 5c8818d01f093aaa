"""Small configurations, each with what Terraform says about it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ticketgen.findings import Severity
from ticketgen.verification.verify import verify

__all__ = ["CASES", "error_rules", "fails"]

CASES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    name: tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))
    for name in ("flawed", "valid", "later")
}
"""Cases by name: ``flawed`` ones, ``valid`` ones, and those that Terraform refuses ``later``."""


def error_rules(case: Mapping[str, Any]) -> set[str]:
    """The rules of the errors that ticketgen finds in a case."""
    files = case["files"]
    found = verify(files, rendered=False, paths=frozenset(files))
    return {each.rule for each in found if each.severity is Severity.ERROR}


def fails(case: Mapping[str, Any]) -> set[str]:
    """The rules that ticketgen should report and does not."""
    return set(case["rules"]) - error_rules(case)
