"""A project's own templates, which override ticketgen's and are untrusted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final

from jinja2 import BaseLoader, Environment, FileSystemLoader, TemplateNotFound, TemplateSyntaxError

from ticketgen.assets import asset_folder
from ticketgen.conflict_markers import any_conflict_lines
from ticketgen.findings import Finding, Location
from ticketgen.findings.stacks import OVERRIDE_BROKEN
from ticketgen.rendering.budget import TemplateBudget
from ticketgen.rendering.jinja_environment import TemplateEnvironment
from ticketgen.safe_open import NotRegularFile, read_below

__all__ = ["MAX_BYTES", "OVERRIDABLE", "OVERRIDES", "Templates"]

OVERRIDES: Final = "templates"
"""The folder beside the spec, with the same layout as ticketgen's own templates."""

OVERRIDABLE: Final = ("stack", "suites", "ops")
"""Its folders. Not ``functions``: roles, timeouts and suites fit their code."""

MAX_BYTES: Final = 100_000
"""Maximum bytes of one template."""

_COMPILER_FILES: Final = 100
"""Units of work for each character of a project's template, which is compiled before it runs."""

_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9._-]*[A-Za-z0-9_-]")


class Templates:
    """The templates of one rendering: the project's own, and ticketgen's.

    Args:
        project: the folder of the project; None without one.
    """

    def __init__(self, project: Path | None) -> None:
        folder = project / OVERRIDES if project else None
        self._project = project if folder and (folder.is_symlink() or folder.is_dir()) else None
        self._environments: dict[str, TemplateEnvironment] = {}
        self._budget = TemplateBudget()
        self._used: list[str] = []

    def environment(self, folder: str) -> TemplateEnvironment:
        """The environment of the templates in ``stack``, ``suites`` or ``ops``."""
        if folder not in self._environments:
            made = (
                _of_ticketgen(folder)
                if self._project is None
                else TemplateEnvironment(_Overriding(folder, self))
            )
            made.budget = self._budget
            self._environments[folder] = made
        return self._environments[folder]

    def text(self, name: str) -> str:
        """The text of a file that is copied, such as ``suites/conftest.py``."""
        own = self.project_text(name)
        return (asset_folder("templates") / name).read_text(encoding="utf-8") if own is None else own

    def reset_used(self) -> None:
        """Forget which templates were used, before the next file is rendered."""
        self._used.clear()
        for each in self._environments.values():
            each.loaded.clear()

    def project_text(self, name: str) -> str | None:
        """The text of the project's template; None if it has none."""
        if self._project is None or name.partition("/")[0] not in OVERRIDABLE:
            return None
        place = self.project_path(name)
        try:
            content = read_below(self._project, f"{OVERRIDES}/{name}", MAX_BYTES)
        except FileNotFoundError:
            return None
        except NotRegularFile as error:
            raise TemplateSyntaxError(f"{error.strerror}: make it a plain file", 1, name, place) from None
        except OSError as error:
            raise TemplateSyntaxError(f"it cannot be opened: {error.strerror}", 1, name, place) from None
        self._used.append(place)
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            message = f"it is not UTF-8: {error.reason} at byte {error.start}"
            raise TemplateSyntaxError(message, line, name, place) from None
        conflicts = any_conflict_lines(text)
        if conflicts:
            message = "it has conflict markers: keep what you need of both sides, and remove the markers"
            raise TemplateSyntaxError(message, conflicts[0], name, place)
        self._budget.spend(len(text) * (_COMPILER_FILES if name.endswith(".j2") else 1))
        return text

    def project_path(self, name: str) -> str:
        """The path of a project's template."""
        return str((self._project or Path()) / OVERRIDES / name)

    def explain_error(self, error: Exception, template: str) -> Finding | None:
        """The finding for a template that fails to render; None if it is ticketgen's own.

        Args:
            error: the exception that rendering raised.
            template: the rendered template, which may include others: ``stack/modules/data/tables.tf.j2``.
        """
        if self._project is None:
            return None
        folder = self.project_path("")
        used = [*self._used, *(name for each in self._environments.values() for name in each.loaded)]
        places = [(name, 1) for name in used]
        places += _frames(error.__traceback__)
        if isinstance(error, TemplateSyntaxError) and error.filename:
            places.append((error.filename, error.lineno or 1))
        of_project = [(name, line) for name, line in places if Path(name).is_relative_to(folder)]
        if not of_project:
            return None
        name, line = of_project[-1]
        message = error.message if isinstance(error, TemplateSyntaxError) else str(error)
        return OVERRIDE_BROKEN.found(
            f"the template cannot be rendered: {_shorten(message or type(error).__name__)}",
            "fix it (`ticketgen help upgrading` lists what a template may use), or delete it to go back to "
            "ticketgen's own; `ticketgen eject --diff` shows the difference",
            at=Location(name, line),
        )


@cache
def _of_ticketgen(folder: str) -> TemplateEnvironment:
    """The environment of ticketgen's own templates alone, which are loaded once."""
    return TemplateEnvironment(FileSystemLoader(asset_folder("templates") / folder))


class _Overriding(BaseLoader):
    """Loads a template from the project, if it has it, or else from ticketgen's own."""

    def __init__(self, folder: str, templates: Templates) -> None:
        self._folder = folder
        self._templates = templates
        self._fallback = FileSystemLoader(asset_folder("templates") / folder)

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of a template, its file, and how to see whether it has changed."""
        if not _NAME.fullmatch(template):
            raise TemplateNotFound(template, f"{template[:60]!r} is not the name of a template")
        name = f"{self._folder}/{template}"
        text = self._templates.project_text(name)
        if text is None:
            return self._fallback.get_source(environment, template)
        return text, self._templates.project_path(name), None


def _frames(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """The files and lines of a traceback, without reading the files."""
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno or 1
        traceback = traceback.tb_next


def _shorten(message: str, limit: int = 300) -> str:
    return message if len(message) <= limit else f"{message[:limit]}…"
