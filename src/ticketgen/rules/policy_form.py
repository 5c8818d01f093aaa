"""Policies that AWS rejects: elements that a policy of their kind must not have, or lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ticketgen.aws.regions import PARTITIONS
from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.guesses import did_you_mean
from ticketgen.hcl.syntax import Call
from ticketgen.hcl.values import ResourceReference, Unknown, Value, is_known
from ticketgen.rules.policy_elements import (
    WrittenStatement,
    argument_statements,
    document_statements,
    texts_of,
    written_json,
)
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["POLICY_KINDS", "RULE", "PolicyKind", "PolicyUse", "policy_uses"]


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """What AWS requires of the policies in an argument.

    Attributes:
        name: what the policy is, with its article.
        needs: elements of each statement, of which "Principal" also stands for NotPrincipal, and so on.
        refuses: elements that no statement may have.
        is_iams: whether IAM itself stores the policy, so that its own rules for ids and resources count.
        maximum: the limit of characters without white space; 0 if there is none here.
    """

    name: str
    needs: tuple[str, ...] = ("Effect", "Action")
    refuses: tuple[str, ...] = ()
    is_iams: bool = False
    maximum: int = 0


def _identity(maximum: int) -> PolicyKind:
    return PolicyKind(
        "an identity-based policy",
        ("Effect", "Action", "Resource"),
        ("Principal", "NotPrincipal"),
        True,
        maximum,
    )


_TRUST = PolicyKind(
    "a trust policy",
    ("Effect", "Action", "Principal"),
    ("Resource", "NotResource"),
    is_iams=True,
    maximum=8192,
)
_OF_RESOURCE = PolicyKind("a resource-based policy", ("Effect", "Action", "Principal"))
_OF_BUCKET = PolicyKind("a bucket policy", ("Effect", "Action", "Principal", "Resource"))

# Characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
POLICY_KINDS: Mapping[tuple[str, tuple[str, ...], str], PolicyKind] = {
    ("aws_iam_policy", (), "policy"): _identity(6144),
    ("aws_iam_role_policy", (), "policy"): _identity(10_240),
    ("aws_iam_role", ("inline_policy",), "policy"): _identity(10_240),
    ("aws_iam_user_policy", (), "policy"): _identity(2048),
    ("aws_iam_group_policy", (), "policy"): _identity(5120),
    ("aws_iam_role", (), "assume_role_policy"): _TRUST,
    ("aws_s3_bucket_policy", (), "policy"): _OF_BUCKET,
    **{
        (type, (), "policy"): _OF_RESOURCE
        for type in (
            "aws_sqs_queue_policy", "aws_sqs_queue", "aws_sns_topic_policy", "aws_sns_topic", "aws_kms_key",
            "aws_kms_key_policy", "aws_ecr_repository_policy",
        )
    },
}  # fmt: skip
"""The arguments with policies of a known kind, by type, path of blocks, and name."""

_STATEMENT = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_DOCUMENT = ("Version", "Id", "Statement")
_EXCLUSIVE = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_SID = re.compile(
    "[A-Za-z0-9]*"
)  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
_MAX_SHOWN = 256


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """A policy where it is used.

    Attributes:
        kind: what AWS requires of it.
        found: the resource or block with the policy.
        name: the argument.
        document: the decoded policy; None if it is a data source or unknown.
        statements: its known statements.
    """

    kind: PolicyKind
    found: BlockInstance
    name: str
    document: Value
    statements: tuple[WrittenStatement, ...]


def policy_uses(subject: Subject) -> tuple[PolicyUse, ...]:
    """Every policy of a known kind, with the statements that do not depend on defaults."""
    return subject.memoized("policy uses", lambda: tuple(_uses(subject)))


def _uses(subject: Subject) -> Iterator[PolicyUse]:
    for (type, path, name), kind in POLICY_KINDS.items():
        for resource in subject.resources(type):
            blocks = [resource]
            for step in path:
                blocks = [inner for block in blocks for inner in block.nested_blocks(step)]
            for block in blocks:
                expression = block.expression(name)
                if expression is None:
                    continue
                link = block.link(name)
                if link is not None:
                    yield PolicyUse(kind, block, name, None, tuple(_of_link(subject, link)))
                    continue
                document = written_json(block, expression, subject.values)
                statements = tuple(argument_statements(block, expression, subject.values))
                yield PolicyUse(kind, block, name, document, statements)


def _of_link(subject: Subject, link: ResourceReference) -> Iterator[WrittenStatement]:
    if link.resource.type != "aws_iam_policy_document" or link.path not in (("json",), ("minified_json",)):
        return
    for document in subject.data("aws_iam_policy_document"):
        is_known = document.declared is link.resource and document.scope is link.scope
        if is_known and not document.loops("statement") and not document.has("override_policy_documents"):
            yield from document_statements(document, subject.values)


def _check(subject: Subject) -> Iterator[Problem]:
    for use in policy_uses(subject):
        yield from _of_document(use)
        sids: set[str] = set()
        for statement in use.statements:
            subject.spend()
            for message, help in _of_statement(use.kind, statement):
                yield Problem(f"AWS rejects {use.kind.name}: {message}", statement.location, help)
            sid = statement.elements.get("Sid")
            if use.kind.is_iams and isinstance(sid, str) and sid:
                if sid in sids:
                    message = f"two statements have the Sid {quoted(sid[:_MAX_SHOWN])}"
                    yield Problem(f"AWS rejects {use.kind.name}: {message}", statement.location, "rename one")
                sids.add(sid)


def _of_document(use: PolicyUse) -> Iterator[Problem]:
    document, where = use.document, use.found.at(use.name)
    if not isinstance(document, dict):
        return
    for name in document:
        if _is_unknown(name, _DOCUMENT):
            message = f"AWS rejects {use.kind.name}: it has the unknown element {quoted(name[:_MAX_SHOWN])}"
            yield Problem(message, where, did_you_mean(name, _DOCUMENT))
    if use.kind.maximum and is_known(document):
        length = _characters(use, document)
        if length > use.kind.maximum:
            message = (
                f"AWS rejects {use.kind.name}: it has {length:,} characters, and at most {use.kind.maximum:,} are "
                "allowed"
            )
            yield Problem(message, where, "use several policies, or wildcards in the ARNs")


def _characters(use: PolicyUse, document: Value) -> int:
    """The length of a policy without white space, as it is written: text keeps its escapes."""
    expression = use.found.expression(use.name)
    is_encoded = isinstance(expression, Call) and expression.name == "jsonencode"
    text = use.found.subject.values.resolved(expression, use.found.where)
    if is_encoded or not isinstance(text, str):
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return sum(not each.isspace() for each in text)


def _of_statement(kind: PolicyKind, statement: WrittenStatement) -> Iterator[tuple[str, str]]:
    elements = statement.elements
    # An unknown element may be null, and so absent.
    has = {
        name
        for name in elements
        if name in _STATEMENT and elements[name] is not None and not isinstance(elements[name], Unknown)
    }
    for name in elements:
        if _is_unknown(name, _STATEMENT):
            yield (
                f"a statement has the unknown element {quoted(name[:_MAX_SHOWN])}",
                did_you_mean(name, _STATEMENT),
            )
    spelled = {each.lower() for each in elements}
    for name in kind.needs:
        if name.lower() not in spelled and f"not{name.lower()}" not in spelled:
            yield f"a statement has no {name}", f"add {name}"
    for name in kind.refuses:
        if name in has:
            yield f"a statement has {name}, which such a policy must not have", f"remove {name}"
    for one, other in _EXCLUSIVE:
        if one in has and other in has:
            yield f"a statement has both {one} and {other}", "use two statements"
    if not kind.is_iams:
        return
    sid = elements.get("Sid")
    if isinstance(sid, str) and sid.isascii() and not _SID.fullmatch(sid):
        yield (
            f"the Sid {quoted(sid[:_MAX_SHOWN])} has other characters than letters and digits",
            "use only these",
        )
    if kind is _TRUST:
        for action in texts_of(elements.get("Action")):
            service = action.partition(":")[0].lower()
            if action.isascii() and ":" in action and service != "sts" and "*" not in service:
                yield (
                    f"it allows {quoted(action[:_MAX_SHOWN])}, which is not an action of STS",
                    "use sts:AssumeRole",
                )
    for name in ("Resource", "NotResource"):
        for resource in texts_of(elements.get(name)):
            problem = _of_resource(resource)
            if problem:
                yield f"the resource {quoted(resource[:_MAX_SHOWN])} {problem}", "write * or an ARN"


def _is_unknown(name: str, known: tuple[str, ...]) -> bool:
    return name.isascii() and name.lower() not in {each.lower() for each in known}


def _of_resource(resource: str) -> str:
    """What is wrong with a resource, as the predicate of a sentence; "" if nothing is."""
    if resource.startswith("*") or not resource.isascii():
        return ""
    first, *rest = resource.split(":", 2)
    if not rest or (first != "arn" and "*" not in first and "?" not in first and "$" not in first):
        return "is not an ARN"
    partition = rest[0]
    if partition not in PARTITIONS and not re.search(r"[*?$]", partition):
        return f"has the unknown partition {quoted(partition)}"
    if len(rest) == 2 and rest[1].startswith("iam:") and not re.match(r"iam:(?::|[*?$])", rest[1]):
        return "has a Region, although IAM has none"
    return ""


RULE = Rule(
    id="policy-form",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    summary="Every policy has the elements that its kind requires, and none that it must not have",
    why=(
        "Terraform does not check the elements of a policy. An identity-based policy must not name principals, a trust "
        "policy must not name resources, and a resource-based policy needs principals. AWS rejects other policies "
        "during the apply."
    ),
    fix="write the statement in the grammar of IAM policies",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html",
    ),
)
