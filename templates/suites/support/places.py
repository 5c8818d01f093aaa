"""Addresses of root modules, and of resources by the purpose of their module."""

from __future__ import annotations

import demands

__all__ = ["MODULES", "ROOTS", "at", "root", "table"]

MODULES = ["modules/analytics", "modules/code", "modules/data", "modules/region", "modules/verification"]
"""The folders of the modules that root modules share."""


def root(kind: str, region: str = demands.PRIMARY) -> str:
    """The path of a root module; `kind` is `global`, `data` or `regions`."""
    return kind if kind == "global" else f"{kind}/{region}"


ROOTS = [root("global"), *(root(kind, region) for kind in ("data", "regions") for region in demands.REGIONS)]
"""The paths of all root modules."""


def at(place: str, resource: str, region: str = demands.PRIMARY) -> str:
    """The address of a resource in a Region; `place` is `global` or the name of a module in `MODULES`."""
    if place == "global":
        return f"{root('global')}:{resource}"
    return f"{root('data' if place == 'data' else 'regions', region)}:module.{place}.{resource}"


def table(key: str, region: str = demands.PRIMARY) -> str:
    """The address of a table that all Regions share, or of a Region's replica of it."""
    kind = "aws_dynamodb_table" if region == demands.PRIMARY else "aws_dynamodb_table_replica"
    return at("data", f'{kind}.shared["{key}"]', region)
