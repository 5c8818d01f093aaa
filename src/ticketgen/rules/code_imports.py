"""Inline code that imports packages that its runtime does not include."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator, Set

from ticketgen.findings import Severity
from ticketgen.rules.javascript import imports
from ticketgen.rules.lambda_functions import Code, LambdaResource, functions, python
from ticketgen.rules.python_code import PythonCode
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

# boto3 with its dependencies, and the runtime interface client. https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
_PYTHON_PACKAGES = frozenset({
    "awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "simplejson", "six",
    "snapshot_restore_py", "urllib3",
})  # fmt: skip

# Modules that a version removed from the standard library, by its "What's New": https://docs.python.org/3/whatsnew/
_REMOVED = {
    (3, 12): frozenset({"asynchat", "asyncore", "distutils", "imp", "smtpd"}),
    (3, 13): frozenset({
        "aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis",
        "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib",
    }),
}  # fmt: skip
# The SDKs for durable functions, with the first runtime version that includes each.
# https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
_DURABLE = {"aws_durable_execution_sdk_python": (3, 13), "@aws/durable-execution-sdk-js": (22,)}
_ADDED = frozenset({"annotationlib", "compression", "concurrent", "tomllib", "zoneinfo", "graphlib"})
_ANY_VERSION = sys.stdlib_module_names | _ADDED | frozenset().union(*_REMOVED.values())

# https://nodejs.org/api/modules.html#built-in-modules
_NODE_PACKAGES = frozenset({
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
    "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net",
    "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "sea", "sqlite", "stream",
    "string_decoder", "sys", "test", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi",
    "worker_threads", "zlib",
})  # fmt: skip


def _check(subject: Subject) -> Iterator[Problem]:
    for function in functions(subject):
        if function.code is None or function.resource.has("layers"):
            continue  # a layer may contain any package
        names = {each.name for each in function.code}
        siblings = {name.partition("/")[0].removesuffix(".py") for name in names}
        for file in function.code:
            if file.name.endswith(".py") and function.runtime.startswith("python"):
                yield from _python(function, file, siblings)
            elif file.name.endswith((".js", ".mjs", ".cjs")) and function.runtime.startswith("nodejs"):
                yield from _node(function, file, names)


def _python(function: LambdaResource, file: Code, siblings: Set[str]) -> Iterator[Problem]:
    subject = function.resource.subject
    code = python(subject, file)
    if not isinstance(code, PythonCode):
        return
    subject.spend(len(code.imports))
    version = _version(function.runtime.removeprefix("python"))
    removed = frozenset().union(*(names for since, names in _REMOVED.items() if version >= since))
    for name, line in code.imports.items():
        if name in siblings or name in _PYTHON_PACKAGES or (name in _ANY_VERSION and name not in removed):
            continue
        if version >= _DURABLE.get(name, (99,)):
            continue
        message = f"{file.name} imports {name}, which {function.runtime} does not include"
        yield Problem(message, file.at(line))


def _node(function: LambdaResource, file: Code, file_names: Set[str]) -> Iterator[Problem]:
    subject = function.resource.subject
    imported = subject.memoized(("imports", file.text), lambda: imports(file.text))
    subject.spend(len(imported))
    major = _version(function.runtime.removeprefix("nodejs").removesuffix(".x"))[0]
    for name, line in imported:
        package = "/".join(name.split("/", 2)[: 2 if name.startswith("@") else 1])
        if (
            name.startswith(("node:", ".", "/"))
            or package in _NODE_PACKAGES
            or f"node_modules/{package}" in file_names
        ):
            continue
        # Version 3 of the SDK for JavaScript is included from nodejs18.x on, version 2 up to nodejs16.x.
        # https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
        if package.startswith(("@aws-sdk/", "@smithy/")) and major >= 18:
            continue
        if (package == "aws-sdk" and major <= 16) or (major,) >= _DURABLE.get(package, (99,)):
            continue
        message = (
            f"{posixpath.basename(file.name)} imports {package}, which {function.runtime} does not include"
        )
        yield Problem(message, file.at(line))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part[:9]) for part in text.split(".") if part.isdecimal()) or (0,)


RULE = Rule(
    id="code-imports",
    severity=Severity.ERROR,
    summary="Inline code imports only packages that its runtime includes",
    why=(
        "Inline code has no requirements file. A package that the runtime does not include is missing, and the "
        "function fails on its first call. No runtime includes a Redis client, and no runtime since nodejs18.x "
        "includes version 2 of the AWS SDK for JavaScript."
    ),
    fix="use the standard library or the AWS SDK, write the few lines yourself, or add a layer with the package",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html",
    ),
)
