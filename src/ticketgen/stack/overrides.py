"""A project's own templates, which override ticketgen's."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from jinja2 import TemplateSyntaxError

from ticketgen.findings import Finding, Location, Stage

__all__ = ["OVERRIDES", "override_broken"]

OVERRIDES: Final = "templates"
"""The folder beside the spec, with the same layout as ticketgen's own templates."""


def override_broken(error: Exception, template: str, folder: Path) -> Finding | None:
    """The finding for a template that fails to render, or None if no override is to blame.

    Args:
        error: the exception that rendering raised.
        template: the rendered template, which may include others: ``stack/tables.tf.j2``.
        folder: the folder of the project's own templates.
    """
    places = [(frame.filename, frame.lineno or 1) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, TemplateSyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    ours = [(name, line) for name, line in places if Path(name).is_relative_to(folder)]
    if not ours and not (folder / template).is_file():
        return None
    name, line = ours[-1] if ours else (str(folder / template), 1)
    return Finding(
        "override-broken",
        f"the template cannot be rendered: {error}",
        Stage.RENDER,
        Location(name, line),
        help="fix it, or delete it to go back to ticketgen's own; `ticketgen eject --diff` shows the difference",
    )
