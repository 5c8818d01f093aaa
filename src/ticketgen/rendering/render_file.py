"""Render one file from its template and data, in a clean layout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from ticketgen.hcl_tokens import heredoc_bodies
from ticketgen.rendering.budget import LAYOUT
from ticketgen.rendering.formatter import formatted
from ticketgen.rendering.jinja_environment import TemplateEnvironment
from ticketgen.rendering.plain_data import to_plain

__all__ = ["normalize_layout", "render_template"]

_MAX_EMPTY_LINES = {".py": 2}  # the maximum in a row by file suffix; 1 for any other suffix

_HCL = frozenset({".tf", ".hcl"})

_TRAILING = re.compile(r"(?<![ \t])[ \t]++(?=\n|\Z)")  # possessive: each run is read once, however long it is


def render_template(environment: TemplateEnvironment, name: str, context: Mapping[str, object]) -> str:
    """Render a template such as ``tables.tf.j2`` as the file ``tables.tf``.

    Args:
        environment: the environment, whose budget pays for it.
        name: of the template.
        context: values that `to_plain` accepts; `Data` is not converted again.

    Raises:
        jinja2.TemplateError: the template is invalid, or uses a name that the context lacks.
        TypeError: a value is unquoted in the output, or a filter does not support its type.
        ValueError: a filter cannot express a value without a change.
    """
    data = to_plain(context)
    text = environment.get_template(name).render(data)
    suffix = PurePosixPath(name.removesuffix(".j2")).suffix
    if suffix in _HCL:
        environment.budget.spend(LAYOUT * len(text))
    return normalize_layout(text, suffix)


def normalize_layout(text: str, suffix: str) -> str:
    """Remove superfluous blanks and lines, and format a ``.tf`` or ``.hcl`` file as Terraform does.

    The text ends with one newline. The lines of a heredoc stay unchanged.

    Args:
        text: a rendered template.
        suffix: the suffix of the file, such as ``.tf``.
    """
    limit = _MAX_EMPTY_LINES.get(suffix, 1) + 1
    heredocs = heredoc_bodies(text) if suffix in _HCL and "<<" in text else ()
    pieces = []
    place = 0
    for start, end in (*heredocs, (len(text), len(text))):
        piece = _TRAILING.sub("", text[place:start])
        pieces += [re.sub(rf"\n{{{limit + 1},}}", "\n" * limit, piece), text[start:end]]
        place = end
    tidied = "".join(pieces).strip("\n") + "\n"
    return _laid_out_as_terraform_does(tidied) if suffix in _HCL else tidied


@lru_cache(maxsize=512)
def _laid_out_as_terraform_does(text: str) -> str:
    """`formatted`, once for each text: environments and Regions share most of their modules.

    A stack of twelve Regions has about 180 files of HCL, of 8 KB each.
    """
    return formatted(text)
