"""Projects and versions of ticketgen for the tests of three-way merges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ticketgen.findings import Checked
from ticketgen.project import bases, merge, merge_plan, template_merge
from ticketgen.project.bases import Answers, InstallKind, ProjectRecord, record_files

__all__ = ["FIRST", "be_version", "make_project", "write_texts"]

FIRST = "0.0.1"
"""The version that made the project, older than the running one."""
_ANSWERS = Answers("my-shop", "small-venue", "github")


def write_texts(root: Path, texts: Mapping[str, bytes]) -> None:
    """Write files into a folder."""
    for path, content in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def make_project(
    root: Path, texts: Mapping[str, str], entries: Mapping[str, bases.BaseEntry] | None = None
) -> None:
    """Write files as `new` of the first version did, with their bases; without stacks."""
    content = {path: text.encode() for path, text in texts.items()}
    record = ProjectRecord(FIRST, InstallKind.WHEEL, _ANSWERS, entries or {})
    write_texts(root, {**content, **record_files(record, content)})


def be_version(
    patch: pytest.MonkeyPatch,
    version: str,
    texts: Mapping[str, str],
    templates: Mapping[str, str] | None = None,
) -> None:
    """Behave as another version, whose `new` writes these texts, and which has these templates."""
    content = {path: text.encode() for path, text in texts.items()}
    for module in (merge, merge_plan, template_merge):
        patch.setattr(module, "VERSION", version)
    patch.setattr(merge, "current_texts", lambda record: Checked(content))
    if templates is not None:
        patch.setattr(template_merge, "ejectable_templates", lambda: tuple(templates))
        patch.setattr(template_merge, "own_template", lambda name: templates[name].encode())
