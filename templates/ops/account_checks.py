"""Checks of the account before the first apply: caller, enabled Regions, IAM names and rights."""

from __future__ import annotations

from collections.abc import Iterator

from console import Stack
from botocore.exceptions import ClientError
from checking import LOST, OK, PROBLEM, UNKNOWN, Result, attempt, aws
from name_checks import names_taken

__all__ = ["check_account"]

BATCH = 50  # actions per simulation


def check_account(stack: Stack) -> list[Result]:
    """Check what the account has once, through the first Region that answers."""
    for region in (*stack.hubs, *stack.regions):
        try:
            arn = aws("sts", region).get_caller_identity()["Arn"]
            break
        except (*LOST, ClientError):
            continue
    else:
        return [Result("", "caller", UNKNOWN, "no Region answers")]
    runtime = stack.preflight["runtime"]
    return [
        Result("", "caller", OK, arn),
        *attempt("", "enabled Regions", lambda: _enabled(stack, region)),
        *attempt("", "names", lambda: names_taken(stack, region, "account")),
        *attempt("", "rights", lambda: _rights(stack, region, arn)),
        Result(
            "", "runtime", UNKNOWN, f"Lambda has no call that lists its runtimes, so {runtime} is not checked"
        ),
    ]


def _enabled(stack: Stack, region: str) -> Iterator[Result]:
    found = aws("ec2", region).describe_regions(
        AllRegions=True, Filters=[{"Name": "region-name", "Values": list(stack.regions)}]
    )["Regions"]
    status = {each["RegionName"]: each["OptInStatus"] for each in found}
    closed = sorted(name for name in stack.regions if status.get(name, "not-opted-in") == "not-opted-in")
    if closed:
        yield Result("", "enabled Regions", PROBLEM, f"enable in the account: {', '.join(closed)}")
    else:
        yield Result("", "enabled Regions", OK, f"all {len(stack.regions)}")


def _rights(stack: Stack, region: str, arn: str) -> Iterator[Result]:
    """Simulate the caller's policies, on any resource and without conditions."""
    account, name = arn.split(":")[4], arn.rpartition("/")[0].rpartition("/")[2]
    if arn.endswith(":root"):
        yield Result("", "rights", OK, "the caller is the account's root user")
        return
    iam = aws("iam", region)
    if ":assumed-role/" in arn:
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]  # the caller's ARN lacks the role's path
    elif ":user/" not in arn:
        yield Result(
            "",
            "rights",
            UNKNOWN,
            f"{arn} in account {account} is neither a role nor a user, so its policies cannot be simulated",
        )
        return
    actions = stack.preflight["apply_actions"]
    denied = []
    for start in range(0, len(actions), BATCH):
        answer = iam.simulate_principal_policy(
            PolicySourceArn=arn, ActionNames=actions[start : start + BATCH]
        )
        denied += [
            each["EvalActionName"]
            for each in answer["EvaluationResults"]
            if each["EvalDecision"] != "allowed"
        ]
    if denied:
        text = (
            f"not allowed on all resources (ignore actions allowed on the stack's own): {', '.join(denied)}"
        )
        yield Result("", "rights", PROBLEM, text)
    else:
        yield Result(
            "", "rights", OK, f"the caller may create everything (actions simulated: {len(actions)})"
        )
