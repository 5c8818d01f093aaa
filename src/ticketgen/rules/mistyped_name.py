"""Computed names that miss the resource that they are meant to find, by one letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.escaping import quoted
from ticketgen.findings import Location, Severity
from ticketgen.hcl.configuration import Scope
from ticketgen.rules.lambda_functions import functions
from ticketgen.rules.resource_names import names
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

_WORDS = re.compile(r"([A-Za-z0-9]+)")
_SHORTEST = 4
"""Letters of a word that may be mistyped; among shorter ones, such as a Region's, many differ by one letter."""
_MAX_LENGTH = 300  # characters; longer texts are no names
_MAX_WORDS = 20

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, data sources
_LOOKUPS = {
    "aws_dynamodb_table": "name",
    "aws_iam_role": "name",
    "aws_kinesis_stream": "name",
    "aws_kms_alias": "name",
    "aws_kms_key": "key_id",
    "aws_lambda_function": "function_name",
    "aws_s3_bucket": "bucket",
    "aws_sns_topic": "name",
    "aws_sqs_queue": "name",
}

_ROLE = re.compile(r"(?:execution_|service_)?role(?:_arn)?")


@dataclass(frozen=True, slots=True)
class _Use:
    """A place where code computes the name of a resource."""

    name: str
    user: str
    location: Location
    scope: Scope


def _check(subject: Subject) -> Iterator[Problem]:
    if not all(scope.module.complete for scope in subject.configuration.all_scopes()):
        return  # an unread file may declare the resource
    known = _known(subject)
    by_rest: dict[tuple[int, tuple[str, ...]], set[str]] = {}
    for name in known:
        for place, word, rest in _without_a_word(name):
            by_rest.setdefault((place, rest), set()).add(word)
    for use in _uses(subject):
        if use.name in known:
            continue
        for place, word, rest in _without_a_word(use.name):
            subject.spend()
            close = sorted(each for each in by_rest.get((place, rest), ()) if _is_slip(word, each))
            if close:
                meant = "".join((*rest[:place], close[0], *rest[place:]))
                yield _problem(use, meant, known[meant])
                break


def _problem(use: _Use, meant: str, owner: BlockInstance) -> Problem:
    root = use.scope.root.module.folder
    where = f" for {root}" if root and use.scope.call is not None else ""
    message = (
        f"{use.user} uses the name {quoted(use.name)}{where}, but {owner.address} is named {quoted(meant)}"
    )
    return Problem(message, use.location, f"write {meant}, or refer to the resource")


def _known(subject: Subject) -> Mapping[str, BlockInstance]:
    found: dict[str, BlockInstance] = {}
    for each in names(subject):
        value = each.resource.value_with_defaults(each.attribute)
        if isinstance(value, str) and len(value) <= _MAX_LENGTH:
            found.setdefault(value, each.resource)
    return found


def _uses(subject: Subject) -> Iterator[_Use]:
    for type, key in _LOOKUPS.items():
        for source in subject.data(type):
            yield from _use(
                source.value_with_defaults(key), str(source.address), source.at(key), source.scope
            )
    for resource in subject.all_resources():
        for attribute in resource.block.body.attributes:
            if _ROLE.fullmatch(attribute.name):
                role = resource.text_with_defaults(attribute.name).partition(":role/")[2]
                yield from _use(role, str(resource.address), resource.at(attribute), resource.scope)
    for function in functions(subject):
        blocks = function.resource.nested_blocks("environment")
        for name, value in (function.environment or {}).items():
            user = f"{name} of {function.resource.address}"
            yield from _use(value, user, blocks[0].at("variables"), function.resource.scope)


def _use(value: object, user: str, location: Location, scope: Scope) -> Iterator[_Use]:
    if isinstance(value, str) and value and len(value) <= _MAX_LENGTH:
        yield _Use(value, user, location, scope)


def _without_a_word(name: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """The place of each longer word, the word, and the rest of the name, if the name has several words."""
    words = _WORDS.split(name)
    if not 3 < len(words) <= 2 * _MAX_WORDS + 1:
        return
    for place, word in enumerate(words):
        if word.isalpha() and len(word) >= _SHORTEST - 1:
            yield place, word, (*words[:place], *words[place + 1 :])


def _is_slip(word: str, other: str) -> bool:
    """Whether one letter is missing, surplus or wrong, or two are swapped."""
    if word == other or max(len(word), len(other)) < _SHORTEST:
        return False
    start = next((i for i, pair in enumerate(zip(word, other, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return abs(len(word) - len(other)) == 1
    mine, others = word[start:], other[start:]
    return (
        mine[1:] == others
        or mine == others[1:]
        or mine[1:] == others[1:]
        or (mine[:2] == others[1::-1] and mine[2:] == others[2:])
    )


RULE = Rule(
    id="mistyped-name",
    severity=Severity.WARNING,
    summary="A name that refers to a resource is spelled like the name of that resource",
    why=(
        "Root modules that do not read each other's states refer to tables, roles and keys by name. Terraform does "
        "not compare such names. A wrong one fails only when the function runs, or at the apply of one Region."
    ),
    fix="spell the name as the resource does",
    check=_check,
)
