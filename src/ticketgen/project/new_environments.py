"""The environments of a new project: the initial figures of dev and staging, and the size of each stack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

import yaml

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.parse import parse
from ticketgen.hcl.resource_addresses import resource_addresses
from ticketgen.hcl.syntax import File
from ticketgen.pipeline import STACKS
from ticketgen.spec.model import Environment

__all__ = ["NewEnvironment", "count_resources", "initial_figures", "new_environments"]

# One order per second is the minimum of sizing; an event of 500 seats fits the smallest cache and one partition key.
_DEV: Final = {"purchases_per_minute": 60, "seats_per_event": 500, "concurrent_events": 2}

# A tenth of the preset shows every effect of scale except the quotas.
_MIN_STAGING: Final = {"purchases_per_minute": 100, "seats_per_event": 1000, "concurrent_events": 5}
_STAGING_SHARE: Final = 10
_STAGING_REGIONS: Final = 4

_parsed = lru_cache(maxsize=100)(parse)  # most files of two environments are the same


@dataclass(frozen=True, slots=True)
class NewEnvironment:
    """An environment of a new project.

    Attributes:
        folder: the folder of its stack, relative to the project's folder.
        regions: the number of its Regions.
        purchases_per_minute: its event scale.
        resources: the number of resources that its first apply creates.
    """

    folder: str
    regions: int
    purchases_per_minute: int
    resources: int


def initial_figures(preset: Path) -> dict[str, object]:
    """The figures of a preset and the overrides of dev and staging, as private variables of the template."""
    settings: dict[str, Any] = yaml.safe_load(preset.read_text(encoding="utf-8"))
    every = [str(region) for region in settings["regions"]]
    named = [settings["primary_region"], settings["secondary_region"]]
    hubs = [region for region in every if region in named]
    scale = settings["event_scale"]
    staging = {
        key: min(scale[key], max(least, scale[key] // _STAGING_SHARE)) for key, least in _MIN_STAGING.items()
    }
    dev = {key: min(scale[key], figure) for key, figure in _DEV.items()}
    most = [*hubs, *(region for region in every if region not in hubs)][:_STAGING_REGIONS]
    return {
        "_is_multi_region": len(every) > 1,
        "_primary_region": settings["primary_region"],
        "_secondary_region": settings["secondary_region"] or "null",
        "_regions": "\n#           ".join(wrap(f"[{', '.join(every)}]", 100, break_on_hyphens=False)),
        "_purchases_per_minute": scale["purchases_per_minute"],
        "_dev_regions": _regions_yaml(hubs, every),
        "_dev_scale": _map_yaml(dev),
        "_staging_regions": _regions_yaml(most, every),
        "_staging_scale": _map_yaml(staging),
    }


def new_environments(project: Path, environments: Iterable[Environment]) -> tuple[NewEnvironment, ...]:
    """The environments of a project that was rendered."""
    return tuple(
        NewEnvironment(
            f"{STACKS}/{each.name}",
            len(each.regions),
            each.event_scale.purchases_per_minute,
            count_resources(project / STACKS / each.name),
        )
        for each in environments
    )


def count_resources(stack: Path) -> int:
    """The number of resources that a stack's first plan adds, every ``count`` and ``for_each`` resolved."""
    texts = {path.relative_to(stack).as_posix(): path.read_text("utf-8") for path in stack.rglob("*.tf")}
    parsed = (_parsed(path, text) for path, text in sorted(texts.items()))
    configuration = Configuration((file for file in parsed if isinstance(file, File)), texts)
    return sum(1 for _ in resource_addresses(configuration))


def _regions_yaml(regions: list[str], every: list[str]) -> str:
    """The value of ``regions`` for the spec; empty if it equals the preset's."""
    return f"[{', '.join(regions)}]" if len(regions) < len(every) else ""


def _map_yaml(figures: Mapping[str, int]) -> str:
    return "{ " + ", ".join(f"{key}: {figure}" for key, figure in figures.items()) + " }"
