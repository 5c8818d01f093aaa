"""What a change of some Terraform does, from its text before and after."""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.consequences.consequence import Consequence
from ticketgen.consequences.deployment import Deployment, read_deployment
from ticketgen.consequences.resource_instances import ResourceInstance
from ticketgen.consequences.stack_plan import StackFiles, plan_stack

__all__ = ["actions", "changes", "consequences", "instances", "reasons"]

Files = Mapping[str, str] | str


def consequences(before: Files, after: Files) -> list[Consequence]:
    """What happens to a root module; a text alone is its only file."""
    planned = plan_stack(StackFiles("prod", _files(before), _files(after)))
    assert planned.value is not None, planned.findings
    assert not planned.value.unread
    assert not planned.value.shortages
    return [each for root in planned.value.roots for each in root.consequences]


def actions(before: Files, after: Files) -> dict[str, str]:
    """The action for each address, in the order of the plan."""
    return {each.address: each.action.value for each in consequences(before, after)}


def reasons(before: Files, after: Files) -> dict[str, tuple[str, ...]]:
    """The reasons for each address."""
    return {each.address: each.reasons for each in consequences(before, after)}


def changes(before: str, after: str, around: str = "") -> bool:
    """Whether the value of an argument changes.

    Args:
        before: the expression before.
        after: the expression after.
        around: declarations that both use.
    """
    resource = 'resource "aws_sqs_queue" "changed" {{\n  name = {}\n}}\n{}'
    found = actions(resource.format(before, around), resource.format(after, around))
    assert found in ({}, {"aws_sqs_queue.changed": "replace"}), found
    return bool(found)


def instances(files: Files) -> dict[str, ResourceInstance]:
    """The instances of all root modules by address."""
    read = read_deployment(_files(files), {})
    assert isinstance(read.value, Deployment), read.findings
    return {each.address: each for root in read.value.roots.values() for each in root.instances}


def _files(files: Files) -> Mapping[str, str]:
    return {"main.tf": files} if isinstance(files, str) else files
