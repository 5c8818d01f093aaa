"""Addresses of resources by the purpose of their module."""

from __future__ import annotations

import demands

__all__ = ["alias", "at"]


def alias(region: str) -> str:
    """The name of a Region's provider alias and module."""
    return region.replace("-", "_")


def at(place: str, resource: str, region: str = demands.PRIMARY) -> str:
    """The address of a resource in a Region; `place` is `region`, `analytics`, `verification` or `root`."""
    prefix = {"root": "", "region": f"module.{alias(region)}."}.get(place, f"module.{place}_{alias(region)}.")
    return f"{prefix}{resource}"
