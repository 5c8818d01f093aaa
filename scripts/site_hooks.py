"""MkDocs hooks: pages from outside ``docs``, and every rule in the navigation.

Links in the documents are written for the repository: ``../CHANGELOG.md`` from ``docs``, ``docs/spec.md`` from the
root. These hooks turn the root's documents into pages, README.md first, and each linked folder into a page that lists
its files, and rewrite the links. MkDocs then checks all of them. A page that would load anything from another host is
an error.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COPIED = {"README.md": "index.md", "CHANGELOG.md": "CHANGELOG.md", "CONTRIBUTING.md": "CONTRIBUTING.md",
          "SECURITY.md": "SECURITY.md", "LICENSE": "LICENSE.txt"}  # fmt: skip
LOADED = re.compile(
    r"<(?:script|img|iframe|source)[^>]* src=[\"']?(?:https?:)?//"
    r"|<link(?![^>]*rel=\"canonical\")[^>]* href=[\"']?(?:https?:)?//"
)
LINK = re.compile(r"(?<=\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")


def on_config(config: Any) -> Any:
    """Put every rule into the navigation."""
    config.nav = _filled(config.nav)
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the root's documents, and a page for each folder that a document links to."""
    for name, page in COPIED.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text("utf-8")))
    for document in sorted(DOCS.rglob("*.md")):
        for target, _ in LINK.findall(document.read_text("utf-8")):
            folder = (document.parent / target).resolve()
            if folder.is_dir() and files.get_file_from_path(_page(folder)) is None:
                files.append(File.generated(config, _page(folder), content=_contents(folder)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page to their targets in the site."""
    source = page.file.src_uri
    folder = ROOT if source in COPIED.values() else (DOCS / source).parent

    def moved(found: re.Match[str]) -> str:
        target, rest = found.groups()
        place = (folder / target).resolve()
        if not place.is_relative_to(ROOT):
            return found.group(0)
        return posixpath.relpath(_page(place), posixpath.dirname(source) or ".") + rest

    return LINK.sub(moved, markdown)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Refuse a page that loads a resource from another host."""
    if found := LOADED.search(output):
        raise PluginError(f"{page.file.src_uri} loads something from another host: {found.group(0)}")
    return output


def _page(place: Path) -> str:
    """The name in the site of a document, an image or a folder of the repository."""
    if place.is_relative_to(DOCS):
        return place.relative_to(DOCS).as_posix()
    name = place.relative_to(ROOT).as_posix()
    return f"{name}.md" if place.is_dir() else COPIED.get(name, name)


def _contents(folder: Path) -> str:
    lines = [f"# {folder.relative_to(ROOT).as_posix()}"]
    for file in sorted(place for place in folder.rglob("*") if place.is_file()):
        kind = {".tf": "terraform", ".py": "python"}.get(file.suffix, "text")
        text = file.read_text("utf-8").rstrip("\n")
        lines += [f"## {file.relative_to(folder).as_posix()}", f"~~~~ {kind}\n{text}\n~~~~"]
    return "\n\n".join(lines) + "\n"


def _filled(entries: list[Any]) -> list[Any]:
    filled: list[Any] = []
    for entry in entries:
        if isinstance(entry, dict):
            ((title, inside),) = entry.items()
            filled.append({title: _filled(inside) if isinstance(inside, list) else inside})
        elif entry.endswith("/*"):
            places = sorted((DOCS / entry).parent.glob("*.md"))
            filled += [place.relative_to(DOCS).as_posix() for place in places if place.name != "README.md"]
        else:
            filled.append(entry)
    return filled
