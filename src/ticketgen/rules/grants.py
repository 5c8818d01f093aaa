"""The actions that the role of a function grants, from all of its policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ticketgen.findings import Location
from ticketgen.hcl.address import Address
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.declarations import Declaration
from ticketgen.hcl.values import PartialText, ResourceReference
from ticketgen.rules.lambda_functions import LambdaResource, functions
from ticketgen.rules.policies import statements_of
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["Granted", "grants", "matches_pattern"]

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html: policies for AWS services.
_BASIC_POLICIES = ("service-role/AWSLambdaBasicExecutionRole", "service-role/AWSLambdaVPCAccessExecutionRole",
                 "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess")  # fmt: skip
_UNSEEN_TEXT = "what the roles of functions grant, because of {}"
_ROLE_POLICY_TYPES = frozenset({"aws_iam_role_policy", "aws_iam_role_policy_attachment"})


@dataclass(frozen=True)
class Granted:
    """The actions that a function may call.

    Attributes:
        function: the function that has the role.
        actions: each action or pattern that a statement allows, as written, with the location of the statement.
            Denials do not matter here: a call that no statement allows fails with or without them.
        shared: whether another function has the same role.
    """

    function: LambdaResource
    actions: tuple[tuple[str, Location], ...]
    shared: bool

    def allows(self, action: str) -> bool:
        """Whether a statement grants an action, on any resource."""
        return self._allowed.allows(action)

    @cached_property
    def _allowed(self) -> _Patterns:
        return self.function.resource.subject.memoized(
            ("patterns", id(self.actions)), lambda: _Patterns(self.actions)
        )


class _Patterns:
    """The action patterns that a role allows: case-insensitive, with ``*`` and ``?``."""

    def __init__(self, actions: tuple[tuple[str, Location], ...]) -> None:
        self._actions = actions  # keeps them alive, because their id is a key
        patterns = {action.lower() for action, _ in actions}
        self._wild = sorted(each for each in patterns if "*" in each or "?" in each)
        self._exact = patterns
        self._known: dict[str, bool] = {}

    def allows(self, action: str) -> bool:
        """Whether a pattern matches an action."""
        if action not in self._known:
            lower = action.lower()
            self._known[action] = lower in self._exact or any(
                matches_pattern(each, lower) for each in self._wild
            )
        return self._known[action]


def matches_pattern(pattern: str, text: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` matches the whole text."""
    here = after = 0  # in the pattern: the current position, and the position after the last star
    start = at = 0  # in the text: the end of the match of that star, and the current position
    while at < len(text):
        if here < len(pattern) and pattern[here] == "*":
            here += 1
            after, start = here, at
        elif here < len(pattern) and pattern[here] in ("?", text[at]):
            here, at = here + 1, at + 1
        elif after:
            start += 1
            here, at = after, start
        else:
            return False
    return not pattern[here:].strip("*")


def grants(subject: Subject) -> Iterator[Granted]:
    """The grants of each function whose role and policies are all known."""
    all_functions = list(functions(subject))
    roles = [_role(function) for function in all_functions]
    policies = list(
        subject.resources(
            "aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_role_policies_exclusive"
        )
    )
    # A policy of an unknown role may belong to any role, and so may one in an aws_iam_policy_attachment.
    uncertain_roots = {id(each.scope.root) for each in policies if each.link("role") is None}
    for each in subject.resources("aws_iam_policy_attachment"):
        uncertain_roots.add(id(each.scope.root))
        if all_functions:
            subject.note_unseen(each.location, _UNSEEN_TEXT.format("aws_iam_policy_attachment"))
    by_role: dict[tuple[Scope, Declaration], list[BlockInstance]] = {}
    for policy in policies:
        link = policy.link("role")
        if link is not None:
            by_role.setdefault((link.scope, link.resource), []).append(policy)
    # A file that could not be read may have policies of any role.
    scopes = subject.configuration.all_scopes()
    uncertain_roots |= {id(scope.root) for scope in scopes if not scope.module.complete}
    users: dict[Declaration, set[Address]] = {}
    for function, role in zip(all_functions, roles, strict=True):
        if role is not None:
            users.setdefault(role.resource, set()).add(function.resource.address)
    known: dict[tuple[Scope, Declaration], tuple[tuple[str, Location], ...] | None] = {}
    for function, role in zip(all_functions, roles, strict=True):
        if role is None or role.resource.type != "aws_iam_role":
            continue
        if id(role.scope.root) in uncertain_roots:
            continue
        key = role.scope, role.resource
        if key not in known:
            known[key] = _actions(subject, role, by_role.get(key, []))
        actions = known[key]
        if actions is not None:
            yield Granted(function, actions, len(users[role.resource]) > 1)


def _role(function: LambdaResource) -> ResourceReference | None:
    """The role of a function, by reference or by an ARN with the role's name.

    A name that is computed from variables may be that of a role in another root module of the same repository.
    """
    subject = function.resource.subject
    expression, values = function.resource.expression("role"), subject.values
    value = values.of(expression, function.resource.where)
    match values.parts(value) if isinstance(value, PartialText) else ():
        case (*_, str(before), ResourceReference() as name) if before.endswith(":role/"):
            value = name
            if name.resource.type in _ROLE_POLICY_TYPES and name.path == ("role",):
                value = values.of(name.resource.value("role"), name.scope)
    if isinstance(value, ResourceReference):
        return value
    roles = subject.memoized("roles by name", lambda: _roles_by_name(subject))
    found = roles.get(function.resource.text_with_defaults("role").partition(":role/")[2], [])
    return found[0] if len(found) == 1 else None


def _roles_by_name(subject: Subject) -> dict[str, list[ResourceReference]]:
    """The roles with names that are known, if the variables of root modules have their defaults."""
    found: dict[str, list[ResourceReference]] = {}
    for role in subject.resources("aws_iam_role"):
        name = role.value_with_defaults("name")
        if isinstance(name, str) and name:
            found.setdefault(name, []).append(ResourceReference(role.scope, role.declared))
    return found


def _actions(
    subject: Subject, role: ResourceReference, policies: list[BlockInstance]
) -> tuple[tuple[str, Location], ...] | None:
    block = role.resource.block
    if block.attribute("managed_policy_arns") or block.blocks("inline_policy") or block.blocks("dynamic"):
        subject.note_unseen(role.resource.location, _UNSEEN_TEXT.format("policies inside a role"))
        return None
    found: list[tuple[str, Location]] = []
    for policy in policies:
        holder: BlockInstance | None = policy
        if policy.declared.type == "aws_iam_role_policy_attachment":
            arn = policy.value_with_defaults("policy_arn")
            if isinstance(arn, str) and arn.endswith(_BASIC_POLICIES):
                continue
            link = policy.link("policy_arn")
            if link is None or link.resource.type != "aws_iam_policy":
                if isinstance(arn, str):
                    subject.note_unseen(
                        policy.location, _UNSEEN_TEXT.format("a policy that is not in the configuration")
                    )
                return None
            holder = subject.first_instance(link)
        statements = statements_of(holder, "policy") if holder is not None else ()
        if statements is None:
            return None
        for statement in statements:
            if statement.deny:
                continue
            if not statement.allow or statement.is_negated:
                subject.note_unseen(
                    statement.location,
                    _UNSEEN_TEXT.format("a statement with an unknown effect, or with exceptions"),
                )
                return None
            if statement.actions is None:
                return None
            found += [(action, statement.location) for action in statement.actions]
    return tuple(found)
