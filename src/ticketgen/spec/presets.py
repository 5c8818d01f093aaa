"""Presets: starting points that a spec extends.

Each is a file whose first comment states its purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ticketgen.assets import asset_folder

__all__ = ["Preset", "presets"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset.

    Attributes:
        name: the value of ``extends:`` in a spec.
        summary: the first comment of the file, as one line.
        path: the path of the file.
    """

    name: str
    summary: str
    path: Path


def presets(folder: Path | None = None) -> Mapping[str, Preset]:
    """Find all presets by name, in order; ``folder`` is ticketgen's own if None."""
    paths = sorted((folder or asset_folder("presets")).glob("*.yaml"))
    return {path.stem: Preset(path.stem, _summary(path), path) for path in paths}


def _summary(path: Path) -> str:
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)
