"""What the native tests expect of the functions, alarms and log groups of each module of a Region."""

from __future__ import annotations

import re
from typing import Final

from ticketgen.aws import engines
from ticketgen.rendering.quoted import RawExpression
from ticketgen.stack.alarms import alarms_of, existing_topic
from ticketgen.stack.cloudwatch import Alarm
from ticketgen.stack.functions import functions_of
from ticketgen.stack.functions.model import FunctionModule
from ticketgen.stack.native_references import ExpectedRow, MockedStack
from ticketgen.stack.native_tests import ACCOUNT, mocked_arn, mocked_role
from ticketgen.stack.roles import roles

__all__ = ["module_rows", "module_variables"]

_PERCENTILE: Final = re.compile(r"p[0-9.]+")


def module_rows(stack: MockedStack, region: str) -> ExpectedRow:
    """The rows by what they are about, and then by module.

    Args:
        stack: the stack.
        region: the Region whose endpoint for DynamoDB is expected.
    """
    modules = {str(module): _module(stack, module) for module in FunctionModule}
    return {
        "functions": {name: part["functions"] for name, part in modules.items()},
        "alarms": {name: part["alarms"] for name, part in modules.items()},
        "log_groups": _log_groups(stack),
        **_endpoint(stack, region),
    }


def module_variables(stack: MockedStack, region: str, vpc_cidr: str) -> ExpectedRow:
    """The values with which the modules are tested by themselves."""
    spec = stack.environment
    return {
        "app_name": spec.project,
        "environment_suffix": spec.name,
        "region": region,
        "primary_region": spec.primary_region,
        "regions": list(stack.hubs),
        "account_id": ACCOUNT,
        "partition": stack.partition,
        "vpc_cidr": vpc_cidr,
        "kms_key_arn": stack.key,
        "inventory_stream_arn": mocked_arn(spec, "stream"),
        "user_pool_arn": stack.arn("aws_cognito_user_pool"),
        "dead_letter_queue_arn": stack.dead_letters,
        "alarm_topic_arn": stack.arn("aws_sns_topic"),
        "roles": {role.name: mocked_role(stack.environment, role.name) for role in roles(spec)},
        "packages": {
            name: {"output_path": f"zip:{name}", "output_base64sha256": f"hash:{name}"}
            for name in functions_of(spec)
        },
    }


def _endpoint(stack: MockedStack, region: str) -> ExpectedRow:
    """What the functions in the VPC may do with DynamoDB."""
    grants = [
        grant
        for function in functions_of(stack.environment).values()
        if function.in_vpc
        for grant in function.grants
    ]
    tables = f"arn:{stack.partition}:dynamodb:{region}:{ACCOUNT}:table"
    names = {stack.resolved(grant.resource.reference) for grant in grants}
    return {
        "endpoint_actions": sorted({action for grant in grants for action in grant.actions}),
        "endpoint_tables": sorted(f"{tables}/{name}" for name in names),
    }


def _module(stack: MockedStack, module: FunctionModule) -> dict[str, ExpectedRow]:
    """The functions and the alarms of a module."""
    spec, figures = stack.environment, stack.sizing
    own = [function for function in functions_of(spec).values() if function.module is module]
    topic = existing_topic(spec) if module is FunctionModule.REGION else None
    notified = stack.resolved(topic) if topic else stack.arn("aws_sns_topic")
    alarms = alarms_of(module, spec, figures)
    functions: ExpectedRow = {}
    for function in own:
        capacity = function.capacity
        reserved = capacity.is_reserved and spec.functions.reserved_concurrency
        functions[function.name] = {
            "function_name": stack.name(function.what),
            "handler": f"{function.name}.handler",
            "memory_size": figures[capacity.memory].value,
            "timeout": figures[capacity.timeout].value,
            "reserved_concurrent_executions": figures[capacity.concurrency].value if reserved else None,
            "publish": True,
            "runtime": engines.PYTHON.version,
            "architectures": ["arm64"],
            "role": mocked_role(stack.environment, function.name),
            "kms_key_arn": stack.key,
            "filename": f"zip:{function.name}",
            "source_code_hash": f"hash:{function.name}",
            "dead_letter_config": [{"target_arn": stack.dead_letters}],
            "tracing_config": [{"mode": "Active"}],
            "environment": [
                {
                    "variables": {
                        variable.name: stack.resolved(variable.value)
                        if isinstance(variable.value, RawExpression)
                        else str(variable.value)
                        for variable in function.variables(spec, figures)
                    }
                }
            ],
        }
    return {
        "functions": functions,
        "alarms": {alarm.key: _alarm(stack, alarm, notified) for alarm in alarms},
    }


def _alarm(stack: MockedStack, alarm: Alarm, topic: str) -> ExpectedRow:
    percentile = bool(_PERCENTILE.fullmatch(alarm.statistic))
    row: ExpectedRow = {
        "alarm_name": stack.name(alarm.key),
        "alarm_description": alarm.description,
        "threshold": alarm.limit,
        "comparison_operator": alarm.comparison,
        "evaluation_periods": alarm.minutes,
        "treat_missing_data": alarm.missing,
        "alarm_actions": [topic],
        "ok_actions": [topic],
    }
    if alarm.query is not None:
        return row | {"metric_name": None, "statistic": None}
    return row | {
        "metric_name": alarm.metric.name,
        "namespace": stack.resolved(alarm.metric.namespace),
        "period": alarm.period,
        "statistic": None if percentile else alarm.statistic,
        "extended_statistic": alarm.statistic if percentile else None,
        "dimensions": {name: stack.resolved(value) for name, value in alarm.metric.dimensions},
    }


def _log_groups(stack: MockedStack) -> ExpectedRow:
    """The log groups of each module, by their names in Terraform."""
    addresses, others = (
        stack.environment.logs.ip_retention_days,
        stack.sizing.by_name["log_retention_days"].value,
    )

    def group(name: str, days: object = others) -> ExpectedRow:
        return {"name": name, "retention_in_days": days, "kms_key_id": stack.key}

    functions: dict[str, ExpectedRow] = {module: {} for module in FunctionModule}
    for name, function in functions_of(stack.environment).items():
        functions[function.module][name] = group(f"/aws/lambda/{stack.name(function.what)}")
    own = {
        FunctionModule.REGION: {
            "flows": group(f"/aws/vpc/{stack.name('flows')}", addresses),
            "api": group(f"/aws/apigateway/{stack.name('tickets')}", addresses),
            "waf": group(f"aws-waf-logs-{stack.name('tickets')}", addresses),
            "redis": group(f"/aws/elasticache/{stack.name('seats')}"),
        },
        FunctionModule.ANALYTICS: {"aurora": group(f"/aws/rds/cluster/{stack.name('sales')}/postgresql")},
        FunctionModule.VERIFICATION: {
            name: group(f"/aws/vendedlogs/states/{stack.name(name)}") for name in ("verification", "ticker")
        },
    }
    return {str(module): groups | functions[module] for module, groups in own.items()}
