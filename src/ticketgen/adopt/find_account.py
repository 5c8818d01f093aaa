"""Find the AWS account, the role that Terraform assumes, and the bucket of its state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.adopt.stack_view import StackView
from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Location
from ticketgen.hcl.syntax import Block, Literal

__all__ = ["find_account", "find_state"]

_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[A-Za-z0-9_+=,.@/-]+")
_ACCOUNT: Final = re.compile(r"(?:aws_)?account(?:_id)?")
_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")


def find_account(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """Yield the account and the role, if all providers have the same."""
    roles: dict[str, tuple[str, Location]] = {}
    accounts: dict[str, tuple[str, Location]] = {}
    for provider in view.providers():
        for block in provider.block.blocks("assume_role"):
            role = block.text("role_arn")
            if found := _ROLE.fullmatch(role):
                roles.setdefault(role, (provider.title, block.at("role_arn")))
                accounts.setdefault(found[1], (f"the role of {provider.title}", block.at("role_arn")))
            elif role:
                yield LeftOut(
                    f"the role {role} of {provider.title}",
                    "a part of it is not known from the code: set `deploy_role`",
                    block.location,
                )
        allowed = provider.block.value("allowed_account_ids")
        for account in allowed if isinstance(allowed, list) else ():
            accounts.setdefault(
                str(account),
                (f"allowed_account_ids of {provider.title}", provider.block.at("allowed_account_ids")),
            )
        for name in ("profile", "access_key"):
            if provider.block.block.attribute(name) is not None:
                reason = "Terraform takes credentials from the environment: export AWS_PROFILE, or set `deploy_role`"
                yield LeftOut(f"{name} of {provider.title}", reason, provider.block.at(name))
    for each in view.named_values():
        if not accounts and _ACCOUNT.fullmatch(each.name) and _ACCOUNT_ID.fullmatch(str(each.value)):
            accounts[str(each.value)] = each.written, each.location
    if len(accounts) > 1:
        names = ", ".join(sorted(accounts))
        yield LeftOut(
            f"the accounts {names}",
            "an environment has one account: create an environment for each",
            next(iter(accounts.values()))[1],
        )
        return
    for account, (basis, location) in accounts.items():
        if _ACCOUNT_ID.fullmatch(account):
            yield FoundValue(("account_id",), account, basis, location)
        else:
            reason = "no account id of 12 digits is known from the code: set `account_id`"
            yield LeftOut(f"the account in {basis}", reason, location)
    if len(roles) == 1:
        role, (basis, location) = next(iter(roles.items()))
        yield FoundValue(("deploy_role",), role, f"assume_role of {basis}", location)
    elif roles:
        yield LeftOut(
            f"{len(roles)} roles",
            "an environment has one role: set `deploy_role`",
            next(iter(roles.values()))[1],
        )


def find_state(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """Yield the bucket of the state and its Region."""
    buckets: dict[str, tuple[str, Location]] = {}
    for run in view.runs:
        for file in run.run.root.module.files:
            for terraform in file.body.blocks:
                if terraform.type != "terraform":
                    continue
                for cloud in terraform.blocks("cloud"):
                    yield _no_backend("HCP Terraform", cloud.at(file.path))
                for backend in terraform.blocks("backend"):
                    kind = backend.labels[0] if backend.labels else ""
                    if kind == "local":
                        continue
                    if kind != "s3":
                        yield _no_backend(f"the backend {kind}", backend.at(file.path))
                        continue
                    bucket, region = (_literal(backend, name) for name in ("bucket", "region"))
                    if bucket:
                        buckets.setdefault(bucket, (region, backend.at(file.path)))
                    elif view.backends:
                        buckets |= {name: (where, at) for name, where, at in view.backends}
                    else:
                        reason = "its bucket is not known from the code: set `state.bucket`"
                        yield LeftOut("the backend s3", reason, backend.at(file.path))
                    if _literal(backend, "dynamodb_table"):
                        reason = "rendered states are locked with use_lockfile"
                        yield LeftOut(
                            f"the lock table {_literal(backend, 'dynamodb_table')}",
                            reason,
                            backend.at(file.path),
                        )
    yield from _bucket(buckets)


def _no_backend(what: str, location: Location) -> LeftOut:
    return LeftOut(what, "states are kept in S3 or locally: set `state.bucket`", location)


def _literal(block: Block, name: str) -> str:
    value = block.value(name)
    return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""


def _bucket(buckets: dict[str, tuple[str, Location]]) -> Iterator[FoundValue | LeftOut]:
    shapes = {_shape(bucket): bucket for bucket in buckets}
    if not buckets:
        return
    shape, first = next(iter(shapes.items()))
    region, location = buckets[first]
    if len(shapes) > 1:
        others = ", ".join(sorted(set(buckets) - {first}))
        yield LeftOut(
            f"the state buckets {others}", f"a spec has one bucket, {first}, or one for each Region", location
        )
    if len(shapes) == 1 and len(buckets) > 1:
        yield FoundValue(("state", "bucket"), shape, "the backends s3", location)
        return
    yield FoundValue(("state", "bucket"), first, "the backend s3", location)
    if region in REGIONS:
        yield FoundValue(("state", "region"), region, "the backend s3", location)
    elif region:
        reason = "it is not a Region of AWS that ticketgen knows: set `state.region`"
        yield LeftOut(f"Region {region} of the backend s3", reason, location)


def _shape(bucket: str) -> str:
    found = next((region for region in sorted(REGIONS, key=len, reverse=True) if region in bucket), None)
    return bucket.replace(found, "{region}") if found else bucket
