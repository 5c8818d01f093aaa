"""Find templates, presets and documents.

They are beside the package in a wheel, and at the top level in a checkout.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["asset_folder", "changelog", "document_text", "documents"]


@cache
def asset_folder(name: str) -> Path:
    """The folder of ``templates``, ``presets`` or ``docs``.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_assets" / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"ticketgen's own folder {name!r} is missing: reinstall ticketgen")


def changelog() -> str:
    """The text of CHANGELOG.md; "" if the installation has none."""
    package = Path(__file__).resolve().parent
    for place in (package / "_assets" / "CHANGELOG.md", package.parents[1] / "CHANGELOG.md"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    return ""


def documents() -> tuple[str, ...]:
    """The documentation's pages: top-level pages and the rules' index, as relative paths."""
    folder = asset_folder("docs")
    pages = [
        path.name for path in sorted(folder.glob("*.md")) if path.stem.casefold() not in {"index", "readme"}
    ]
    return (*pages, "rules/README.md") if (folder / "rules" / "README.md").is_file() else tuple(pages)


def document_text(name: str) -> str:
    """The text of a page."""
    return (asset_folder("docs") / name).read_text(encoding="utf-8")
