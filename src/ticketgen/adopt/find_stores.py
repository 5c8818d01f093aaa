"""Find protection, the cache's engine, the audit store, retention, alarms, and the system of record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ticketgen.adopt.found_values import FoundValue, LeftOut
from ticketgen.adopt.stack_view import StackView
from ticketgen.aws.limits import LOG_RETENTION_DAYS
from ticketgen.aws.regions import REGIONS, TIMESTREAM
from ticketgen.escaping import quoted
from ticketgen.hcl.syntax import Literal
from ticketgen.wording import counted

__all__ = ["find_stores"]

_PROTECTION: Final = {
    "aws_dynamodb_table": "deletion_protection_enabled",
    "aws_rds_cluster": "deletion_protection",
    "aws_db_instance": "deletion_protection",
    "aws_rds_global_cluster": "deletion_protection",
    "aws_cognito_user_pool": "deletion_protection",
}
_STORES: Final = ("aws_dynamodb_table", "aws_rds_cluster", "aws_db_instance", "aws_s3_bucket", "aws_kms_key")
_ADDRESSES: Final = re.compile(r"api|gateway|waf|flow|access", re.IGNORECASE)
_TOPIC: Final = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]+")
_PMS: Final = re.compile(
    r"(?:[a-z0-9]+_)*(?:pms|property|box_office|system_of_record|inventory_system)(?:_api)?_(?:url|endpoint|base_url)"
)


def find_stores(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """Yield the settings of the stores, logs and alarms."""
    yield from _protection(view)
    yield from _cache(view)
    yield from _audit(view)
    yield from _retention(view)
    yield from _alarms(view)
    yield from _concurrency(view)
    for each in view.named_values():
        if not _PMS.fullmatch(each.name) or not isinstance(each.value, str) or not each.value:
            continue
        if each.value.startswith("http"):
            yield FoundValue(("pms", "url"), each.value, each.written, each.location)
        else:
            shown = f"{each.written} = {quoted(each.value)}"
            yield LeftOut(shown, "it is not a URL: set `pms.url`", each.location)


def _protection(view: StackView) -> Iterator[FoundValue | LeftOut]:
    answers: list[FoundValue] = []
    unknown: list[LeftOut] = []
    for type, attribute in _PROTECTION.items():
        for each in view.resources(type):
            if each.block.attribute(attribute) is not None:
                value = each.value(attribute)
                if isinstance(value, bool | str):
                    protect = value in {True, "true", "ACTIVE"}
                    basis = f"{attribute} of {each.address}"
                    answers.append(FoundValue(("protect",), protect, basis, each.at(attribute)))
                elif value is not None:
                    reason = "its value is not known from the code: set `protect`"
                    unknown.append(LeftOut(f"{attribute} of {each.address}", reason, each.at(attribute)))
    for each in view.resources(*_STORES):
        for lifecycle in each.block.blocks("lifecycle"):
            written = lifecycle.value("prevent_destroy")
            if isinstance(written, Literal) and written.value is True:
                basis = f"prevent_destroy of {each.address}"
                answers.append(FoundValue(("protect",), True, basis, each.declared.at(written)))
    yield from sorted(answers, key=lambda answer: not answer.value)[:1]
    if not answers:
        yield from unknown


def _cache(view: StackView) -> Iterator[FoundValue | LeftOut]:
    for each in view.resources(
        "aws_elasticache_replication_group", "aws_elasticache_cluster", "aws_elasticache_serverless_cache"
    ):
        if (
            each.type == "aws_elasticache_cluster"
            and each.block.attribute("replication_group_id") is not None
        ):
            continue
        if each.block.attribute("engine") is None:
            # A replication group has a default: https://registry.terraform.io/providers/hashicorp/aws/latest/docs
            has_default = each.type == "aws_elasticache_replication_group"
            why = "the default engine of" if has_default else "assumption: no engine is set in"
            yield FoundValue(("cache", "engine"), "redis", f"{why} {each.address}", each.location)
            return
        engine = each.text("engine")
        if not engine or "?" in engine:
            reason = "its engine is not known from the code: set `cache.engine`"
            yield LeftOut(f"the engine of {each.address}", reason, each.at("engine"))
            return
        if engine in {"redis", "valkey"}:
            yield FoundValue(("cache", "engine"), engine, each.address, each.at("engine"))
            return
        yield LeftOut(
            f"the cache {engine} of {each.address}", "the seat cache is Valkey or Redis OSS", each.location
        )


def _audit(view: StackView) -> Iterator[FoundValue | LeftOut]:
    for each in view.resources("aws_timestreamwrite_table"):
        if any(region in TIMESTREAM for region in each.regions) or not each.regions:
            yield FoundValue(("audit", "store"), "timestream", each.address, each.location)
        else:
            reason = "Timestream for LiveAnalytics is not in this Region: the audit trail is in DynamoDB"
            yield LeftOut(f"{each.address} in {', '.join(each.regions)}", reason, each.location)
        return


def _retention(view: StackView) -> Iterator[FoundValue | LeftOut]:
    """The retention of logs with IP addresses: those of the API, the firewall and the network."""
    for each in view.resources("aws_cloudwatch_log_group"):
        if not _ADDRESSES.search(f"{each.text('name')} {each.declared.name}"):
            continue
        days = each.value("retention_in_days")
        if isinstance(days, int) and days not in LOG_RETENTION_DAYS and days:
            reason = "CloudWatch Logs has no such retention: set `logs.ip_retention_days`"
            yield LeftOut(
                f"the retention of {each.address}, {counted(days, 'days')}",
                reason,
                each.at("retention_in_days"),
            )
        if isinstance(days, int) and days in LOG_RETENTION_DAYS:
            yield FoundValue(("logs", "ip_retention_days"), days, each.address, each.at("retention_in_days"))
            return


def _alarms(view: StackView) -> Iterator[FoundValue | LeftOut]:
    emails: dict[str, FoundValue] = {}
    for each in view.resources("aws_sns_topic_subscription"):
        address = each.value("endpoint")
        if each.value("protocol") == "email" and isinstance(address, str):
            emails[address] = FoundValue((), address, each.address, each.at("endpoint"))
        elif each.value("protocol") == "email":
            reason = "its value is not known from the code: add it to `alarms.email`"
            yield LeftOut(f"the address of {each.address}", reason, each.at("endpoint"))
    topics: dict[str, FoundValue] = {}
    for each in view.resources("aws_cloudwatch_metric_alarm"):
        actions = each.value("alarm_actions")
        for action in actions if isinstance(actions, list) else ():
            if isinstance(action, str) and (match := _TOPIC.fullmatch(action)):
                shape = action.replace(match[1], "{region}", 1) if match[1] in REGIONS else action
                topics[shape] = FoundValue((), shape, each.address, each.at("alarm_actions"))
    if emails:
        first = next(iter(emails.values()))
        yield FoundValue(("alarms", "email"), tuple(emails), first.basis, first.location)
    for shape, found in topics.items():
        if emails or len(topics) > 1:
            yield LeftOut(
                f"the topic {shape}", "alarms notify either one topic or email addresses", found.location
            )
        else:
            yield FoundValue(("alarms", "topic_arn"), shape, found.basis, found.location)


def _concurrency(view: StackView) -> Iterator[FoundValue]:
    functions = list(view.resources("aws_lambda_function"))
    values = [each.value("reserved_concurrent_executions") for each in functions]
    if functions and all(value == -1 for value in values):
        first = functions[0]
        yield FoundValue(
            ("functions", "reserved_concurrency"),
            False,
            "reserved_concurrent_executions = -1",
            first.at("reserved_concurrent_executions"),
        )
