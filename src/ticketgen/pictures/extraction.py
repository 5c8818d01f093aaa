"""Builds a picture from a stack's Terraform."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ticketgen.hcl.syntax import File
from ticketgen.pictures.copies import rows
from ticketgen.pictures.lines import lines, nodes
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.security_groups import groups
from ticketgen.pictures.trails import literals
from ticketgen.pictures.view import View
from ticketgen.pictures.ways import in_columns, numbered

__all__ = ["picture"]


def picture(files: Iterable[File]) -> Picture:
    """Build the picture of a stack, in an order that depends on its text alone.

    Args:
        files: its Terraform, parsed, with paths relative to the root module.
    """
    view = View(files)
    boxes = nodes(view)
    drawn = tuple(numbered(lines(view, boxes), boxes))
    return Picture(
        project=literals(view.local("app_name")),
        environment=literals(view.default("environment_suffix")),
        regions=view.regions,
        primary=view.primary,
        hubs=_hubs(view),
        nodes=tuple(in_columns(boxes, drawn)),
        lines=drawn,
        rows=tuple(rows(view)),
        groups=tuple(groups(view, boxes)),
        counts=Counter(resource.type for resource in view.resources()),
    )


def _hubs(view: View) -> tuple[str, ...]:
    """The Regions with more modules than others, the primary first; the primary alone where all have the same."""
    modules = Counter(region for region in view.region_of_scope.values() if region)
    most, least = max(modules.values(), default=0), min(modules.values(), default=0)
    found = [name for name in view.regions if modules[name] == most > least] or [view.primary]
    return tuple(sorted(found, key=lambda name: (name != view.primary, name)))
