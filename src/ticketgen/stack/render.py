"""Stage 4, render: an environment and its sizing become the files of its stack.

Names are held against AWS's limits first, because a name that is too long is the spec's fault and not the
rendering's. Then every template of ``stack/files.py`` is rendered with the same context, and what is no template
is copied; nothing here knows what the templates say, and the templates know nothing of where they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import TemplateError

from ticketgen.assets import asset_folder
from ticketgen.findings import Checked
from ticketgen.rendering.environment import TemplateEnvironment, template_environment
from ticketgen.rendering.render import render_template
from ticketgen.sizing import Sizing
from ticketgen.spec.model import Environment, Project
from ticketgen.stack.context import module_context, stack_context
from ticketgen.stack.files import stack_files
from ticketgen.stack.names import check_names
from ticketgen.stack.overrides import OVERRIDES, override_broken

__all__ = ["render"]

HEADER = "# Rendered by ticketgen, and yours to keep: it runs without ticketgen.\n"
"""What files begin with that are copied."""


def render(environment: Environment, sizing: Sizing, project: Project) -> Checked[Mapping[str, str]]:
    """Render an environment's stack.

    Args:
        environment: one of the project's.
        sizing: of that environment.
        project: says where the environment was written, for findings.

    Returns:
        The text of each file by its path below the stack's folder; no value when a name does not fit.
    """
    findings = tuple(check_names(project, environment))
    if findings:
        return Checked(None, findings)
    context = stack_context(environment, sizing)
    overrides = _overrides(project)
    files = {}
    for file in stack_files(environment):
        folder, _, template = file.template.partition("/")
        try:
            if template.endswith(".j2"):
                own = module_context(file.module, environment, sizing)
                environment_of = _templates(folder) if overrides is None else _overridden(folder, overrides)
                files[file.path] = render_template(environment_of, template, context | own)
            else:
                files[file.path] = HEADER + _source(file.template, overrides).read_text(encoding="utf-8")
        except (TemplateError, TypeError, ValueError, OSError) as error:
            blamed = overrides and override_broken(error, file.template, overrides)
            if not blamed:
                raise  # a template of ours
            return Checked(None, (blamed,))
    return Checked(files)


@cache
def _templates(folder: str) -> TemplateEnvironment:
    return template_environment(asset_folder("templates") / folder)


def _overridden(folder: str, overrides: Path) -> TemplateEnvironment:
    return template_environment(overrides / folder, asset_folder("templates") / folder)


def _overrides(project: Project) -> Path | None:
    """The project's own templates, if it has any."""
    folder = Path(project.folder) / OVERRIDES if project.folder is not None else None
    return folder if folder and folder.is_dir() else None


def _source(template: str, overrides: Path | None) -> Path:
    own = overrides / template if overrides else None
    return own if own and own.is_file() else asset_folder("templates") / template
