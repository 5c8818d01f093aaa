"""Level 3, references: files that an expression reads and that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.findings.verification import MISSING_FILE
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.syntax import Call, Expression
from ticketgen.hcl.traversal import append_subexpressions
from ticketgen.hcl.values import EvaluationContext, Value

__all__ = ["check_files", "read_path"]

# https://developer.hashicorp.com/terraform/language/functions: functions that read a file by path.
_READERS = frozenset({
    "file", "filebase64", "filebase64sha256", "filebase64sha512", "filemd5", "filesha1", "filesha256", "filesha512",
    "templatefile",
})  # fmt: skip
# Functions that tolerate a missing file.
_GUARDS = frozenset({"try", "can", "fileexists"})
_CREATORS = (
    ("archive_file", "output_path"),
    ("local_file", "filename"),
    ("local_sensitive_file", "filename"),
)


def check_files(configuration: Configuration, values: Evaluator) -> Iterator[Finding]:
    """Yield a finding for each known path below the directory that does not exist."""
    if configuration.paths is None:
        return
    created = frozenset(_created_files(configuration, values))
    reported = set()
    for folder, scopes in configuration.scopes.items():
        module = configuration.modules[folder]
        calls = [
            (file, call) for file, attribute in module.calling_attributes for call in _calls(attribute.value)
        ]
        for scope in scopes if calls else ():
            for file, call in calls:
                location = call.at(file.path)
                path = read_path(values, scope, call.arguments[0])
                if not path or path in configuration.paths or path in created or location in reported:
                    continue
                if configuration.exists(path) is False:
                    reported.add(location)
                    message = f"{call.name}() reads {path}, which does not exist"
                    help = "create the file, or correct the path: Terraform resolves it where it runs"
                    yield MISSING_FILE.found(message, help, at=location)


def read_path(
    values: Evaluator, scope: Scope, expression: Expression, bound: Mapping[str, Value] | None = None
) -> str:
    """The path of a file that a function reads, relative to the directory; "" if it is unknown."""
    value = values.of(expression, EvaluationContext(scope, bound or {}))
    path = scope.file_at(value) if isinstance(value, str) else ""
    is_hidden = any(part.startswith(".") and part != ".." for part in path.split("/"))
    return "" if is_hidden else path


def _calls(expression: Expression) -> Iterator[Call]:
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Call):
            if current.name in _GUARDS:
                continue
            if current.name in _READERS and current.arguments:
                yield current
        within: list[Expression] = []
        append_subexpressions(current, within)
        if any(isinstance(each, Call) and each.name in _GUARDS for each in within):
            continue  # such as fileexists(x) ? file(x) : …
        waiting.extend(within)


def _created_files(configuration: Configuration, values: Evaluator) -> Iterator[str]:
    for scope in configuration.all_scopes():
        for declared in scope.module.resources:
            for type, attribute in _CREATORS:
                if declared.type == type and (expression := declared.value(attribute)) is not None:
                    value = values.of(expression, scope)
                    if isinstance(value, str) and (path := scope.file_at(value)):
                        yield path
