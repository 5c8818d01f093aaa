"""Where the templates and the presets are: beside the package in a wheel, at the top level in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["asset_folder", "changelog"]


@cache
def asset_folder(name: str) -> Path:
    """The folder of ``templates`` or ``presets``.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_assets" / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"ticketgen's own folder {name!r} is missing: reinstall ticketgen")


def changelog() -> str:
    """The text of CHANGELOG.md; nothing if the installation has none."""
    package = Path(__file__).resolve().parent
    for place in (package / "_assets" / "CHANGELOG.md", package.parents[1] / "CHANGELOG.md"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    return ""
