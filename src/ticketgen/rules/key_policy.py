"""Policies of KMS keys that nobody could change afterwards, which KMS rejects."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.values import is_known
from ticketgen.rules.grants import matches_pattern
from ticketgen.rules.policy_elements import WrittenStatement, texts_of
from ticketgen.rules.policy_form import PolicyUse, policy_uses
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

_TYPES = ("aws_kms_key", "aws_kms_key_policy")
_BYPASS = "bypass_policy_lockout_safety_check"
_CHANGE = "kms:putkeypolicy"
_MERGED = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")


def _check(subject: Subject) -> Iterator[Problem]:
    for use in policy_uses(subject):
        found = use.found
        if found.declared.type not in _TYPES or found.has(_BYPASS) or not _is_whole(use):
            continue
        if not any(map(_may_permit, use.statements)):
            message = f"KMS rejects the policy of {found.address}: it allows no one kms:PutKeyPolicy"
            yield Problem(message, found.at(use.name))


def _is_whole(use: PolicyUse) -> bool:
    """Whether all statements of the policy are known."""
    if not use.statements:
        return False
    link = use.found.link(use.name)
    if link is not None:
        block = link.resource.block
        return not any(block.attribute(name) for name in (*_MERGED, "count", "for_each"))
    listed = use.document.get("Statement") if isinstance(use.document, dict) else None
    return len(listed if isinstance(listed, list) else [listed]) == len(use.statements)


def _may_permit(statement: WrittenStatement) -> bool:
    """Whether a statement lets somebody change the policy, or may do so."""
    elements = statement.elements
    if elements.get("Effect") == "Deny":
        return False
    principal, actions = elements.get("Principal"), elements.get("Action")
    if isinstance(principal, dict) and principal and set(principal) == {"Service"}:
        return False
    # What is absent may be spelled in another case, or negated.
    if actions is None or not is_known(actions):
        return True
    return any(
        not action.isascii() or "$" in action or matches_pattern(action.lower(), _CHANGE)
        for action in texts_of(actions)
    )


RULE = Rule(
    id="key-policy",
    severity=Severity.ERROR,
    selective=True,
    certain=True,
    summary="Someone may change the policy of every KMS key",
    why=(
        "KMS rejects a policy that does not allow the caller to change it later, unless "
        "bypass_policy_lockout_safety_check is set. No policy of IAM can replace that permission."
    ),
    fix="allow kms:* to the root user of the account, arn:aws:iam::ACCOUNT:root",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html",
    ),
)
