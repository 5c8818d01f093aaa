"""A project template, read once so that the content that is checked, shown and executed is the same.

Templates have cookiecutter's format. cookiecutter itself follows links in templates, renders without a sandbox and
writes to any rendered path, so only its extensions and its rendering of defaults are used.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

__all__ = [
    "MAX_BYTES", "MAX_FILES", "ProjectTemplate", "TemplateText", "UnusableTemplate", "build_template", "is_text",
    "read_template",
]  # fmt: skip

MAX_FILES: Final = 10_000
MAX_BYTES: Final = 100_000_000
"""The maximum number of files of a template, and of bytes in total; enough for a vendored library."""

_CONTEXT: Final = "cookiecutter.json"
_HOOKS: Final = "hooks"
_SHARED: Final = "templates"
_HOOK_NAMES: Final = ("pre_prompt", "pre_gen_project", "post_gen_project")
_EXTENSIONS: Final = "local_extensions"


class UnusableTemplate(Exception):
    """Error of a template that cannot be used: the reason, and the fix; None for the general fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A file of a template or of a project: its bytes, and whether its owner may execute it."""

    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class ProjectTemplate:
    """A template.

    Attributes:
        variables: the variables of its ``cookiecutter.json``, in order.
        top: the folder whose files become the project's; its name is rendered, too.
        files: every file that can take part in rendering, by path relative to the template.
    """

    variables: Mapping[str, Any]
    top: str
    files: Mapping[str, TemplateText]

    def sources(self) -> Mapping[str, TemplateText]:
        """The files that become the project's, relative to `top`."""
        return _below(self.files, self.top)

    def included(self) -> Mapping[str, str]:
        """The texts that a file may include: those of the project, and those of the folder ``templates``."""
        every = {**_below(self.files, _SHARED), **self.sources()}
        return {name: file.content.decode() for name, file in every.items() if is_text(file.content)}

    def hooks(self, name: str) -> Mapping[str, TemplateText]:
        """The scripts of a hook, such as ``pre_gen_project``."""
        return {path: self.files[path] for path in sorted(self.files) if _hook_name(path) == name}

    def extensions(self) -> tuple[str, ...]:
        """The Jinja extensions that it loads in addition to cookiecutter's own."""
        named = self.variables.get("_extensions") or ()
        return tuple(str(each) for each in named) if isinstance(named, list | tuple) else (str(named),)

    def code(self) -> tuple[str, ...]:
        """Descriptions of the code that it runs, to ask for consent; empty if it has none."""
        hooks = (path for name in _HOOK_NAMES for path in self.hooks(name))
        return (*hooks, *(f"the Jinja extension {each}" for each in self.extensions()))


def is_text(content: bytes) -> bool:
    """Whether a file is rendered; any other one is copied."""
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def build_template(files: Mapping[str, TemplateText]) -> ProjectTemplate:
    """Build a template from its files.

    Raises:
        UnusableTemplate: the files are not a template.
    """
    if _CONTEXT not in files:
        raise UnusableTemplate(f"it has no {_CONTEXT}")
    try:
        variables = json.loads(files[_CONTEXT].content.decode())
    except (ValueError, RecursionError) as error:
        raise UnusableTemplate(f"{_CONTEXT} is not JSON: {error}", "correct the file") from None
    if not isinstance(variables, dict):
        raise UnusableTemplate(f"{_CONTEXT} does not contain a JSON object", "correct the file")
    tops = {path.split("/")[0] for path in files if "/" in path}
    marks = _delimiters(variables)
    top = next(
        (each for each in sorted(tops) if "cookiecutter" in each and all(m in each for m in marks)), None
    )
    if top is None:
        raise UnusableTemplate("it has no folder such as {{cookiecutter.project}}, which becomes the project")
    return ProjectTemplate(variables, top, files)


def read_template(folder: Path) -> ProjectTemplate:
    """Read a template's folder: regular files, and links to regular files of the template.

    Raises:
        UnusableTemplate: it is not a template, is too large, or has a link that leads out of it.
        OSError: it cannot be read.
    """
    root = Path(os.path.realpath(folder))
    reader = _Reader(root)
    try:
        names = sorted(os.listdir(root))  # noqa: PTH208 - names only
    except OSError as error:
        raise UnusableTemplate(f"it cannot be read: {error.strerror}") from None
    for name in names:
        is_top = "cookiecutter" in name and name != _CONTEXT
        if is_top or name in {_CONTEXT, _HOOKS, _SHARED, _EXTENSIONS, f"{_EXTENSIONS}.py"}:
            reader.read(name)
    return build_template(reader.files)


class _Reader:
    """Reads files below a folder, up to the limits."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._left = MAX_BYTES
        self.files: dict[str, TemplateText] = {}

    def read(self, path: str) -> None:
        """Read a file, or every file of a folder."""
        place = self._root / path
        try:
            path.encode()
            kind = place.lstat().st_mode
            if stat.S_ISDIR(kind):
                for name in sorted(os.listdir(place)):  # noqa: PTH208 - names only
                    if name != "__pycache__":
                        self.read(f"{path}/{name}")
            elif stat.S_ISREG(kind):
                self._add(path, place)
            elif stat.S_ISLNK(kind):
                self._add(path, self._link_target(path))
            else:
                raise UnusableTemplate(
                    f"{path!r} is neither a file nor a folder", "remove it from the template"
                )
        except UnicodeEncodeError:
            raise UnusableTemplate(
                f"{path!r} has a name that is not UTF-8", "rename it in the template"
            ) from None
        except OSError as error:
            raise UnusableTemplate(
                f"{path!r} cannot be read: {error.strerror}", "correct its permissions"
            ) from None
        except RecursionError:
            raise UnusableTemplate(
                "its folders are nested too deeply", "remove them from the template"
            ) from None

    def _link_target(self, path: str) -> Path:
        """The file that a link leads to, which must be below the root: only then is it a part of the template."""
        target = Path(os.path.realpath(self._root / path))
        inside = target.is_relative_to(self._root) and ".git" not in target.relative_to(self._root).parts
        if not inside or not target.is_file():
            raise UnusableTemplate(f"{path!r} is a link that does not lead to a file of the template",
                           "replace it with a copy of the file")  # fmt: skip
        return target

    def _add(self, path: str, place: Path) -> None:
        # Do not follow a link, or wait for a pipe, that somebody created meanwhile.
        with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "it is not a plain file")
            content = stream.read(self._left + 1)
        self._left -= len(content)
        self.files[path] = TemplateText(content, bool(status.st_mode & stat.S_IXUSR))
        if self._left < 0 or len(self.files) > MAX_FILES:
            raise UnusableTemplate(f"it has more than {MAX_FILES:,} files or {MAX_BYTES // 1_000_000} MB",
                           "remove files that a project does not need")  # fmt: skip


def _below(files: Mapping[str, TemplateText], folder: str) -> Mapping[str, TemplateText]:
    start = f"{folder}/"
    return {path.removeprefix(start): file for path, file in sorted(files.items()) if path.startswith(start)}


def _hook_name(path: str) -> str | None:
    """The hook that a script belongs to, by cookiecutter's rule; None if it is not a hook."""
    place = PurePosixPath(path)
    if place.parent.as_posix() != _HOOKS or path.endswith("~"):
        return None
    return place.stem if place.stem in _HOOK_NAMES else None


def _delimiters(variables: Mapping[str, Any]) -> tuple[str, str]:
    syntax = variables.get("_jinja2_env_vars")
    named = syntax if isinstance(syntax, dict) else {}
    return str(named.get("variable_start_string", "{{")), str(named.get("variable_end_string", "}}"))
