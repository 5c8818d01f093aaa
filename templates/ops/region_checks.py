"""Checks of one Region before the first apply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from console import Stack
from botocore.exceptions import ClientError
from checking import LOST, OK, PROBLEM, UNKNOWN, Result, attempt, aws, code_of
from name_checks import names_taken

__all__ = ["check_region"]

# The Region refuses credentials of an account that has not enabled it.
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
REFUSED = {"AuthFailure", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"}


def check_region(stack: Stack, region: str) -> list[Result]:
    """Check everything in a Region; a Region that does not answer is one finding."""
    try:
        aws("sts", region).get_caller_identity()
    except LOST as error:
        return [Result(region, "answer", PROBLEM, f"the Region does not answer ({type(error).__name__})")]
    except ClientError as error:
        if code_of(error) in REFUSED:
            text = f"the Region refuses the credentials ({code_of(error)}): is it enabled in the account?"
            return [Result(region, "answer", PROBLEM, text)]
        return [Result(region, "answer", UNKNOWN, f"{error.operation_name} was refused: {code_of(error)}")]
    found = [Result(region, "answer", OK, "the Region answers")]
    for quota in stack.preflight["quotas"]:
        if (needed := _needed(stack, region, quota)) is not None:
            found += attempt(
                region, "quota", lambda quota=quota, needed=needed: [_quota(region, quota, needed)]
            )
    found += attempt(region, "log role", lambda: [_log_role(stack, region)])
    found += attempt(region, "zones", lambda: [_zones(stack, region)])
    found += attempt(region, "cache engine", lambda: [_cache_engine(stack, region)])
    found += attempt(region, "names", lambda: names_taken(stack, region, "regions"))
    if region in stack.hubs:
        found += attempt(region, "database engine", lambda: [_database_engine(stack, region)])
        found += attempt(region, "names", lambda: names_taken(stack, region, "hubs"))
    if "{region}" in stack.preflight["state_bucket"] or region == stack.preflight["state_region"]:
        found += attempt(region, "state bucket", lambda: _state_bucket(stack, region))
    return found


def _needed(stack: Stack, region: str, quota: dict[str, Any]) -> int | None:
    """What the stack needs of a quota in a Region; None for nothing."""
    place = {stack.primary_region: "primary", stack.secondary_region: "secondary"}.get(region, "others")
    needed = quota["needed"].get(place)
    return None if needed is None else int(needed)


def _quota(region: str, quota: dict[str, Any], needed: int) -> Result:
    name, service, code = quota["name"], quota["service"], quota["code"]
    quotas = aws("service-quotas", quota["region"] or region)
    note = ""
    if code:
        try:
            value = quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
        except ClientError as error:
            if code_of(error) != "NoSuchResourceException":
                raise
            # The account's own value is not available, so it is the default.
            # https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
            default = quotas.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)
            value, note = default["Quota"]["Value"], " (AWS's default)"
    else:
        pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode=service)
        values = [each["Value"] for page in pages for each in page["Quotas"] if each["QuotaName"] == name]
        if not values:
            return Result(
                region, "quota", UNKNOWN, f'"{name}": Service Quotas does not list it; {needed:,} needed'
            )
        value = values[0]
    text = f'"{name}" is {value:,.0f}{note}; {needed:,} needed'
    if value >= needed:
        return Result(region, "quota", OK, text)
    if code and quota["raisable"]:
        text += (
            f". Run: aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}"
            f" --desired-value {needed} --region {quota['region'] or region}"
        )
    return Result(region, "quota", PROBLEM, text)


def _log_role(stack: Stack, region: str) -> Result:
    """The role with which API Gateway writes logs: one per account and Region."""
    role = aws("apigateway", region).get_account().get("cloudwatchRoleArn", "")
    if not stack.preflight["manages_log_role"]:
        if role:
            return Result(region, "log role", OK, f"API Gateway writes logs with {role}")
        text = "API Gateway has no role for logs, and this stack does not manage it: stages with logs are refused"
        return Result(region, "log role", PROBLEM, text)
    if not role or role.endswith(f"/{stack.name('api-logs')}"):
        return Result(region, "log role", OK, "this stack manages API Gateway's role for logs")
    text = f"API Gateway writes the logs of every API with {role}, and the apply would replace it"
    return Result(region, "log role", PROBLEM, f"{text}: set api.log_role to existing")


def _zones(stack: Stack, region: str) -> Result:
    needed, excluded = stack.preflight["zones"]["needed"], stack.preflight["zones"]["excluded_ids"]
    wanted = [
        {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
        {"Name": "state", "Values": ["available"]},
    ]
    zones = aws("ec2", region).describe_availability_zones(Filters=wanted)["AvailabilityZones"]
    usable = sorted(zone["ZoneId"] for zone in zones if zone["ZoneId"] not in excluded)
    status = OK if len(usable) >= needed else PROBLEM
    return Result(region, "zones", status, f"usable: {', '.join(usable) or 'none'}; {needed} needed")


def _matching(versions: Iterator[str], wanted: str) -> list[str]:
    """The versions that are the wanted one, or belong to it (16.6 to 16), newest last.

    Special builds, such as 16.4-limitless, are none of them.
    """
    plain = {each for each in versions if re.fullmatch(r"[0-9.]+", each)}
    found = {each for each in plain if each == wanted or each.startswith(f"{wanted}.")}
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def _cache_engine(stack: Stack, region: str) -> Result:
    engine, version = stack.preflight["cache"]["engine"], stack.preflight["cache"]["version"]
    pages = aws("elasticache", region).get_paginator("describe_cache_engine_versions").paginate(Engine=engine)
    offered = _matching(
        (each["EngineVersion"] for page in pages for each in page["CacheEngineVersions"]), version
    )
    status, answer = (OK, "is offered") if offered else (PROBLEM, "is not offered")
    return Result(region, "cache engine", status, f"{engine} {version} {answer}")


def _database_engine(stack: Stack, region: str) -> Result:
    engine, version = stack.preflight["database"]["engine"], stack.preflight["database"]["version"]
    instance_class = stack.preflight["database"]["instance_class"]
    rds = aws("rds", region)
    pages = rds.get_paginator("describe_db_engine_versions").paginate(Engine=engine)
    offered = _matching(
        (each["EngineVersion"] for page in pages for each in page["DBEngineVersions"]), version
    )
    if not offered:
        return Result(region, "database engine", PROBLEM, f"{engine} {version} is not offered")
    options = rds.describe_orderable_db_instance_options(
        Engine=engine, EngineVersion=offered[-1], DBInstanceClass=instance_class
    )["OrderableDBInstanceOptions"]
    status, answer = (OK, "is offered") if options else (PROBLEM, "is not offered")
    return Result(region, "database engine", status, f"{engine} {offered[-1]} on {instance_class} {answer}")


def _state_bucket(stack: Stack, region: str) -> Iterator[Result]:
    bucket = stack.preflight["state_bucket"].replace("{region}", region)
    try:
        versioning = aws("s3", region).get_bucket_versioning(Bucket=bucket).get("Status", "")
    except ClientError as error:
        if code_of(error) != "NoSuchBucket":
            raise
        yield Result(region, "state bucket", PROBLEM, f"{bucket} does not exist")
        return
    if versioning == "Enabled":
        yield Result(region, "state bucket", OK, f"{bucket} exists, and its versioning is enabled")
    else:
        yield Result(region, "state bucket", PROBLEM, f"{bucket} has no versioning: enable it")
