"""Templates that a function reads: the text of ``templatestring``, and the file of ``templatefile``.

Every name that the template refers to must be in the variables, even in a branch that is not evaluated. Terraform then
evaluates the template with the variables, of which some may be unknown.
Sources: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/lang/funcs/filesystem.go and
https://github.com/hashicorp/terraform/blob/v1.11.4/internal/lang/funcs/string.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from ticketgen.hcl.guards import refusal
from ticketgen.hcl.static_addresses import is_name
from ticketgen.hcl.syntax import File, Node, Template, Text
from ticketgen.hcl.traversal import free_references
from ticketgen.type_checking.call_types import CallProblem
from ticketgen.type_checking.cty_types import PRIMITIVES, TypedValue, describe_type, kind_of
from ticketgen.type_checking.refusal import ReportProblem, Rewrite

__all__ = ["FunctionTemplate", "template_problem"]

_MAX_TEMPLATE: Final = 100_000
"""Characters of a template that is read; a longer one counts as valid."""
_END: Final = "END_OF_TEMPLATE"
"""The end of the heredoc that the template is read in: both have the same syntax."""


class FunctionTemplate(NamedTuple):
    """A template: its path, relative to the directory, or "" for a text in an expression; and its text."""

    path: str
    text: str

    def line(self, line: int) -> str:
        """A line of the template in a message."""
        return f"{self.path}, line {line}" if self.path else f"line {line}"


class _Read(NamedTuple):
    """A template that was read: its tree, None if it cannot be checked, or the line and the text of its error."""

    tree: Template | None
    line: int = 0
    error: str = ""


def template_problem(
    function: str,
    source: FunctionTemplate,
    variables: Iterable[str],
    evaluate: Callable[[Template, ReportProblem], TypedValue],
) -> CallProblem | None:
    """The first problem of a template with its variables.

    Args:
        function: the function that reads the template.
        source: the template.
        variables: the names of the variables.
        evaluate: evaluates the template, and reports the problems.
    """
    names = frozenset(variables)
    for name in names:
        if name.isascii() and not is_name(name):
            message = (
                f"argument 2 of {function} is invalid: {name!r} is not a name that a template can refer to"
            )
            return CallProblem(1, message, "write a name that begins with a letter")
    read = _read(source.text)
    problems = [(read.line, read.error)] if read.error else []
    if read.tree is not None:
        for reference in free_references(read.tree):
            name = reference.root
            if name not in names:
                reason = f"the template refers to {name}, which the variables do not have"
                message = f"argument 2 of {function} is invalid: {source.line(reference.line - 1)}: {reason}"
                return CallProblem(1, message, f"pass {name}, or correct the template")

        def note(node: Node, message: str, help: str, rewrite: Rewrite = None) -> None:
            problems.append((node.line - 1, message))

        result = evaluate(read.tree, note)
        if result.value is None:
            problems.append((1, "the result is null"))
        elif not source.path and kind_of(result.type) not in PRIMITIVES | {"dynamic"}:
            problems.append((1, f"the result is {describe_type(result.type)}, not a string"))
    if not problems:
        return None
    line, reason = problems[0]
    message = f"the template of {function} is not valid: {source.line(line)}: {reason}"
    return CallProblem(0, message, "correct the template, or the variables")


@lru_cache(maxsize=64)
def _read(text: str) -> _Read:
    if len(text) > _MAX_TEMPLATE or _END in text or ("${" not in text and "%{" not in text):
        return _Read(None)
    from ticketgen.hcl.parse import parse
    from ticketgen.hcl.reference_parser import parser_errors

    text = text.replace("\r\n", "\n")
    ending = "" if text.endswith("\n") else "\n"
    written = f"template = <<{_END}\n{text}{ending}{_END}\n"
    if refusal(written):
        return _Read(None)
    errors = parser_errors(written)
    if errors:
        line = min(errors[0].line - 1, text.count("\n") + 1)
        return _Read(None, line, errors[0].summary)
    file = parse("template", written)
    tree = file.body.attributes[0].value if isinstance(file, File) and file.body.attributes else None
    if not isinstance(tree, Template):
        return _Read(None)
    parts = list(tree.parts)
    if ending and parts and isinstance(parts[-1], Text):
        last = parts.pop()
        assert isinstance(last, Text)
        if last.value.removesuffix("\n"):
            parts.append(replace(last, value=last.value.removesuffix("\n")))
    return _Read(replace(tree, parts=tuple(parts), heredoc=""))
