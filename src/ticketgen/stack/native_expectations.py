"""What the native tests expect of each root module: values from the spec and its sizing, as JSON.

The tests read them from ``tests/expected.json``. So their HCL is the same in all Regions, and no expected value comes
from an expression of the Terraform that it judges. An attribute has the name that the AWS provider gives it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ticketgen.aws import engines
from ticketgen.aws.regions import REGIONS
from ticketgen.rendering.quoted import RawExpression
from ticketgen.sizing import Sizing
from ticketgen.sizing.database import aurora_instances
from ticketgen.spec.model import Environment
from ticketgen.stack.alarms import alarms_of, existing_topic
from ticketgen.stack.cloudwatch import Alarm
from ticketgen.stack.functions import functions_of
from ticketgen.stack.functions.model import FunctionModule
from ticketgen.stack.native_services import service_rows
from ticketgen.stack.native_tests import ACCOUNT, CACHE_HOSTS, QUEUE_URL, mocked_arn, mocked_role
from ticketgen.stack.policy import Statement
from ticketgen.stack.roles import roles, services

__all__ = ["Expectations"]

Row = dict[str, object]
"""Expected values by attribute, or rows by the name of their resource."""

_REFERENCE: Final = re.compile(r"\$\{([^{}]+)\}")
_PERCENTILE: Final = re.compile(r"p[0-9.]+")


class Expectations:
    """The expected values of an environment.

    Args:
        environment: one of the project's environments.
        sizing: its sizing.
        tables: the hash key and the range key of each shared table, by its key and the middle of its name.
    """

    def __init__(
        self, environment: Environment, sizing: Sizing, tables: Mapping[tuple[str, str], tuple[str, str]]
    ) -> None:
        self.environment = environment
        self.sizing = sizing.by_name
        self._all_figures = sizing
        self._tables = tables
        self._partition = REGIONS[environment.primary_region].partition
        self._key = self._arn("aws_kms_key")
        self._dead_letters = self._arn("aws_sqs_queue")
        self._table_names: Row = {
            "locks": self._name("distributed-locks"),
            **{key: self._name(what) for key, what in tables},
        }
        self._known = self._values_of_references()

    def of_global(self, capacity: Mapping[str, object]) -> Row:
        """Of the roles, and of the output ``capacity``."""
        every = roles(self.environment)
        return {
            "environment_suffix": self.environment.name,
            "capacity": dict(capacity),
            "roles": {role.name: self._name(role.what) for role in every},
            "trust": {
                service.name: [
                    {
                        "actions": ["sts:AssumeRole"],
                        "principals": [{"identifiers": [service.principal], "type": "Service"}],
                        "conditions": [["StringEquals", "aws:SourceAccount", [ACCOUNT]]]
                        if service.names_source_account
                        else [],
                    }
                ]
                for service in services(self.environment)
            },
            "grants": {
                role.name: {grant.sid: self._grant(grant) for grant in role.grants}
                for role in every
                if role.grants
            },
            "managed": {
                role.name: [
                    self._name(role.what),
                    f"arn:{self._partition}:iam::aws:policy/{role.managed_policy}",
                ]
                for role in every
                if role.managed_policy
            },
        }

    def of_data(self, region: str, *, audits: bool, protect: bool) -> Row:
        """Of a Region's key and tables.

        Args:
            region: the Region.
            audits: whether it has the audit trail.
            protect: whether its tables are protected against deletion.
        """
        primary = self.environment.primary_region
        tables: Row = {}
        replicas: Row = {}
        for (table, what), keys in self._tables.items():
            common = {"deletion_protection_enabled": protect}
            if region == primary:
                tables[table] = common | {
                    "name": self._name(what), "hash_key": keys[0], "range_key": keys[1],
                    "billing_mode": "PAY_PER_REQUEST", "stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES",
                    "attribute": [{"name": key, "type": "S"} for key in sorted(keys)],
                }  # fmt: skip
            elif audits or table != "corrections":
                source = f"arn:{self._partition}:dynamodb:{primary}:{ACCOUNT}:table/{self._name(what)}"
                replicas[table] = common | {
                    "global_table_arn": source, "kms_key_arn": self._key, "point_in_time_recovery": True,
                    "timeouts": {"create": "240m", "delete": "240m", "update": "240m"},
                }  # fmt: skip
        return {
            "outputs": {
                "region": region,
                "locks_table_name": self._name("distributed-locks"),
                "kms_key_arn": self._key,
                "environment_suffix": self.environment.name,
            },
            "variables": {
                "app_name": self.environment.project, "environment_suffix": self.environment.name, "region": region,
                "primary_region": primary, "audits": audits, "protect": protect, "account_id": ACCOUNT,
                "partition": self._partition,
            },
            "locks": {
                "name": self._name("distributed-locks"), "hash_key": "lock_key", "range_key": None,
                "billing_mode": "PAY_PER_REQUEST", "deletion_protection_enabled": protect, "replica": [],
                "attribute": [{"name": "lock_key", "type": "S"}],
            },
            "tables": tables,
            "replicas": replicas,
            "key": {
                "enable_key_rotation": True,
                "deletion_window_in_days": 30 if protect else 7,
                "tags": {"Name": self._name("key")},
            },
            "alias": f"alias/{self._name('key')}",
            "policy": self._key_policy(region),
            "user_pool": {
                "name": self._name("buyers"), "deletion_protection": "ACTIVE" if protect else "INACTIVE",
                "username_attributes": ["email"], "auto_verified_attributes": ["email"],
            },
        }  # fmt: skip

    def of_regions(self, region: str, vpc_cidr: str, rule_groups: Mapping[str, str]) -> Row:
        """Of a Region's root module; in the primary Region, of the modules that it calls, too.

        Args:
            region: the Region.
            vpc_cidr: the address range of its VPC.
            rule_groups: the managed groups of the firewall's rules, by the middle of the rule's name.
        """
        role_arn = f"arn:{self._partition}:iam::{ACCOUNT}:role"
        spec = self.environment
        every: Row = {
            "outputs": {
                "region": region,
                "inventory_table_name": self._name("ticket-inventory"),
                "locks_table_name": self._name("distributed-locks"),
                "environment_suffix": spec.name,
            },
            "roles": {role.name: f"{role_arn}/{self._name(role.what)}" for role in roles(spec)},
            "table_names": self._table_names,
            "looked_up": [f"alias/{self._name('key')}", self._name("ticket-inventory")],
            "tags": {
                "Application": spec.project,
                "Environment": spec.name,
                "ManagedBy": "ticketgen",
                **spec.tags,
            },
        }
        if region != spec.primary_region:
            return every
        modules = {str(module): self._module(module) for module in FunctionModule}
        return every | {
            "variables": self._variables(region, vpc_cidr),
            "functions": {name: part["functions"] for name, part in modules.items()},
            "alarms": {name: part["alarms"] for name, part in modules.items()},
            "log_groups": self._log_groups(),
            **self._endpoint(region),
            **service_rows(spec, self._all_figures, vpc_cidr, dict(rule_groups)),
        }

    def _name(self, what: str) -> str:
        return f"{self.environment.project}-{what}-{self.environment.name}"

    def _arn(self, type_: str) -> str:
        return mocked_arn(self.environment, type_)

    def _resolved(self, expression: RawExpression) -> str:
        """The value of an expression of a stack's data, with the mocked provider.

        Raises:
            KeyError: it refers to something else than `_values_of_references` has.
        """
        text = expression.text
        if text in self._known:
            return self._known[text]
        if not text.startswith('"'):
            raise KeyError(text)
        return _REFERENCE.sub(lambda match: self._known[match[1]], text[1:-1]).replace('\\"', '"')

    def _values_of_references(self) -> dict[str, str]:
        """What the references in variables, dimensions and grants lead to."""
        name, spec = self._name, self.environment
        known = {
            "local.app_name": spec.project,
            "var.app_name": spec.project,
            "var.environment_suffix": spec.name,
            "local.partition": self._partition,
            "local.account_id": ACCOUNT,
            "var.region": spec.primary_region,
            "var.primary_region": spec.primary_region,
            'join(",", var.regions)': ",".join(spec.regions),
            "var.sales_table_name": name("ticket-sales"),
            "aws_api_gateway_rest_api.tickets.name": name("tickets"),
            "aws_api_gateway_stage.live.stage_name": spec.name,
            "aws_elasticache_replication_group.seats.port": str(engines.CACHE_PORT),
            "aws_elasticache_replication_group.seats.replication_group_id": name("seats"),
            "aws_kinesis_stream.sales.name": name("ticket-sales"),
            "aws_rds_cluster.sales.arn": self._arn("aws_rds_cluster"),
            "aws_rds_cluster.sales.database_name": "sales",
            "aws_rds_cluster.sales.master_user_secret[0].secret_arn": self._arn("aws_secretsmanager_secret"),
            "aws_secretsmanager_secret.sales_writer.arn": self._arn("aws_secretsmanager_secret"),
            "aws_sfn_state_machine.verification.arn": self._arn("aws_sfn_state_machine"),
            "aws_sqs_queue.dead_letters.name": name("dead-letters"),
            "aws_sqs_queue.failed_refunds.name": f"{name('failed-refunds')}.fifo",
            "aws_sqs_queue.refunds.name": f"{name('refunds')}.fifo",
            "aws_sqs_queue.refunds.url": QUEUE_URL,
            "aws_timestreamwrite_database.audit.database_name": name("audit"),
            "aws_timestreamwrite_table.corrections.table_name": name("corrections"),
        }
        known |= {f"var.tables.{key}": str(value) for key, value in self._table_names.items()}
        known |= {
            f"aws_lambda_function.{key}.function_name": name(function.what)
            for key, function in functions_of(spec).items()
        }
        known |= {f"aws_elasticache_user.{user}.user_name": name(user) for user in ("reader", "writer")}
        known |= {
            f"aws_elasticache_replication_group.seats.{attribute}": host
            for attribute, host in CACHE_HOSTS.items()
        }
        instances = range(self._all_figures[aurora_instances].value)
        known |= {
            f"aws_rds_cluster_instance.sales[{number}].identifier": f"{name('sales')}-{number}"
            for number in instances
        }
        return known

    def _grant(self, grant: Statement) -> Row:
        condition = grant.condition
        return {
            "actions": sorted(grant.actions),
            "effect": "Deny" if grant.effect == "Deny" else None,
            "resources": sorted(self._resolved(resource) for resource in grant.resources),
            "conditions": [[condition.test, condition.variable, [self._resolved(condition.value)]]]
            if condition
            else [],
        }

    def _key_policy(self, region: str) -> Row:
        """The statements by their ids: effect, principal, actions, resource, condition."""
        groups = f"arn:{self._partition}:logs:{region}:{ACCOUNT}:log-group:*"
        logs = [f"kms:{name}*" for name in ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "Describe")]
        alarms = ["kms:Decrypt", "kms:GenerateDataKey*"]
        root = f"arn:{self._partition}:iam::{ACCOUNT}:root"
        return {
            "AccountDelegatesToIam": ["Allow", {"AWS": root}, ["kms:*"], "*", {}],
            "LogGroups": [
                "Allow", {"Service": f"logs.{region}.amazonaws.com"}, logs, "*",
                {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            ],
            "AlarmsReachTheirTopic": [
                "Allow", {"Service": "cloudwatch.amazonaws.com"}, alarms, "*",
                {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            ],
        }  # fmt: skip

    def _endpoint(self, region: str) -> Row:
        """What the functions in the VPC may do with DynamoDB."""
        grants = [
            grant
            for function in functions_of(self.environment).values()
            if function.in_vpc
            for grant in function.grants
        ]
        tables = f"arn:{self._partition}:dynamodb:{region}:{ACCOUNT}:table"
        names = {self._resolved(grant.resource.reference) for grant in grants}
        return {
            "endpoint_actions": sorted({action for grant in grants for action in grant.actions}),
            "endpoint_tables": sorted(f"{tables}/{name}" for name in names),
        }

    def _variables(self, region: str, vpc_cidr: str) -> Row:
        """The values with which the modules are tested by themselves."""
        spec = self.environment
        return {
            "app_name": spec.project,
            "environment_suffix": spec.name,
            "region": region,
            "primary_region": spec.primary_region,
            "regions": list(spec.regions),
            "account_id": ACCOUNT,
            "partition": self._partition,
            "vpc_cidr": vpc_cidr,
            "kms_key_arn": self._key,
            "inventory_stream_arn": mocked_arn(spec, "stream"),
            "user_pool_arn": self._arn("aws_cognito_user_pool"),
            "dead_letter_queue_arn": self._dead_letters,
            "alarm_topic_arn": self._arn("aws_sns_topic"),
            "roles": {role.name: mocked_role(self.environment, role.name) for role in roles(spec)},
            "packages": {
                name: {"output_path": f"zip:{name}", "output_base64sha256": f"hash:{name}"}
                for name in functions_of(spec)
            },
        }

    def _module(self, module: FunctionModule) -> dict[str, Row]:
        """The functions and the alarms of a module."""
        spec, figures = self.environment, self._all_figures
        own = [function for function in functions_of(spec).values() if function.module is module]
        topic = existing_topic(spec) if module is FunctionModule.REGION else None
        notified = self._resolved(topic) if topic else self._arn("aws_sns_topic")
        alarms = alarms_of(module, spec, figures)
        functions: Row = {}
        for function in own:
            capacity = function.capacity
            reserved = capacity.is_reserved and spec.functions.reserved_concurrency
            functions[function.name] = {
                "function_name": self._name(function.what),
                "handler": f"{function.name}.handler",
                "memory_size": figures[capacity.memory].value,
                "timeout": figures[capacity.timeout].value,
                "reserved_concurrent_executions": figures[capacity.concurrency].value if reserved else None,
                "publish": True,
                "runtime": engines.PYTHON.version,
                "architectures": ["arm64"],
                "role": mocked_role(self.environment, function.name),
                "kms_key_arn": self._key,
                "filename": f"zip:{function.name}",
                "source_code_hash": f"hash:{function.name}",
                "dead_letter_config": [{"target_arn": self._dead_letters}],
                "tracing_config": [{"mode": "Active"}],
                "environment": [
                    {
                        "variables": {
                            variable.name: self._resolved(variable.value)
                            if isinstance(variable.value, RawExpression)
                            else str(variable.value)
                            for variable in function.variables(spec, figures)
                        }
                    }
                ],
            }
        return {
            "functions": functions,
            "alarms": {alarm.key: self._alarm(alarm, notified) for alarm in alarms},
        }

    def _alarm(self, alarm: Alarm, topic: str) -> Row:
        percentile = bool(_PERCENTILE.fullmatch(alarm.statistic))
        row: Row = {
            "alarm_name": self._name(alarm.key),
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
            "namespace": self._resolved(alarm.metric.namespace),
            "period": alarm.period,
            "statistic": None if percentile else alarm.statistic,
            "extended_statistic": alarm.statistic if percentile else None,
            "dimensions": {name: self._resolved(value) for name, value in alarm.metric.dimensions},
        }

    def _log_groups(self) -> Row:
        """The log groups of each module, by their names in Terraform."""
        addresses, others = (
            self.environment.logs.ip_retention_days,
            self.sizing["log_retention_days"].value,
        )

        def group(name: str, days: object = others) -> Row:
            return {"name": name, "retention_in_days": days, "kms_key_id": self._key}

        functions: dict[str, Row] = {module: {} for module in FunctionModule}
        for name, function in functions_of(self.environment).items():
            functions[function.module][name] = group(f"/aws/lambda/{self._name(function.what)}")
        own = {
            FunctionModule.REGION: {
                "flows": group(f"/aws/vpc/{self._name('flows')}", addresses),
                "api": group(f"/aws/apigateway/{self._name('tickets')}", addresses),
                "waf": group(f"aws-waf-logs-{self._name('tickets')}", addresses),
                "redis": group(f"/aws/elasticache/{self._name('seats')}"),
            },
            FunctionModule.ANALYTICS: {"aurora": group(f"/aws/rds/cluster/{self._name('sales')}/postgresql")},
            FunctionModule.VERIFICATION: {
                name: group(f"/aws/vendedlogs/states/{self._name(name)}")
                for name in ("verification", "ticker")
            },
        }
        return {str(module): groups | functions[module] for module, groups in own.items()}
