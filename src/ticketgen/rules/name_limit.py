"""Names that AWS rejects."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws.name_limits import NAME_LIMITS, NameLimit
from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.hcl.syntax import Expression, Literal, Reference
from ticketgen.hcl.values import PartialText
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for (type, attribute), limit in NAME_LIMITS.items():
        if "." in attribute:
            continue  # in a block or a map
        for found in subject.resources(type):
            expression = found.expression(attribute)
            if expression is not None:
                problem = _problem(found, expression, limit)
                if problem:
                    certain = isinstance(found.value(attribute), str)
                    message = f"{found.address}: the {attribute} {problem}"
                    yield Problem(message, found.at(attribute), certain=certain)


def _problem(found: BlockInstance, expression: Expression, limit: NameLimit) -> str:
    value = found.evaluate_with_defaults(expression)
    if isinstance(value, str):
        if not value and not isinstance(expression, Literal):
            return ""  # an empty default that callers override
        predicate = limit.problem(value)
        return f"{quoted(value)} {predicate}" if predicate and _is_filled(found, expression) else ""
    known = _known_characters(found, value) if isinstance(value, PartialText) else 0
    if known > limit.maximum:
        return f"has at least {known} characters, but AWS allows at most {limit.maximum}"
    return ""


def _is_filled(found: BlockInstance, expression: Expression) -> bool:
    """Whether no part of a name is empty with the defaults of the variables, or chosen by a function."""
    assumed, name = found.subject.assumed, found.subject.values.of(expression, found.where)
    if isinstance(name, PartialText):
        return all(assumed.follow_link(each) != "" for each in assumed.parts(name))
    return isinstance(name, str) or (isinstance(expression, Reference) and expression.root == "var")


def _known_characters(found: BlockInstance, text: PartialText) -> int:
    """The minimum length of a name: every unknown part counts as empty."""
    assumed = found.subject.assumed
    known = (assumed.follow_link(each) for each in assumed.parts(text))
    return sum(len(each) for each in known if isinstance(each, str))


RULE = Rule(
    id="name-limit",
    severity=Severity.ERROR,
    certain=True,
    summary="Every name meets AWS's rules for length, characters and their order",
    why=(
        "AWS rejects the name during the apply, when half of the stack exists. A longer suffix or Region can break "
        "names that were fine before."
    ),
    fix="shorten the name, or use only the characters that AWS accepts",
    check=_check,
    sources=("ticketgen/aws/name_limits.py lists each limit with its source.",),
)
