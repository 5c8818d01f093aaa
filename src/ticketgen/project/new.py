"""Create a project from a template with cookiecutter, and render it; on an error, leave nothing behind.

The project is made in a temporary folder, and moved to its own when its stacks are rendered.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ticketgen.assets import asset_folder
from ticketgen.findings import Checked, Finding, Severity, has_errors
from ticketgen.pictures.svg import svg
from ticketgen.pipeline import draw_project, quiet, read_project, render_project
from ticketgen.project.environments import NewEnvironment, first_figures, new_environments
from ticketgen.project.place import finding, git_root, misnamed, move, name_of, refused
from ticketgen.project.source import REQUIREMENTS, Refused, Source, read_source
from ticketgen.spec.presets import presets
from ticketgen.spec.schema import json_schema
from ticketgen.spec.texts import nearest
from ticketgen.version import VERSION

__all__ = ["SPEC", "NewProject", "Question", "defaults", "new_project"]

SPEC = "ticketgen.yaml"
SCHEMA = "ticketgen.schema.json"
PICTURE = "stack.svg"
_OURS = frozenset({"project", "ticketgen", "ticketgen_install"})
"""Variables that every template is given, whether or not it asks for them."""


@dataclass(frozen=True, slots=True)
class Question:
    """A variable of a template that somebody has to set.

    Attributes:
        key: the variable's name in the template.
        text: the question.
        default: the answer if nobody gives one.
        choices: the only answers; any text if empty.
    """

    key: str
    text: str
    default: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that was made.

    Attributes:
        folder: its place, as it was given.
        files: its files relative to the folder; of a folder that had files already, only the project's.
        environments: in the order of the spec.
        repository: the top of the git repository that it lies in; None outside of one.
    """

    folder: Path
    files: tuple[str, ...]
    environments: tuple[NewEnvironment, ...]
    repository: Path | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for: the arguments of `new_project`, checked."""

    folder: Path
    given: Mapping[str, str]
    template: str | None
    checkout: str | None
    source: Source
    ask: Callable[[Question], str]
    progress: Callable[[str], None]


def defaults(question: Question) -> str:
    """Answers every question with its default."""
    return question.default


def new_project(
    folder: Path,
    given: Mapping[str, str],
    *,
    template: str | None = None,
    checkout: str | None = None,
    install_from: str | None = None,
    ask: Callable[[Question], str] = defaults,
    progress: Callable[[str], None] = quiet,
) -> Checked[NewProject]:
    """Make a project.

    Args:
        folder: new, empty, or with nothing but the files of a new repository. Its name is the project's, unless that
            is given.
        given: answers by the template's variable.
        template: a cookiecutter template's folder, archive or repository; ticketgen's own if None.
        checkout: the branch, tag or commit of the template's repository.
        install_from: the source that the project installs ticketgen from; the running one, packed, if None.
        ask: is asked for each variable that was not given.
        progress: is told each step.
    """
    name = given.get("project", name_of(folder))
    wrong = refused(folder) or misnamed(name)
    if wrong:
        return Checked(None, (wrong,))
    try:
        source = read_source(install_from)
    except Refused as error:
        return Checked(None, (finding("install-source", error.message, error.help),))
    wanted = _Wanted(folder, {"project": name, **given}, template, checkout, source, ask, progress)
    parents = [each for each in folder.absolute().parents if not each.exists()]
    try:
        made = _placed(wanted)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        message = f"nothing was made: {error.strerror}{where}"
        made = Checked(
            None, (finding("cannot-write", message, "fix the folder's permissions or free some space"),)
        )
    finally:
        if not folder.exists():
            for parent in parents:
                with contextlib.suppress(OSError):
                    parent.rmdir()
    return made


def _placed(wanted: _Wanted) -> Checked[NewProject]:
    """Make the project in a temporary folder on the same file system, and move it to its own place when it is whole."""
    folder = wanted.folder
    above = folder if folder.exists() else folder.absolute().parent
    above.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ticketgen-new-", dir=above) as beside:
        made = _made(Path(beside), wanted)
        if made.value is None:
            return made
        wrong = refused(folder)  # somebody may have been faster
        if wrong:
            return Checked(None, (wrong,))
        notes = move(Path(beside) / "project", folder)
    repository = git_root(folder)
    return Checked(
        replace(made.value, repository=repository),
        (*made.findings, *notes, *_out_of_reach(folder, repository, made.value.files)),
    )


def _out_of_reach(folder: Path, repository: Path | None, files: tuple[str, ...]) -> tuple[Finding, ...]:
    """A warning if the repository's CI does not see the project's workflow."""
    if repository is None or repository.resolve() == folder.resolve():
        return ()
    workflows = [file for file in files if file.startswith((".github/", ".gitlab"))]
    if not workflows:
        return ()
    message = f"{', '.join(workflows)}: CI reads such files at the top of {repository} only"
    return (
        finding("workflow-out-of-reach", message,
                f"move them there and run their steps in {folder.resolve().relative_to(repository.resolve())}, "
                "or give the project a repository of its own", Severity.WARNING),
    )  # fmt: skip


def _made(beside: Path, wanted: _Wanted) -> Checked[NewProject]:
    """Make the project as ``beside/project``."""
    from cookiecutter.exceptions import CookiecutterException
    from jinja2 import TemplateError

    try:
        template = _template(wanted.template, wanted.checkout, beside)
        answers = _answers(template, wanted)
        if isinstance(answers, Finding):
            return Checked(None, (answers,))
        wanted.progress("Making the project")
        generated = _generated(template, answers, beside / "made")
    except (CookiecutterException, TemplateError, ValueError) as error:
        return Checked(None, (_template_broken(wanted.template, error),))
    place = beside / "project"
    generated.rename(place)
    if not (place / SPEC).is_file():
        return Checked(None, (finding("template-without-spec", f"the template makes no {SPEC} at the top",
                                      "add one: the stacks are rendered from it"),))  # fmt: skip
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    installed_from = {} if (place / REQUIREMENTS).exists() else wanted.source.files
    for name, content in {SCHEMA: schema.encode(), **installed_from}.items():
        if not (place / name).exists():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(content)
    rendered = render_project(place / SPEC, progress=wanted.progress)
    project = read_project(place / SPEC)
    if rendered.value is None or project.value is None or has_errors(rendered.findings):
        return Checked(None, rendered.findings)
    drawn = draw_project(place / SPEC)
    if drawn.value is not None and not (place / PICTURE).exists():
        (place / PICTURE).write_text(svg(drawn.value), encoding="utf-8", newline="\n")
    files = sorted(each.relative_to(place).as_posix() for each in place.rglob("*") if each.is_file())
    environments = new_environments(place, project.value.environments)
    return Checked(NewProject(wanted.folder, tuple(files), environments), rendered.findings)


def _template(template: str | None, checkout: str | None, beside: Path) -> Path:
    """The template's folder; one that is not on this machine is fetched into the temporary folder."""
    if template is None:
        return asset_folder("templates") / "project"
    from cookiecutter.config import BUILTIN_ABBREVIATIONS
    from cookiecutter.repository import determine_repo_dir

    fetched = beside / "fetched"
    fetched.mkdir()
    found, _ = determine_repo_dir(template, dict(BUILTIN_ABBREVIATIONS), fetched, checkout, no_input=True)
    return Path(found)


def _answers(template: Path, wanted: _Wanted) -> dict[str, object] | Finding:
    """The template's variables with their values; a default may depend on the variables before it."""
    from cookiecutter.generate import generate_context
    from cookiecutter.prompt import render_variable
    from cookiecutter.utils import create_env_with_context

    context = generate_context(context_file=str(template / "cookiecutter.json"))
    variables = context["cookiecutter"]
    is_ours = wanted.template is None
    if is_ours:
        variables["preset"] = list(presets())
    asked = [key for key in variables if not key.startswith("_") and key not in _OURS]
    unknown = sorted(set(wanted.given) - set(asked) - {"project"})
    if unknown:
        close = nearest(unknown[0], asked)
        help_text = f"did you mean {close}?" if close else f"it asks for {', '.join(asked) or 'nothing'}"
        return finding("unknown-answer", f"the template does not ask for {unknown[0]!r}", help_text)
    given = {**wanted.given, "ticketgen": VERSION, "ticketgen_install": wanted.source.command}
    environment = create_env_with_context(context)
    texts = variables.get("__prompts__", {})
    answers: dict[str, object] = {}
    for key, raw in variables.items():
        if key.startswith("_"):
            answers[key] = raw
            continue
        choices = tuple(str(each) for each in raw) if isinstance(raw, list) else ()
        default = str(render_variable(environment, choices[0] if choices else raw, answers))
        text = texts.get(key, key) if isinstance(texts.get(key, key), str) else key
        answer = given[key] if key in given else wanted.ask(Question(key, text, default, choices))
        if choices and answer not in choices:
            close = nearest(answer, choices)
            help_text = f"did you mean {close}?" if close else f"choose one of {', '.join(choices)}"
            return finding("unknown-answer", f"{key}: there is no choice {answer!r}", help_text)
        answers[key] = answer
    if is_ours:
        answers |= first_figures(presets()[str(answers["preset"])].path)
        answers |= {"_is_git": wanted.source.is_git, "_carries_wheel": wanted.source.carries_wheel}
    return answers


def _generated(template: Path, answers: Mapping[str, object], into: Path) -> Path:
    """Run cookiecutter, and remove the folders that stayed empty because their files were not wanted."""
    from cookiecutter.generate import generate_files

    into.mkdir()
    folder = Path(generate_files(str(template), {"cookiecutter": dict(answers)}, str(into)))
    for place in sorted((each for each in folder.rglob("*") if each.is_dir()), reverse=True):
        with contextlib.suppress(OSError):
            place.rmdir()
    return folder


def _template_broken(template: str | None, error: Exception) -> Finding:
    reason = " ".join(str(error).split())[:300]
    return finding("template-broken", f"the template {template or 'of ticketgen'} cannot be used: {reason}",
                   "name a cookiecutter template: a folder, an archive or a repository")  # fmt: skip
