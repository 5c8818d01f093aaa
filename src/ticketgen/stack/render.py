"""Stage 4, render: turn an environment and its sizing into the files of its stack.

Names are checked against AWS's limits first, because a name that is too long is an error in the spec, not in the
templates. Then every template of ``stack/files.py`` is rendered with the same context, and other files are copied.
Nothing here depends on the content of the templates, and the templates do not know where they are written.
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
"""First line of every copied file."""


def render(environment: Environment, sizing: Sizing, project: Project) -> Checked[Mapping[str, str]]:
    """Render an environment's stack.

    Args:
        environment: one of the project's environments.
        sizing: the sizing of that environment.
        project: the spec's line numbers, for findings, and its folder, for template overrides.

    Returns:
        The text of each file by its path below the stack's folder; no value if a name is too long.
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
                raise  # a bug in our own template
            return Checked(None, (blamed,))
    return Checked(files)


@cache
def _templates(folder: str) -> TemplateEnvironment:
    return template_environment(asset_folder("templates") / folder)


def _overridden(folder: str, overrides: Path) -> TemplateEnvironment:
    return template_environment(overrides / folder, asset_folder("templates") / folder)


def _overrides(project: Project) -> Path | None:
    """The folder of the project's own templates, if it exists."""
    folder = Path(project.folder) / OVERRIDES if project.folder is not None else None
    return folder if folder and folder.is_dir() else None


def _source(template: str, overrides: Path | None) -> Path:
    own = overrides / template if overrides else None
    return own if own and own.is_file() else asset_folder("templates") / template
