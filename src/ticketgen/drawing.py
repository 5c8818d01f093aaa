"""Draw the stack of an environment: the first four stages, then a picture of the rendered files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ticketgen.findings import Checked
from ticketgen.pictures.extraction import build_picture
from ticketgen.pictures.picture import Picture
from ticketgen.pipeline import environments_of, read_project, render_environment
from ticketgen.sizing import size
from ticketgen.spec.model import Project
from ticketgen.verification.bounded_parsing import parse_and

__all__ = ["draw_project"]


def draw_project(spec: Path, name: str | None = None) -> Checked[Picture]:
    """Draw an environment. Findings are errors only.

    It keeps to the budget of a verification, because templates may be untrusted.

    Args:
        spec: its path.
        name: of the environment; None for the last protected one, or else the last of all.
    """

    def rendered(project: Project) -> Checked[Mapping[str, str]]:
        protected = [each.name for each in project.environments if each.protect]
        launched = [*(each.name for each in project.environments), *protected][-1]
        chosen = environments_of(project, [launched if name is None else name])
        return chosen.then(
            lambda environments: render_environment(project, environments[0], size(environments[0]))
        ).then(lambda patched: Checked(patched.files))

    def drawn(files: Mapping[str, str]) -> Checked[Picture]:
        return parse_and(files, build_picture, "the picture", "simplify the project's own templates")

    return read_project(spec).then(rendered).then(drawn)
