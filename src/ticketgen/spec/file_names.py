"""The names of a spec's file."""

from __future__ import annotations

from typing import Final

__all__ = ["SPEC_NAMES"]

SPEC_NAMES: Final = ("ticketgen.yaml", "ticketgen.yml")
"""The names of a spec that are searched for; `ticketgen new` writes the first."""
