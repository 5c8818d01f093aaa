"""Kinds of findings about creating a project and ejecting templates."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Severity, Stage

TITLE: Final = "New projects and templates"

_write = partial(FindingKind, stage=Stage.WRITE)
_usage = partial(FindingKind, stage=Stage.WRITE, category=Category.USAGE)
_conflict = partial(FindingKind, stage=Stage.WRITE, category=Category.HAND_EDIT)

# New projects

PROJECT_NAME = _usage(
    "project-name",
    "The name of the project fits at the front of every name in the stack",
    "AWS refuses resources whose names are too long or have other characters.",
    "pass another --name: 3 to 20 lower-case letters, digits and single inner hyphens, a letter first",
)
FOLDER_NOT_EMPTY = _conflict(
    "folder-not-empty",
    "The folder of a new project is new, or has nothing but the files of a new repository",
    "Files of the project and yours would be mixed, and some overwritten.",
    "name a new folder, or one with nothing but .git, README and LICENSE",
)
INSIDE_A_PROJECT = _usage(
    "inside-a-project",
    "A new project is not inside another one",
    "Commands in the inner folder would find one spec, and commands above it the other.",
    "name a folder outside of it",
)
INSTALL_SOURCE = _usage(
    "install-source",
    "The source that the project installs ticketgen from is fixed, and is this version of ticketgen",
    "A source that may change, or a bare name on an index, can bring other code into CI tomorrow.",
    "give a wheel, a repository with a commit, a URL or a version with a hash, or a requirements file with hashes",
)
UNKNOWN_ANSWER = _usage(
    "unknown-answer",
    "Every given answer is to a question of the template, and one of its choices",
    "The answer would have no effect on the project.",
    "give an answer that the template asks for",
)
TEMPLATE_BROKEN = _usage(
    "template-broken",
    "The project template can be read and rendered",
    "Nothing was made: a project is made as a whole or not at all.",
    "name a cookiecutter template: a folder, a zip archive or a git repository",
)
TEMPLATE_UNTRUSTED = _usage(
    "template-untrusted",
    "A template with hooks or extensions is trusted",
    "They are programs, which run with all your rights.",
    "read its hooks and extensions, and pass --trust if you trust the author",
)
TEMPLATE_WITHOUT_SPEC = _usage(
    "template-without-spec",
    "The project template creates a spec",
    "The stacks of the project are rendered from it.",
    "add ticketgen.yaml to the top of the template",
)
FILE_KEPT = _write(
    "file-kept",
    "No file in the folder has the name of a file of the template",
    "The folder's file is kept, and that of the template is not written.",
    "compare the file with that of the template",
    severity=Severity.NOTE,
)
FILE_EXTENDED = _write(
    "file-extended",
    "The .gitignore and .gitattributes of the folder have the lines that a project needs",
    "Without them, git would track state files and caches. They were appended to your files.",
    "review the appended lines",
    severity=Severity.NOTE,
)
LEFT_BEHIND = _write(
    "left-behind",
    "No temporary folder is left over from a `ticketgen new` that was killed",
    "It takes space, and a later commit might include it.",
    "delete it",
    severity=Severity.NOTE,
)
WORKFLOW_OUT_OF_REACH = _write(
    "workflow-out-of-reach",
    "The CI of the repository sees the project's workflow",
    "CI reads workflows only at the top of a repository, so nothing checks the stacks.",
    "move the workflow to the top of the repository, or give the project a repository of its own",
    severity=Severity.WARNING,
)

# Templates of a project

UNKNOWN_TEMPLATE = _usage(
    "unknown-template",
    "The template to take over is one of ticketgen's",
    "Nothing reads a template of another name.",
    "run `ticketgen eject` for the list",
)
EJECTED_ALREADY = _conflict(
    "ejected-already",
    "The project does not have the template yet",
    "Copying it again would overwrite your changes.",
    "run `ticketgen eject TEMPLATE --diff` to see how yours differs from ticketgen's own",
)
NOT_EJECTED = _usage(
    "not-ejected",
    "The project has a copy of the template",
    "There is nothing to compare or to accept.",
    "run `ticketgen eject TEMPLATE` first",
)
OVERRIDE_UNKNOWN = _write(
    "override-unknown",
    "Every template of the project replaces one of ticketgen's",
    "Nothing reads the file, so your change is not in the stacks.",
    "rename it to the template that it replaces, or delete it",
    severity=Severity.WARNING,
)
TEMPLATE_MOVED_ON = _write(
    "template-moved-on",
    "Every template of the project is based on ticketgen's current one",
    "The stacks lack what changed in ticketgen's own template since, such as a correction.",
    "run `ticketgen render --upgrade --merge`; without a base, compare the two with `ticketgen eject TEMPLATE --diff`, "
    "copy the changes that you need, then accept it",
    severity=Severity.WARNING,
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
