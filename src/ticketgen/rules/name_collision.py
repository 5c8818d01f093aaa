"""Name collisions, of global services across Regions and within one module."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.aws.name_limits import NAME_LIMITS
from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.hcl.address import Address
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.provider_resolution import provider_of
from ticketgen.hcl.syntax import Reference
from ticketgen.hcl.values import is_known
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; IAM is global.
_GLOBAL = {("aws_s3_bucket", "bucket"), ("aws_iam_policy", "name"), ("aws_iam_user", "name"),
           ("aws_iam_group", "name"), ("aws_iam_instance_profile", "name")}  # fmt: skip


def _check(subject: Subject) -> Iterator[Problem]:
    unique_in_account = {key for key, limit in NAME_LIMITS.items() if limit.scope == "global"} | _GLOBAL
    regional = {key for key, limit in NAME_LIMITS.items() if limit.scope == "regional" and "." not in key[1]}
    has_several_accounts: dict[int, bool] = {}
    for type, attribute in sorted(unique_in_account | regional):
        taken: dict[tuple[object, ...], BlockInstance] = {}
        for found in subject.resources(type):
            value = found.value_with_defaults(attribute)
            if not isinstance(value, str) or _is_conditional(found):
                continue
            root = found.scope.root
            if id(root) not in has_several_accounts:
                has_several_accounts[id(root)] = _may_use_several_accounts(root)
            if has_several_accounts[id(root)]:
                continue
            provider = provider_of(found.scope, found.declared)
            if provider is None:  # passed by an unknown caller: each may be of another account
                continue
            # For a regional service, only one provider of one module is certain to mean one Region.
            area: tuple[object, ...] = (id(root),)
            if (type, attribute) not in unique_in_account:
                region = found.value("region")  # since AWS provider 6, an argument of each resource
                if not is_known(region):
                    continue
                area = (*area, id(found.scope), _provider(found), region)
            other = taken.setdefault((*area, value), found)
            if other is not found:
                yield _problem(found, other, attribute, value)


def _problem(found: BlockInstance, other: BlockInstance, attribute: str, value: str) -> Problem:
    other_address = f"{other.scope.path}.{other.address}" if other.scope.path else other.address
    if found.declared.block is other.declared.block:
        modules = [scope.path or "the root module" for scope in (found.scope, other.scope)]
        where = f"in both {' and '.join(modules)}" if found.scope is not other.scope else "more than once"
        message = f"{found.address} is named {quoted(value)} {where}"
    else:
        message = f"{found.address} is named {quoted(value)}, as {other_address} is"
    return Problem(message, found.at(attribute))


def _is_conditional(found: BlockInstance) -> bool:
    """Whether it is unknown if, or how often, a resource is created."""
    scope = found.scope
    if found.subject.memoized(("looped", id(scope)), lambda: _is_looped(scope)):
        return True
    return found.is_conditional


def _is_looped(scope: Scope) -> bool:
    """Whether one of the module calls that lead to a scope has a loop."""
    calls = [each.call for each in scope.chain if each.call is not None]
    return any(call.value(name) is not None for call in calls for name in ("count", "for_each"))


def _provider(found: BlockInstance) -> Address | None:
    expression = found.expression("provider")
    return expression.address if isinstance(expression, Reference) else None


def _may_use_several_accounts(root: Scope) -> bool:
    """Whether the root module may use several accounts: then no collision is certain."""
    attributes = {"profile", "access_key", "shared_credentials_files", "allowed_account_ids"}
    return any(
        block.attribute(name) is not None or bool(block.blocks(name))
        for block in root.module.blocks("provider")
        for name in (*attributes, "assume_role", "assume_role_with_web_identity")
    )


RULE = Rule(
    id="name-collision",
    severity=Severity.ERROR,
    summary="No two resources have the same name if AWS requires it to be unique",
    why=(
        "The names of IAM roles, dashboards and buckets are global. A module that is called once per Region creates "
        "the same name each time. From the second call on, AWS reports that the name exists, or two resources "
        "overwrite each other on every apply."
    ),
    fix="add the Region to the name, or create the resource once, outside the module",
    check=_check,
    sources=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",),
)
