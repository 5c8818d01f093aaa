"""Rendering one file: the template with its data, tidied as a careful engineer would leave it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from jinja2 import Environment

from ticketgen.rendering.align import align
from ticketgen.rendering.scan import scan

__all__ = ["render_template", "tidy"]

_EMPTY_LINES = {".py": 2}  # the most between two lines of a file of that kind; one elsewhere


def render_template(environment: Environment, name: str, context: Mapping[str, object]) -> str:
    """Render a template, ``tables.tf.j2``, as the file that its name promises, ``tables.tf``.

    Raises:
        jinja2.TemplateError: the template is wrong, or names what the context lacks.
        TypeError: a value reaches the output unquoted, or a filter cannot take its type.
        ValueError: a filter cannot carry a value unchanged.
    """
    text = environment.get_template(name).render(context)
    return tidy(text, PurePosixPath(name.removesuffix(".j2")).suffix)


def tidy(text: str, suffix: str) -> str:
    """No blanks at ends of lines, no run of empty lines, one newline at the end; ``=`` aligned in a ``.tf``.

    A heredoc's own lines stay as they are.

    Args:
        text: what a template rendered.
        suffix: of the file it is for, ``.tf``.
    """
    limit = _EMPTY_LINES.get(suffix, 1) + 1
    heredocs = scan(text).heredocs if suffix == ".tf" and "<<" in text else ()
    pieces = []
    place = 0
    for start, end in (*heredocs, (len(text), len(text))):
        piece = re.sub(r"[ \t]+(?=\n|\Z)", "", text[place:start])
        pieces += [re.sub(rf"\n{{{limit + 1},}}", "\n" * limit, piece), text[start:end]]
        place = end
    tidied = "".join(pieces).strip("\n") + "\n"
    return align(tidied) if suffix == ".tf" else tidied
