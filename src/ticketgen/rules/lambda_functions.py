"""The Lambda functions of a configuration, with their inline code."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.findings import Location
from ticketgen.hcl.values import is_known
from ticketgen.rules.python_code import PythonCode, read_python
from ticketgen.rules.python_text import NotRead, PythonLimit
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["Code", "LambdaResource", "functions", "python"]


@dataclass(frozen=True, slots=True)
class Code:
    """One file of a function's package.

    Attributes:
        name: the path in the package.
        text: the text.
        location: the start of the text; for inline code, of the ``content`` argument.
        first_line: the line of the file where the text begins; 0 if the lines of the text are not lines of the file,
            such as in a quoted string.
    """

    name: str
    text: str
    location: Location
    first_line: int

    def at(self, line: int) -> Location:
        """The location of a line of the text; lines count from 1."""
        if self.first_line == 0:
            return self.location
        return Location(self.location.file, self.first_line + line - 1)


@dataclass(frozen=True, slots=True)
class LambdaResource:
    """A Lambda function.

    Attributes:
        resource: the ``aws_lambda_function`` resource.
        code: the files of the package; None unless all of them are known.
        archive: the ``archive_file`` data source that creates the package, if any.
    """

    resource: BlockInstance
    code: tuple[Code, ...] | None
    archive: BlockInstance | None

    @property
    def runtime(self) -> str:
        """The runtime, such as ``python3.13``; "" if it is unknown."""
        value = self.resource.value_with_defaults("runtime")
        return value if isinstance(value, str) else ""

    @property
    def environment(self) -> Mapping[str, object] | None:
        """The environment variables that are set; None if they are unknown."""
        blocks = self.resource.nested_blocks("environment")
        if not blocks:
            return {} if not self.resource.loops("environment") else None
        value = blocks[0].subject.assumed.of(blocks[0].expression("variables"), blocks[0].where)
        return value if isinstance(value, dict) else {} if value is None else None


def functions(subject: Subject) -> Iterator[LambdaResource]:
    """Every function, in every scope of its module."""
    for function in subject.memoized("functions", lambda: tuple(_functions(subject))):
        subject.spend(1 + len(function.code or ()))
        yield function


def _functions(subject: Subject) -> Iterator[LambdaResource]:
    for resource in subject.resources("aws_lambda_function"):
        archive = _archive(resource)
        yield LambdaResource(resource, _code(archive) if archive else None, archive)


def python(subject: Subject, file: Code) -> PythonCode | SyntaxError | None:
    """The facts about a Python file, cached; None if it is not read, which is noted."""
    limit = subject.memoized("python", PythonLimit)
    code = subject.memoized(("python", file.text), lambda: limit.refusal(file.text) or read_python(file.text))
    if isinstance(code, NotRead):
        subject.note_skipped(file.location, f"{file.name} is not checked: {code.reason}")
        return None
    return code


def _archive(function: BlockInstance) -> BlockInstance | None:
    for attribute in ("filename", "source_code_hash"):
        link = function.link(attribute)
        archive = (
            function.subject.first_instance(link) if link and link.resource.type == "archive_file" else None
        )
        if archive is not None:
            return archive
    return None


def _code(archive: BlockInstance) -> tuple[Code, ...] | None:
    key = "code", archive.declared, archive.scope
    return archive.subject.memoized(key, lambda: _read(archive))


def _read(archive: BlockInstance) -> tuple[Code, ...] | None:
    sources = archive.nested_blocks("source")
    files = []
    for source in sources:
        name, text = source.value_with_defaults("filename"), source.value_with_defaults("content")
        if not isinstance(name, str) or not isinstance(text, str) or not is_known([name, text]):
            return None
        files.append(_inline(source, "content", name, text))
    content = archive.value_with_defaults("source_content")
    if isinstance(content, str):
        name = archive.value_with_defaults("source_content_filename")
        files.append(_inline(archive, "source_content", str(name), content))
    path = archive.value_with_defaults("source_file")
    if isinstance(path, str):
        path = archive.scope.file_at(path)
        text = archive.subject.configuration.texts.get(path)
        if text is None:
            return None
        files.append(Code(posixpath.basename(path), text, Location(path), 1))
    if archive.has("source_dir") or not files:
        return None
    return tuple(files)


def _inline(block: BlockInstance, attribute: str, name: str, text: str) -> Code:
    location = block.at(attribute)
    expression = block.expression(attribute)
    # The text of a heredoc begins on the line after the marker. Text from elsewhere is reported where it is used.
    heredoc = getattr(expression, "heredoc", "")
    return Code(name, text, location, location.line + 1 if heredoc else 0)
