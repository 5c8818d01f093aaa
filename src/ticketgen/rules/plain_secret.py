"""Secrets in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.aws.provider.schema import schema_of
from ticketgen.findings import Location, Severity
from ticketgen.hcl.syntax import Expression, Literal, Node, Template, Text
from ticketgen.hcl.traversal import nested
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# The formats of AWS, GitHub and Slack credentials. AKIAIOSFODNN7EXAMPLE is AWS's own example.
_TOKENS = re.compile(
    r"\b(?:AKIA|ASIA)(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abpr]-[A-Za-z0-9-]{20,}"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
)
_SHORTEST_TOKEN = 20  # characters: an access key of AWS
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|secret|token|api_?key|private_?key|secret_?key|credentials?)$", re.I
)
# Values that only refer to a secret, or cannot be one.
_HARMLESS = re.compile(r"arn:|/|\$|https?:|\{\{|<|^(?:true|false|none|null|n/a|\d{1,3})$|alias/", re.I)
# Words that stand for a value that somebody sets later.
_STAND_IN = re.compile(
    r"(?:unset|un-?defined|un-?used|unknown|default|dummy|empty|example|fake|mock|sample|placeholder|redacted|todo|tbd|"
    r"x{3,}|\*{3,}|\.{3,}|(?:not|to|must|please)[-_ ]?be[-_ ]?\w{1,20}|not[-_ ]?(?:set|used|needed|a[-_ ]?secret)|"
    r"(?:change|fill|replace|set|update|override|insert)[-_ ]?(?:me|this|it|in)(?:\W.{0,40})?|your[-_ ].{1,60})"
    r"(?:[-_ ](?:value|secret|password|token|key))?",
    re.I,
)
_IS_A_NAME = re.compile(r"\b(?:name|arn|path|id|identifier|location) of\b|\bARN\b", re.I)
"""Descriptions of variables that only say where a secret is."""
_NO_SECRET = frozenset({"pre_authentication_login_banner", "post_authentication_login_banner"})
"""Attributes that the provider hides although every user reads them:
https://docs.aws.amazon.com/transfer/latest/userguide/API_CreateServer.html."""
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: all variables of a function together
_MAX_LENGTH = 4096


def _check(subject: Subject) -> Iterator[Problem]:
    for found in subject.all_resources():
        yield from _sensitive(found)
    for function in subject.resources("aws_lambda_function"):
        for environment in function.nested_blocks("environment"):
            yield from _variables(environment)
    for scope in subject.scopes:
        for name, variable in scope.module.variables.items():
            default = variable.value("default")
            if default is None or not _SECRET_NAME.search(name):
                continue
            description = subject.assumed.of(variable.value("description"), scope)
            if isinstance(description, str) and _IS_A_NAME.search(description[:_MAX_LENGTH]):
                continue
            if _is_secret(subject.assumed.of(default, scope)):
                yield Problem(
                    f"the default of var.{name} is a secret in plain text", default.at(variable.file)
                )
    for module in subject.configuration.modules.values():
        for file in module.files:
            for attribute in file.attributes():
                yield from _tokens(attribute.value, file.path)


def _sensitive(found: BlockInstance) -> Iterator[Problem]:
    """Findings about attributes that the provider marks as sensitive."""
    schema = schema_of("resource", found.declared.type)
    if schema is None:
        return
    ignored = found.ignored_changes()  # replaced outside Terraform
    for attribute in found.block.body.attributes:
        known = schema.attribute(attribute.name)
        if known is None or not known.sensitive or attribute.name in ignored or attribute.name in _NO_SECRET:
            continue
        if found.declared.type == "aws_ssm_parameter" and found.value("type") != "SecureString":
            continue
        value = found.value(attribute.name)
        if isinstance(value, str) and value and not _is_reference(value):
            message = f"the {attribute.name} of {found.address} is in plain text"
            yield Problem(message, found.at(attribute))


def _is_reference(value: str) -> bool:
    """Whether a value of a sensitive attribute only refers to a secret, or stands in for it."""
    return value.startswith(("arn:", "{{resolve:")) or (
        len(value) < 100 and _STAND_IN.fullmatch(value.strip("<>[](){}_ ")) is not None
    )


def _variables(environment: BlockInstance) -> Iterator[Problem]:
    value = environment.subject.values.of(environment.expression("variables"), environment.where)
    if isinstance(value, dict):
        environment.subject.spend(len(value))
        for name, text in value.items():
            if _SECRET_NAME.search(name) and _is_secret(text):
                message = f"the environment of {environment.address} contains {name} in plain text"
                yield Problem(message, environment.at("variables"))


def _is_secret(value: object) -> bool:
    return (
        isinstance(value, str)
        and 4 <= len(value) <= _MAX_LENGTH
        and not (_HARMLESS.search(value) or _is_reference(value))
    )


def _tokens(expression: Expression, file: str) -> Iterator[Problem]:
    for current in nested(expression):
        if isinstance(current, Literal) and isinstance(current.value, str):
            yield from _in_text(current.value, current, file)
        elif isinstance(current, Template):
            for part in current.parts:
                if isinstance(part, Text):
                    yield from _in_text(part.value, part, file)


def _in_text(text: str, node: Node, file: str) -> Iterator[Problem]:
    match = _TOKENS.search(text) if len(text) >= _SHORTEST_TOKEN else None
    if match:
        line = node.line + text.count("\n", 0, match.start())
        shown = f"{match[0][:8]}…"
        yield Problem(f"credential in plain text: {shown}", Location(file, line, node.column))


RULE = Rule(
    id="plain-secret",
    severity=Severity.ERROR,
    summary="The configuration contains no secret in plain text",
    why=(
        "A secret in a .tf file is also in the repository, its history, every clone, the state and the output of "
        "every plan. It stays there after you remove it from the file."
    ),
    fix="let AWS manage the secret (manage_master_user_password, IAM authentication), or read it at run time",
    check=_check,
    sources=("https://developer.hashicorp.com/terraform/language/manage-sensitive-data",),
)
