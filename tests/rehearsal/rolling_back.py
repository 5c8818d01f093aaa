"""A new version of a function is deployed in one Region, and rolled back there with one apply."""

from __future__ import annotations

import json
from typing import Any

from applied_stack import AppliedStack

from ticketgen.rehearsal.sale import RegionApi
from ticketgen.stack.roots import RootKind, RootModule

__all__ = ["prove_roll_back"]

CODE = "modules/code/seat_availability.tf"
OLD, NEW = "there is no such event", "no event has this id"
"""What the function answers for an id that no event can have, before any other call."""


def prove_roll_back(applied: AppliedStack) -> None:
    """Deploy changed code in the first Region of an applied stack, and roll it back; the others keep theirs."""
    regions = {root.region: root for root in applied.roots if root.kind is RootKind.REGIONS}
    root, *others = regions.values()
    apis = {api.region: api for api in applied.deployment().apis()}
    before = {other.region: _aliases(applied, other) for other in others}

    file = applied.folder / CODE
    text = file.read_text("utf-8")
    file.write_text(text.replace(OLD, NEW), encoding="utf-8", newline="")
    assert applied.apply(root) == {"update": 2}, "the function and its alias"
    answers = {region: _answer(applied, api) for region, api in apis.items()}
    assert answers == {root.region: NEW} | {other.region: OLD for other in others}
    first, second = _versions(applied, root)
    assert _aliases(applied, root)[_name(applied, root)] == second

    applied.variables["TF_VAR_function_versions"] = json.dumps({"seat_availability": first})
    alias = f"{root.path}: module.region.aws_lambda_alias.seat_availability"
    assert applied.changes(root) == {(alias, "update")}
    assert applied.apply(root) == {"update": 1}

    assert {_answer(applied, api) for api in apis.values()} == {OLD}
    assert _versions(applied, root) == [first, second], "the newer version stays"
    assert _aliases(applied, root)[_name(applied, root)] == first
    assert {other.region: _aliases(applied, other) for other in others} == before
    del applied.variables["TF_VAR_function_versions"]
    file.write_text(text, encoding="utf-8", newline="")


def _answer(applied: AppliedStack, api: RegionApi) -> str:
    status, body = applied.aws.call("GET", f"{api.url}/events/-/seats")
    assert status == 404, body
    answer: dict[str, Any] = json.loads(body)
    return str(answer["message"])


def _versions(applied: AppliedStack, root: RootModule) -> list[str]:
    """The published versions of the function, oldest first."""
    found = applied.aws.client("lambda", root.region).list_versions_by_function(
        FunctionName=_name(applied, root)
    )
    return [each["Version"] for each in found["Versions"] if each["Version"] != "$LATEST"]


def _aliases(applied: AppliedStack, root: RootModule) -> dict[str, str]:
    """The version that each function serves in a Region."""
    client = applied.aws.client("lambda", root.region)
    return {
        name: client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        for name in _names(applied, root)
    }


def _name(applied: AppliedStack, root: RootModule) -> str:
    (name,) = (name for name in _names(applied, root) if "-seat-availability-" in name)
    return name


def _names(applied: AppliedStack, root: RootModule) -> list[str]:
    functions = applied.aws.client("lambda", root.region).list_functions()["Functions"]
    return [each["FunctionName"] for each in functions]
