"""Make a project's files from a template: rendered in Jinja's sandbox, each at a checked path below the project.

The template's expressions see its variables and nothing else, so a template without hooks and extensions is inert.
Nothing here touches the disk. Rendering runs in a separate process with bounded time and memory.
"""

from __future__ import annotations

import contextlib
import fnmatch
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ticketgen.project.isolation import run_isolated
from ticketgen.project.resource_limits import SECONDS, ResourceLimitExceeded, limit_resources
from ticketgen.project.template import MAX_BYTES, ProjectTemplate, TemplateText, UnusableTemplate, is_text

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

__all__ = ["Renderer"]

_MAX_NAME_BYTES: Final = 255
"""Maximum length of a file name in bytes, on Linux and macOS."""

_SYNTAX: Final = frozenset(
    {
        "autoescape", "block_end_string", "block_start_string", "comment_end_string", "comment_start_string",
        "keep_trailing_newline", "line_comment_prefix", "line_statement_prefix", "lstrip_blocks", "trim_blocks",
        "variable_end_string", "variable_start_string",
    }
)  # fmt: skip
"""The Jinja options that a template may set; the others take objects or create caches."""

_RESERVED_NAMES: Final = re.compile(r"\.git[ .]*|git~\d|\.ticketgen(-(write|new-.*))?", re.IGNORECASE)
"""Names that git or ticketgen would trust: hooks in ``.git`` would run, and a forged journal or base would be used.

``git~1`` is ``.git`` on Windows, and so is ``.git`` followed by dots or spaces. git refuses to check out such names.
"""

_IGNORED_BY_MACOS: Final = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
"""Characters that HFS+ ignores in a name. Source: git's ``is_hfs_dotgit`` (utf8.c)."""


class Renderer:
    """Renders the texts of one template."""

    def __init__(self, template: ProjectTemplate) -> None:
        """Prepare the sandbox.

        Raises:
            UnusableTemplate: the template uses an extension that does not exist, or an option that Jinja does not have.
        """
        self._template = template
        self.environment = _environment(template)
        self._seconds = float(SECONDS)

    @contextlib.contextmanager
    def _within_budget(self, name: str) -> Iterator[None]:
        """Convert any exception of an expression into `UnusableTemplate`, and charge its time to the budget."""
        since = time.process_time()
        try:
            with limit_resources(self._seconds):
                yield
        except UnusableTemplate:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            line = getattr(error, "lineno", None)
            where = f"{name}:{line}" if line else name
            raise UnusableTemplate(
                f"{where!r} cannot be rendered: {reason}", "correct the template"
            ) from error
        finally:
            self._seconds -= time.process_time() - since

    def default(self, raw: Any, answers: Mapping[str, object]) -> str:
        """The default of a variable; it may depend on the variables before it.

        Raises:
            UnusableTemplate: it cannot be rendered.
        """
        from cookiecutter.prompt import render_variable

        def rendered() -> Mapping[str, TemplateText]:
            with self._within_budget("cookiecutter.json"):
                text = str(render_variable(self.environment, raw, dict(answers)))
                return {"": TemplateText(text.encode())}

        return self._isolated(rendered)[""].content.decode()

    def text(self, name: str, text: str, answers: Mapping[str, object]) -> str:
        """A text of the template, rendered.

        Args:
            name: the name of the text, for messages.
            text: a template.
            answers: the variables.

        Raises:
            UnusableTemplate: it cannot be rendered.
        """

        def rendered() -> Mapping[str, TemplateText]:
            return {"": TemplateText(self._text(name, text, answers).encode("utf-8", "surrogatepass"))}

        return self._isolated(rendered)[""].content.decode("utf-8", "surrogatepass")

    def _isolated(self, action: Callable[[], Mapping[str, TemplateText]]) -> Mapping[str, TemplateText]:
        """Call a function in a separate process, and charge its time to the budget of the whole template."""
        try:
            files, used = run_isolated(action, self._seconds)
        except ResourceLimitExceeded as error:
            raise UnusableTemplate(f"it cannot be rendered: {error}", "correct the template") from None
        self._seconds -= used
        return files

    def _text(self, name: str, text: str, answers: Mapping[str, object]) -> str:
        with self._within_budget(name):
            parts, size = [], 0
            for part in self.environment.from_string(text).generate(cookiecutter=dict(answers)):
                parts.append(part)
                size += len(part)
                if size > MAX_BYTES:
                    raise ResourceLimitExceeded(f"it renders more than {MAX_BYTES // 1_000_000} MB")
            return "".join(parts)

    def project(self, answers: Mapping[str, object]) -> Mapping[str, TemplateText]:
        """The files of the project by path, without those whose name or folder renders as empty text.

        Raises:
            UnusableTemplate: a text cannot be rendered, or a path is not below the project.
        """
        return self._isolated(lambda: self._project(answers))

    def _project(self, answers: Mapping[str, object]) -> Mapping[str, TemplateText]:
        top = self._path(self._template.top, self._template.top, answers)
        if top is None or "/" in top:
            raise UnusableTemplate(f"{self._template.top!r} is rendered to {top or ''!r}, which is not a folder's name",
                           "correct the name of the template's folder")  # fmt: skip
        files: dict[str, TemplateText] = {}
        size = 0
        for source, file in self._template.sources().items():
            template_path = f"{self._template.top}/{source}"
            copied = self._copied_folder(source)
            path = self._path(template_path, source, answers, copied)
            if path is None:
                continue
            if copied is None and is_text(file.content):
                file = TemplateText(
                    self._render_bytes(template_path, file.content.decode(), answers), file.executable
                )
            size += len(file.content)
            if size > MAX_BYTES:
                raise UnusableTemplate(f"it renders more than {MAX_BYTES // 1_000_000} MB", "remove a loop")
            if path in files:
                raise UnusableTemplate(
                    f"{template_path!r} and another file are both rendered to {path!r}", "rename one of them"
                )
            files[path] = file
        for path in files:
            parent = next((each for each in list(_prefixes(path))[:-1] if each in files), None)
            if parent:
                raise UnusableTemplate(
                    f"{parent!r} is rendered as a file and as a folder", "rename one of them"
                )
        return files

    def _render_bytes(self, name: str, text: str, answers: Mapping[str, object]) -> bytes:
        rendered = self._text(name, text, answers)
        setting = self._template.variables.get("_new_lines")
        first = re.search(r"\r\n|\n|\r", text)
        newline = str(setting) if setting in {"\n", "\r", "\r\n"} else first[0] if first else "\n"
        with self._within_budget(name):
            return rendered.replace("\n", newline).encode()

    def _copied_folder(self, source: str) -> str | None:
        """The outermost folder or file of a path that the template copies without rendering; None if there is none."""
        named = self._template.variables.get("_copy_without_render")
        patterns = named if isinstance(named, list) else ()
        matches = (
            part for part in _prefixes(source) if any(fnmatch.fnmatch(part, str(each)) for each in patterns)
        )
        return next(matches, None)

    def _path(
        self, template_path: str, source: str, answers: Mapping[str, object], copied: str | None = None
    ) -> str | None:
        """The path with its names rendered, except in copied folders; None if a name renders as empty text.

        Args:
            template_path: the whole path in the template, for messages.
            source: the part to render.
            answers: the variables.
            copied: the part of the source that is copied unrendered.

        Raises:
            UnusableTemplate: a name cannot be rendered, or the path is not below the project.
        """
        parts = source.split("/")
        rendered = len(copied.split("/")) if copied else len(parts)
        names = [self._text(template_path, name, answers) for name in parts[:rendered]] + parts[rendered:]
        if "" in names:
            return None
        path = "/".join(names)
        for name in path.split("/"):
            wrong = _path_error(name)
            if wrong:
                raise UnusableTemplate(f"{template_path!r} is rendered to the path {path[:200]!r}, {wrong}",
                               "correct the name in the template, or the answers that it uses")  # fmt: skip
        return path


def _path_error(name: str) -> str | None:
    if name in {"", ".", ".."}:
        return "which leads out of the project"
    if not name.isprintable() or "\\" in name:
        return "which has a character that names must not contain"
    if len(name.encode()) > _MAX_NAME_BYTES:
        return f"in which a name is longer than {_MAX_NAME_BYTES} bytes"
    if _RESERVED_NAMES.fullmatch(_IGNORED_BY_MACOS.sub("", name)):
        return "which is reserved for git and ticketgen"
    return None


def _prefixes(path: str) -> list[str]:
    """The path's folders, outermost first, and the path."""
    parts = path.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _environment(template: ProjectTemplate) -> SandboxedEnvironment:
    from cookiecutter.environment import ExtensionLoaderMixin
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    class Sandbox(ExtensionLoaderMixin, SandboxedEnvironment):  # type: ignore[misc]
        """Cookiecutter's environment, sandboxed."""

    options = template.variables.get("_jinja2_env_vars") or {}
    unknown = sorted(set(options) - _SYNTAX) if isinstance(options, dict) else ["_jinja2_env_vars"]
    if unknown:
        raise UnusableTemplate(
            f"it sets {unknown[0]!r}, which is not an option of Jinja's syntax", "remove the option"
        )
    try:
        return Sandbox(
            context={"cookiecutter": {"_extensions": template.extensions()}},
            undefined=StrictUndefined, loader=DictLoader(dict(template.included())),
            **{"keep_trailing_newline": True, **options},
        )  # fmt: skip
    except Exception as error:  # importing an extension may raise anything
        raise UnusableTemplate(
            f"its Jinja environment cannot be made: {error}", "correct cookiecutter.json"
        ) from error
