"""Build a picture from a stack's Terraform."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ticketgen.hcl.budget import Budget
from ticketgen.hcl.syntax import File
from ticketgen.pictures.lines import find_lines, find_nodes
from ticketgen.pictures.picture import Picture
from ticketgen.pictures.replicas import resource_rows
from ticketgen.pictures.security_groups import security_groups
from ticketgen.pictures.stack_paths import assign_columns, number_steps
from ticketgen.pictures.trails import literal_text
from ticketgen.pictures.view import View

__all__ = ["build_picture"]


def build_picture(files: Iterable[File], budget: Budget | None = None) -> Picture:
    """Build the picture of a stack; the same Terraform gives the same order.

    Args:
        files: the parsed Terraform of the stack, with paths relative to the stack's folder.
        budget: the work that it may take; a default one if None.

    Raises:
        LimitExceeded: the references lead to resources in too many ways.
    """
    view = View(files, budget)
    boxes = find_nodes(view)
    lines = tuple(number_steps(find_lines(view, boxes), boxes))
    return Picture(
        project=literal_text(view.local("app_name")),
        environment=literal_text(view.default("environment_suffix")),
        regions=view.regions,
        primary=view.primary,
        hubs=_hub_regions(view),
        nodes=tuple(assign_columns(boxes, lines)),
        lines=lines,
        rows=tuple(resource_rows(view)),
        groups=tuple(security_groups(view, boxes)),
        counts=Counter(resource.type for resource in view.resources()),
    )


def _hub_regions(view: View) -> tuple[str, ...]:
    """The Regions with more modules than others, primary first; or else the primary."""
    modules = Counter(region for scope, region in view.region_of_scope.items() if region and scope.call)
    maximum, minimum = max(modules.values(), default=0), min(modules.values(), default=0)
    found = [name for name in view.regions if modules[name] == maximum > minimum] or [view.primary]
    return tuple(sorted(found, key=lambda name: (name != view.primary, name)))
