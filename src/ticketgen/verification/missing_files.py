"""Level 3, references: files that an expression reads and that do not exist."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ticketgen.findings import Finding
from ticketgen.findings.verification import MISSING_FILE
from ticketgen.hcl.configuration import Configuration, Scope
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.syntax import Call, Expression
from ticketgen.hcl.traversal import nested, subexpressions

__all__ = ["check_files"]

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
            (file, call, _reads_relative_to_module(call.arguments[0]))
            for file in module.files
            for attribute in file.attributes()
            for call in _calls(attribute.value)
        ]
        for scope in scopes if calls else ():
            for file, call, from_path in calls:
                path = _path(values, scope, call, from_path=from_path)
                missing = path and path not in configuration.paths and path not in created
                if missing and (location := call.at(file.path)) not in reported:
                    reported.add(location)
                    message = f"{call.name}() reads {path}, which does not exist"
                    help = "create the file, or correct the path: Terraform resolves it where it runs"
                    yield MISSING_FILE.found(message, help, at=location)


def _path(values: Evaluator, scope: Scope, call: Call, *, from_path: bool) -> str:
    """The path that a call reads, relative to the directory; "" if it is unknown."""
    value = values.of(call.arguments[0], scope)
    if not isinstance(value, str) or value.startswith(("/", "~")) or not value:
        return ""
    # Terraform runs in the root module. `path.module` is already relative to the verified directory.
    whole = value if from_path else posixpath.join(scope.root.module.folder, value)
    path = posixpath.normpath(whole)
    is_hidden = any(part.startswith(".") for part in path.split("/"))  # or outside the directory, with ".."
    return "" if is_hidden else path


def _reads_relative_to_module(expression: Expression) -> bool:
    return any(getattr(each, "root", "") == "path" for each in nested(expression))


def _calls(expression: Expression) -> Iterator[Call]:
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Call):
            if current.name in _GUARDS:
                continue
            if current.name in _READERS and current.arguments:
                yield current
        within = [each for each, _ in subexpressions(current)]
        if any(isinstance(each, Call) and each.name in _GUARDS for each in within):
            continue  # such as fileexists(x) ? file(x) : …
        waiting.extend(within)


def _created_files(configuration: Configuration, values: Evaluator) -> Iterator[str]:
    for scope in configuration.all_scopes():
        for declared in scope.module.resources:
            for type, attribute in _CREATORS:
                if declared.type == type and (expression := declared.value(attribute)) is not None:
                    value = values.of(expression, scope)
                    if isinstance(value, str):
                        whole = (
                            value
                            if _reads_relative_to_module(expression)
                            else posixpath.join(scope.root.module.folder, value)
                        )
                        yield posixpath.normpath(whole)
