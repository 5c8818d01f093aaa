"""The texts that this version's `new` writes for the answers of an existing project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from ticketgen.assets import asset_folder
from ticketgen.findings import Checked, Location
from ticketgen.findings.merging import BASE_BROKEN
from ticketgen.project.bases import RECORD, Answers, InstallKind, ProjectRecord, record_files
from ticketgen.project.destination import invalid_name
from ticketgen.project.generate import Renderer
from ticketgen.project.new_environments import initial_figures
from ticketgen.project.source import DEPENDENCIES, InstallSource, command_of, dependencies_text
from ticketgen.project.template import TemplateText, UnusableTemplate, read_template
from ticketgen.spec.json_schema import json_schema
from ticketgen.spec.presets import presets

__all__ = ["SCHEMA", "WORKFLOW", "current_texts", "first_record", "private_answers", "schema_text"]

SCHEMA: Final = "ticketgen.schema.json"
WORKFLOW: Final = ".github/workflows/ticketgen-upgrade.yml"
"""The scheduled workflow that opens a pull request when a newer version is out."""
_CI: Final = ("github", "gitlab", "none")


def schema_text() -> bytes:
    """The text of the JSON Schema that editors check the spec with."""
    return (json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n").encode()


def private_answers(preset: str, install: InstallKind, *, upgrade_workflow: bool) -> Mapping[str, Any]:
    """The variables of ticketgen's own template that `new` does not ask for."""
    return {
        **initial_figures(presets()[preset].path),
        "_is_git": install is InstallKind.GIT,
        "_carries_wheel": install is InstallKind.WHEEL,
        "_upgrade_workflow": upgrade_workflow,
    }


def first_record(
    place: Path, source: InstallSource, answers: Answers | None, added: Iterable[str]
) -> Mapping[str, TemplateText]:
    """The record of a new project and the bases of its files, for the project's folder.

    Args:
        place: the folder, as the template left it.
        source: the source that the project installs ticketgen from; its files have no base, because `ticketgen upgrade`
            changes them.
        answers: the answers to `new`; None if the template is not ticketgen's, so that only added files have a base.
        added: the names of the files that every project has.
    """
    of_template = (each.relative_to(place).as_posix() for each in place.rglob("*") if each.is_file())
    names = [
        name
        for name in (added if answers is None else of_template)
        if name not in source.files or name == DEPENDENCIES
    ]
    bases = {name: (place / name).read_bytes() for name in names}
    files = record_files(ProjectRecord(install=source.kind, answers=answers), bases)
    return {path: TemplateText(content) for path, content in files.items()}


def current_texts(record: ProjectRecord) -> Checked[Mapping[str, bytes]]:
    """The text of each file that `new` would write today, by its path in a new project.

    For a project from another template, only the files that every project has are known.
    """
    every = {SCHEMA: schema_text()}
    if record.install is InstallKind.INDEX:
        every[DEPENDENCIES] = dependencies_text()
    if record.answers is None:
        return Checked(every)
    wrong = _wrong(record.answers)
    if wrong:
        return Checked(None, (BASE_BROKEN.found(wrong, at=Location(RECORD)),))
    try:
        rendered = _rendered(record.answers, record.install)
    except UnusableTemplate as error:
        return Checked(None, (BASE_BROKEN.found(error.message, error.help, at=Location(RECORD)),))
    return Checked({**every, **rendered})


def _rendered(answers: Answers, install: InstallKind) -> Mapping[str, bytes]:
    template = read_template(asset_folder("templates") / "project")
    given = {
        "project": answers.project, "preset": answers.preset, "ci": answers.ci,
        "ticketgen_install": command_of(install),
        **private_answers(answers.preset, install, upgrade_workflow=answers.upgrade_workflow),
    }  # fmt: skip
    files = Renderer(template).project({**template.variables, **given})
    return {path: file.content for path, file in files.items()}


def _wrong(answers: Answers) -> str:
    """The error in the record's answers; "" if valid. They are checked because they reach rendered files."""
    if invalid_name(answers.project):
        return f"{answers.project[:80]!r} is not the name of a project"
    if answers.preset not in presets():
        return f"this version has no preset {answers.preset[:80]!r}"
    if answers.ci not in _CI:
        return f"{answers.ci[:80]!r} is not a CI"
    return ""
