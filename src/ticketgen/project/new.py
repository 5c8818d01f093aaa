"""A new project from a template: cookiecutter underneath, then a first render; all of it, or nothing is left.

The project is made in a folder beside the one it is to be, and moved there when its stacks are rendered.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ticketgen.assets import asset_folder
from ticketgen.findings import Checked, Finding, Stage, has_errors
from ticketgen.pictures.svg import svg
from ticketgen.pipeline import draw_project, quiet, render_project
from ticketgen.spec.presets import presets
from ticketgen.spec.schema import json_schema
from ticketgen.spec.texts import ProjectName, nearest
from ticketgen.tree import Changes
from ticketgen.version import VERSION

__all__ = ["SPEC", "NewProject", "Question", "defaults", "new_project"]

SPEC = "ticketgen.yaml"
SCHEMA = "ticketgen.schema.json"
PICTURE = "stack.svg"


@dataclass(frozen=True, slots=True)
class Question:
    """What a template wants to know.

    Attributes:
        key: the variable's name in the template.
        text: the question.
        default: what is taken if nobody answers.
        choices: the only answers; any text if empty.
    """

    key: str
    text: str
    default: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that was made: where, its files relative to there, and its first render."""

    folder: Path
    files: tuple[str, ...]
    changes: Changes


def defaults(question: Question) -> str:
    """Answers every question with its default."""
    return question.default


def new_project(
    folder: Path,
    given: Mapping[str, str],
    *,
    template: str | None = None,
    checkout: str | None = None,
    ask: Callable[[Question], str] = defaults,
    progress: Callable[[str], None] = quiet,
) -> Checked[NewProject]:
    """Make a project.

    Args:
        folder: where; it does not exist, or is empty. Its name is the project's, unless that is given.
        given: answers by the template's variable.
        template: a cookiecutter template's folder, archive or repository; ticketgen's own if None.
        checkout: the branch, tag or commit of the template's repository.
        ask: is asked for what was not given.
        progress: is told what is being done.
    """
    refused = _refused(folder) or _misnamed(given.get("project", folder.name))
    if refused:
        return Checked(None, (refused,))
    parents = [each for each in folder.absolute().parents if not each.exists()]
    try:
        made = _beside(folder, given, template, checkout, ask, progress)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        message = f"nothing was made: {error.strerror}{where}"
        made = Checked(
            None, (_finding("cannot-write", message, "mend the folder's permissions or make room"),)
        )
    finally:
        if not folder.exists():
            for parent in parents:
                with contextlib.suppress(OSError):
                    parent.rmdir()
    return made


def _beside(
    folder: Path,
    given: Mapping[str, str],
    template: str | None,
    checkout: str | None,
    ask: Callable[[Question], str],
    progress: Callable[[str], None],
) -> Checked[NewProject]:
    """Make the project in a folder that goes away again, and move it to its own place when it is whole."""
    above = folder.absolute().parent
    above.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ticketgen-new-", dir=above) as beside:
        made = _made(Path(beside), folder, given, template, checkout, ask, progress)
        if made.value is None:
            return made
        refused = _refused(folder)  # somebody may have been faster
        if refused:
            return Checked(None, (refused,))
        os.rename(Path(beside) / "project", folder)  # noqa: PTH104 - over an empty folder, too
    return made


def _made(
    beside: Path,
    folder: Path,
    given: Mapping[str, str],
    template: str | None,
    checkout: str | None,
    ask: Callable[[Question], str],
    progress: Callable[[str], None],
) -> Checked[NewProject]:
    """Make the project as ``beside/project``."""
    from cookiecutter.exceptions import CookiecutterException
    from jinja2 import TemplateError

    answered = {"project": folder.name, "ticketgen": VERSION, **given}
    try:
        source = _source(template, checkout, beside)
        answers = _answers(source, answered, template is None, ask)
        if isinstance(answers, Finding):
            return Checked(None, (answers,))
        progress("Making the project")
        generated = _generated(source, answers, beside / "made")
    except (CookiecutterException, TemplateError, ValueError) as error:
        return Checked(None, (_template_broken(template, error),))
    place = beside / "project"
    generated.rename(place)
    if not (place / SPEC).is_file():
        return Checked(None, (_finding("template-without-spec", f"the template makes no {SPEC} at the top",
                                       "add one to it: the stacks are rendered from there"),))  # fmt: skip
    if not (place / SCHEMA).exists():
        schema = json.dumps(json_schema(), indent=2, ensure_ascii=False)
        (place / SCHEMA).write_text(schema + "\n", encoding="utf-8")
    rendered = render_project(place / SPEC, progress=progress)
    if rendered.value is None or has_errors(rendered.findings):
        return Checked(None, rendered.findings)
    drawn = draw_project(place / SPEC)
    if drawn.value is not None and not (place / PICTURE).exists():
        (place / PICTURE).write_text(svg(drawn.value), encoding="utf-8", newline="\n")
    files = sorted(each.relative_to(place).as_posix() for each in place.rglob("*") if each.is_file())
    return Checked(NewProject(folder, tuple(files), rendered.value), rendered.findings)


def _finding(rule: str, message: str, help_text: str) -> Finding:
    return Finding(rule, message, Stage.WRITE, help=help_text)


def _refused(folder: Path) -> Finding | None:
    """Why nothing can be made there."""
    if not folder.is_symlink() and not folder.exists():
        return None
    if folder.is_symlink() or not folder.is_dir():
        return _finding("folder-not-empty", f"{folder} is there already, and no folder", "name another one")
    if any(folder.iterdir()):
        return _finding("folder-not-empty", f"{folder} is not empty", "name a new folder, or an empty one")
    return None


def _misnamed(name: str) -> Finding | None:
    try:
        TypeAdapter(ProjectName).validate_python(name)
    except ValidationError as error:
        way_out = error.errors()[0].get("ctx", {}).get("help", "")
        return _finding(
            "project-name", f"{name!r} is not a project's name", f"{way_out}; or set it with --name"
        )
    return None


def _source(template: str | None, checkout: str | None, beside: Path) -> Path:
    """The template's folder; what is not on this machine is fetched into one that goes with the project's."""
    if template is None:
        return asset_folder("templates") / "project"
    from cookiecutter.config import BUILTIN_ABBREVIATIONS
    from cookiecutter.repository import determine_repo_dir

    fetched = beside / "fetched"
    fetched.mkdir()
    found, _ = determine_repo_dir(template, dict(BUILTIN_ABBREVIATIONS), fetched, checkout, no_input=True)
    return Path(found)


def _answers(
    source: Path, given: Mapping[str, str], is_ours: bool, ask: Callable[[Question], str]
) -> dict[str, object] | Finding:
    """What the template's variables are; each default may be made of those before it."""
    from cookiecutter.generate import generate_context
    from cookiecutter.prompt import render_variable
    from cookiecutter.utils import create_env_with_context

    context = generate_context(context_file=str(source / "cookiecutter.json"))
    wanted = context["cookiecutter"]
    if is_ours:
        wanted["preset"] = list(presets())
    unknown = sorted(set(given) - set(wanted) - {"ticketgen", "project"})
    if unknown:
        close = nearest(unknown[0], [key for key in wanted if not key.startswith("_")])
        way_out = f"did you mean {close}?" if close else f"it asks for {', '.join(wanted)}"
        return _finding("unknown-answer", f"the template does not ask for {unknown[0]!r}", way_out)
    environment = create_env_with_context(context)
    texts = wanted.get("__prompts__", {})
    answers: dict[str, object] = {}
    for key, raw in wanted.items():
        if key.startswith("_"):
            answers[key] = raw
            continue
        choices = tuple(str(each) for each in raw) if isinstance(raw, list) else ()
        default = str(render_variable(environment, choices[0] if choices else raw, answers))
        text = texts.get(key, key) if isinstance(texts.get(key, key), str) else key
        answer = given[key] if key in given else ask(Question(key, text, default, choices))
        if choices and answer not in choices:
            return _finding("unknown-answer", f"{key}: {answer!r} is none of {', '.join(choices)}",
                            f"did you mean {nearest(answer, choices) or choices[0]}?")  # fmt: skip
        answers[key] = answer
    return answers


def _generated(source: Path, answers: Mapping[str, object], into: Path) -> Path:
    """Run cookiecutter; folders that stayed empty, because a template's name said so, are taken away."""
    from cookiecutter.generate import generate_files

    into.mkdir()
    folder = Path(generate_files(str(source), {"cookiecutter": dict(answers)}, str(into)))
    for place in sorted((each for each in folder.rglob("*") if each.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            place.rmdir()
    return folder


def _template_broken(template: str | None, error: Exception) -> Finding:
    reason = " ".join(str(error).split())[:300]
    return _finding("template-broken", f"the template {template or 'of ticketgen'} cannot be used: {reason}",
                    "name a cookiecutter template: a folder, an archive or a repository")  # fmt: skip
