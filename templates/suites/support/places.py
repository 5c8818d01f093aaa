"""Where in the stack a resource is, by what the module is for."""

from __future__ import annotations

import demands

__all__ = ["alias", "at"]


def alias(region: str) -> str:
    """What provider and module of a Region are called."""
    return region.replace("-", "_")


def at(place: str, resource: str, region: str = demands.PRIMARY) -> str:
    """The address of a resource of a Region: `place` is `region`, `analytics`, `verification` or `root`."""
    prefix = {"root": "", "region": f"module.{alias(region)}."}.get(place, f"module.{place}_{alias(region)}.")
    return f"{prefix}{resource}"
