"""Run the code of a template: hooks and extensions, with all rights of the user, after consent."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from ticketgen.atomic_write import create_file
from ticketgen.project.generate import Renderer
from ticketgen.project.processes import run
from ticketgen.project.template import ProjectTemplate, TemplateText, UnusableTemplate, read_template

__all__ = ["add_import_path", "run_hook", "run_pre_prompt_hooks", "write_new"]

_EXECUTABLE_MODE: Final = 0o700


def write_new(folder: Path, files: Mapping[str, TemplateText]) -> None:
    """Write files into a private folder, which nothing else writes to; none of them may exist."""
    for path, file in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        create_file(place, file.content, mode=0o777 if file.executable else 0o666)


def run_pre_prompt_hooks(template: ProjectTemplate, beside: Path) -> ProjectTemplate:
    """Run the ``pre_prompt`` hooks on a temporary copy of the template, and return the changed template.

    Raises:
        UnusableTemplate: a hook fails, or what it leaves is not a template.
    """
    scripts = template.hooks("pre_prompt")
    if not scripts:
        return template
    copy = beside / "template"
    write_new(copy, template.files)
    for path in scripts:
        _run(path, copy / path, copy)
    return read_template(copy)


def add_import_path(template: ProjectTemplate, beside: Path) -> None:
    """Let Python find the modules of the template's own extensions."""
    own = {path: file for path, file in template.files.items() if path.startswith("local_extensions")}
    if own and template.extensions():
        write_new(beside / "extensions", own)
        sys.path.insert(0, str(beside / "extensions"))


def run_hook(
    template: ProjectTemplate, name: str, answers: Mapping[str, object], project: Path, beside: Path
) -> None:
    """Render the scripts of a hook and run each in the project's folder.

    Raises:
        UnusableTemplate: a script cannot be rendered, or fails.
    """
    renderer = Renderer(template)
    for path, file in template.hooks(name).items():
        try:
            text = file.content.decode()
        except UnicodeDecodeError:
            raise UnusableTemplate(f"{path!r} is not UTF-8", "correct the hook") from None
        script = beside / name / PurePosixPath(path).name
        write_new(
            beside / name,
            {script.name: TemplateText(renderer.text(path, text, answers).encode(), executable=True)},
        )
        _run(path, script, project)


def _run(path: str, script: Path, folder: Path) -> None:
    script.chmod(_EXECUTABLE_MODE)
    command = [sys.executable, str(script)] if script.suffix == ".py" else [str(script)]
    try:
        code, _ = run(command, folder)
    except OSError as error:
        raise UnusableTemplate(
            f"the hook {path} cannot be run: {error.strerror}", "correct the hook"
        ) from None
    if code:
        raise UnusableTemplate(f"the hook {path} ended with exit code {code}", "correct the hook")
