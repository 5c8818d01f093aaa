"""Create a project from a template, and render it; on an error, leave nothing behind.

The project is created in a temporary folder, and moved to its final folder when its stacks are rendered. A
template's code runs only with consent; its texts are rendered in a sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ticketgen.assets import asset_folder
from ticketgen.drawing import draw_project
from ticketgen.findings import Checked, Finding, Severity, has_errors
from ticketgen.findings.merging import UPGRADE_WORKFLOW
from ticketgen.findings.projects import (
    INSTALL_SOURCE,
    LEFT_BEHIND,
    TEMPLATE_BROKEN,
    TEMPLATE_UNTRUSTED,
    TEMPLATE_WITHOUT_SPEC,
    WORKFLOW_OUT_OF_REACH,
)
from ticketgen.findings.stacks import CANNOT_WRITE
from ticketgen.pictures.svg import svg
from ticketgen.pipeline import read_project, render_project
from ticketgen.progress import ProgressCallback, no_progress
from ticketgen.project.bases import Answers
from ticketgen.project.destination import git_root, invalid_name, move_into_place, name_of, unusable_folder
from ticketgen.project.fetch import fetch
from ticketgen.project.generate import Renderer
from ticketgen.project.hooks import add_import_path, run_hook, run_pre_prompt_hooks, write_new
from ticketgen.project.new_environments import NewEnvironment, new_environments
from ticketgen.project.owned_files import SCHEMA, WORKFLOW, first_record, private_answers, schema_text
from ticketgen.project.questions import Question, answer_questions, answer_with_default
from ticketgen.project.scratch import stale_folders, with_temporary_folder
from ticketgen.project.source import REQUIREMENTS, InstallSource, SourceError, read_source
from ticketgen.project.template import ProjectTemplate, TemplateText, UnusableTemplate, read_template
from ticketgen.spec.file_names import SPEC_NAMES
from ticketgen.tree import recover_interrupted

__all__ = ["SPEC", "NewProject", "new_project", "trust_all", "trust_none"]

SPEC = SPEC_NAMES[0]
_PICTURE = "stack.svg"


@dataclass(frozen=True, slots=True)
class NewProject:
    """A new project.

    Attributes:
        folder: its folder, as given.
        files: its files, relative to the folder; files that were in the folder before are not listed.
        environments: in the order of the spec.
        repository: the top-level folder of the git repository that contains it; None if there is none.
    """

    folder: Path
    files: tuple[str, ...]
    environments: tuple[NewEnvironment, ...]
    repository: Path | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    """The validated arguments of `new_project`."""

    folder: Path
    given: Mapping[str, str]
    template: str | None
    checkout: str | None
    source: InstallSource
    base: Path
    ask: Callable[[Question], str]
    trust: Callable[[tuple[str, ...]], bool]
    upgrade_workflow: bool
    progress: ProgressCallback


def trust_none(code: tuple[str, ...]) -> bool:
    """Trust no template that has code."""
    return not code


def trust_all(code: tuple[str, ...]) -> bool:
    """Trust every template."""
    return True


def new_project(
    folder: Path,
    given: Mapping[str, str],
    *,
    template: str | None = None,
    checkout: str | None = None,
    install_from: str | None = None,
    base: Path = Path(),
    ask: Callable[[Question], str] = answer_with_default,
    trust: Callable[[tuple[str, ...]], bool] = trust_none,
    upgrade_workflow: bool = False,
    progress: ProgressCallback = no_progress,
) -> Checked[NewProject]:
    """Create a project.

    Args:
        folder: the project's folder: new, empty, or with only the files of a new repository. Its name is the project's
            name unless ``given`` has one.
        given: the answers by variable of the template.
        template: a cookiecutter template's folder, archive or repository; ticketgen's own if None.
        checkout: the branch, tag or commit of the template's repository.
        install_from: the source that the project installs ticketgen from; None packs the running ticketgen.
        base: the folder for relative paths of template and source.
        ask: called for each variable that was not given.
        trust: called with the code of the template; returns whether to run it.
        upgrade_workflow: whether a scheduled workflow looks for newer versions.
        progress: called with each step.
    """
    name = given.get("project", name_of(folder))
    interrupted = recover_interrupted(folder) if folder.is_dir() else ()
    if has_errors(interrupted):
        return Checked(None, interrupted)
    wrong = unusable_folder(folder) or invalid_name(name)
    if wrong:
        return Checked(None, (wrong,))
    try:
        source = read_source(install_from, base)
    except SourceError as error:
        return Checked(None, (INSTALL_SOURCE.found(error.message, error.help),))
    answers = {"project": name, **given}
    request = _Request(
        folder, answers, template, checkout, source, base, ask, trust, upgrade_workflow, progress
    )
    above = folder if folder.exists() else folder.absolute().parent
    notes = tuple(_stale_folder_warning(place) for place in stale_folders(above))
    try:
        result = with_temporary_folder(
            above, lambda beside: _make_and_move(beside, request), keep=folder.exists
        )
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        message = f"nothing was created: {error.strerror}{where}"
        result = Checked(
            None, (CANNOT_WRITE.found(message, "fix the folder's permissions or free some space"),)
        )
    return replace(result, findings=(*notes, *result.findings))


def _moved(finding: Finding, before: Path, after: Path) -> Finding:
    """A finding about a file of the project, after the project was moved."""
    at = finding.location
    if at is None or not Path(at.file).is_relative_to(before):
        return finding
    place = after / Path(at.file).relative_to(before)
    return replace(finding, location=replace(at, file=str(place)))


def _stale_folder_warning(place: Path) -> Finding:
    return LEFT_BEHIND.found(f"{place} is left over from a `ticketgen new` that was killed")


def _make_and_move(beside: Path, request: _Request) -> Checked[NewProject]:
    """Create the project in a temporary folder on the same file system, and move it into place once it is complete."""
    folder = request.folder
    result = _make(beside, request)
    if result.value is None:
        return result
    wrong = unusable_folder(folder)  # another process may have created it meanwhile
    if wrong:
        return Checked(None, (wrong,))
    notes = move_into_place(beside / "project", folder)
    if has_errors(notes):
        return Checked(None, notes)
    repository = git_root(folder)
    moved = tuple(_moved(each, beside / "project", folder) for each in result.findings)
    return Checked(
        replace(result.value, repository=repository),
        (*moved, *notes, *_workflow_warning(folder, repository, result.value.files)),
    )


def _workflow_warning(folder: Path, repository: Path | None, files: tuple[str, ...]) -> tuple[Finding, ...]:
    """A warning if the repository's CI does not see the project's workflow."""
    if repository is None or repository.resolve() == folder.resolve():
        return ()
    workflows = [file for file in files if file.startswith((".github/", ".gitlab"))]
    if not workflows:
        return ()
    message = f"{', '.join(workflows)}: CI reads such files only at the top of {repository}"
    return (
        WORKFLOW_OUT_OF_REACH.found(
            message,
            f"move them there and run their steps in {folder.resolve().relative_to(repository.resolve())}, "
            "or give the project a repository of its own",
        ),
    )


def _make(beside: Path, request: _Request) -> Checked[NewProject]:
    """Create the project as ``beside/project``."""
    place = beside / "project"
    try:
        template = _template(request, beside)
        code = template.code()
        if request.template is not None and code and not request.trust(code):
            return Checked(None, (_untrusted(request.template, code),))
        template = run_pre_prompt_hooks(template, beside)
        add_import_path(template, beside)
        renderer = Renderer(template)
        answers = answer_questions(
            template, renderer, request.given, request.ask, request.source, _private_answers(request)
        )
        if isinstance(answers, Finding):
            return Checked(None, (answers,))
        request.progress("Creating the project")
        generated = renderer.project(answers)
        place.mkdir()
        run_hook(template, "pre_gen_project", answers, place, beside)
        write_new(place, generated)
        run_hook(template, "post_gen_project", answers, place, beside)
    except UnusableTemplate as error:
        named = request.template or "of ticketgen"
        message = f"the template {named} cannot be used: {error.message}"
        return Checked(None, (TEMPLATE_BROKEN.found(message, error.help),))
    return _finish(place, replace(request, given={key: str(text) for key, text in answers.items()}))


def _finish(place: Path, request: _Request) -> Checked[NewProject]:
    """Add the files that every project has, and render the stacks."""
    if not _exists(place, SPEC):
        return Checked(
            None,
            (
                TEMPLATE_WITHOUT_SPEC.found(
                    f"the template creates no {SPEC} at the top", "add one: the stacks are rendered from it"
                ),
            ),
        )
    installed_from = {} if _exists(place, REQUIREMENTS) else request.source.files
    needed = {SCHEMA: schema_text(), **installed_from}
    added = {name: TemplateText(content) for name, content in needed.items() if not _exists(place, name)}
    write_new(place, added)
    answers = None if request.template is not None else _recorded_answers(request)
    write_new(place, first_record(place, request.source, answers, added))
    rendered = render_project(place / SPEC, progress=request.progress)
    project = read_project(place / SPEC)
    if rendered.value is None or project.value is None or has_errors(rendered.findings):
        return Checked(None, rendered.findings)
    drawn = draw_project(place / SPEC)
    if drawn.value is not None and not _exists(place, _PICTURE):
        write_new(place, {_PICTURE: TemplateText(svg(drawn.value).encode())})
    every = (each.relative_to(place) for each in place.rglob("*") if each.is_file())
    # A hook may create a repository.
    files = sorted(each.as_posix() for each in every if each.parts[0] != ".git")
    environments = new_environments(place, project.value.environments)
    notes: tuple[Finding, ...] = ()
    if request.upgrade_workflow and not _exists(place, WORKFLOW):
        message = "no upgrade workflow is written: it exists only for ticketgen's own template with GitHub"
        notes = (UPGRADE_WORKFLOW.found(message, severity=Severity.WARNING),)
    return Checked(NewProject(request.folder, tuple(files), environments), (*rendered.findings, *notes))


def _private_answers(request: _Request) -> Callable[[str], Mapping[str, object]] | None:
    if request.template is not None:
        return None
    wanted = request.upgrade_workflow
    return lambda preset: private_answers(preset, request.source.kind, upgrade_workflow=wanted)


def _recorded_answers(request: _Request) -> Answers:
    given = request.given
    return Answers(given["project"], given["preset"], given["ci"], request.upgrade_workflow)


def _exists(place: Path, name: str) -> bool:
    return os.path.lexists(place / name)


def _template(request: _Request, beside: Path) -> ProjectTemplate:
    if request.template is None:
        return read_template(asset_folder("templates") / "project")
    return fetch(request.template, request.checkout, beside / "fetched", request.base)


def _untrusted(template: str, code: tuple[str, ...]) -> Finding:
    return TEMPLATE_UNTRUSTED.found(f"the template {template} runs code with your rights: {', '.join(code)}")
