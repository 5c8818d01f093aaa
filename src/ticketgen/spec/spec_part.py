"""The base of every part of the spec, and the units of its numbers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["SpecPart", "unit"]


class SpecPart(BaseModel):
    """A part of the spec: immutable, and closed to undeclared keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def unit(name: str) -> dict[str, Any]:
    """The unit of a number, for the JSON Schema and the reference."""
    return {"x-unit": name}
