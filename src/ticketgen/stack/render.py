"""Stage 4, render: make the files of a stack from its environment and sizing.

Names are checked against AWS's limits first, because a name that is too long is an error in the spec, not in the
templates. Then every template of ``stack/files.py`` is rendered with the same context, and other files are copied.
Nothing here depends on the content of the templates, and the templates do not know where they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ticketgen.findings import Checked
from ticketgen.rendering.plain_data import Data, to_plain
from ticketgen.rendering.render_file import render_template
from ticketgen.sizing import Sizing
from ticketgen.spec.model import Environment, Project
from ticketgen.stack.context import file_context, stack_context
from ticketgen.stack.files import stack_files
from ticketgen.stack.names import check_names
from ticketgen.stack.overrides import Templates

__all__ = ["render"]

_HEADER = "# Rendered by ticketgen, and yours to keep: it runs without ticketgen.\n"
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
    shared = to_plain(stack_context(environment, sizing))
    templates = Templates(None if project.folder is None else Path(project.folder))
    files = {}
    contexts: dict[str, Data] = {}  # of each root module and of each module
    for file in stack_files(environment):
        folder, _, template = file.template.partition("/")
        templates.reset_used()
        try:
            if template.endswith(".j2"):
                part = file.root.path if file.root else file.module
                if part not in contexts:
                    own = to_plain(file_context(file, environment, sizing))
                    contexts[part] = Data([*shared.items(), *own.items()])
                context = contexts[part]
                if file.function:
                    context = Data([*context.items(), ("function", shared["functions"][file.function])])
                files[file.path] = render_template(templates.environment(folder), template, context)
            else:
                files[file.path] = _HEADER + templates.text(file.template)
        except Exception as error:  # a project's template can raise anything
            finding = templates.explain_error(error, file.template)
            if not finding:
                raise  # a bug in our additional template
            return Checked(None, (finding,))
    return Checked(files)
