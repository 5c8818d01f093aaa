"""What the native tests expect of the services in the modules of a Region.

`native_expectations` adds these rows to those of the primary Region, whose tests run the modules by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from itertools import islice

from ticketgen.aws import engines
from ticketgen.sizing.database import aurora_instances
from ticketgen.sizing.seat_cache import cache_nodes
from ticketgen.stack.functions.seat_cache_sync import INVENTORY_BATCH_SIZE
from ticketgen.stack.names import PARAMETER_GROUPS
from ticketgen.stack.native_references import ExpectedRow, MockedStack
from ticketgen.stack.native_tests import ACCOUNT, mocked_arn, mocked_role

__all__ = ["service_rows"]

_DEAD_LETTER_SECONDS = 14 * 86_400
_AUTHORIZATION = {"iam": "AWS_IAM", "cognito": "COGNITO_USER_POOLS", "none": "NONE"}
"""API Gateway's names for the ways to identify buyers."""


def service_rows(stack: MockedStack, vpc_cidr: str, rule_groups: Mapping[str, str]) -> ExpectedRow:
    """The expected values by what they are about.

    Args:
        stack: the stack.
        vpc_cidr: the address range of the primary Region's VPC.
        rule_groups: the managed groups of the firewall's rules, by the middle of the rule's name.
    """
    rows = _Services(stack)
    return {
        **rows.network(vpc_cidr),
        **rows.cache(),
        **rows.api(),
        "firewall": dict(rows.firewall(rule_groups)),
        **rows.streams(),
        **rows.database(),
        **rows.machines(),
    }


class _Services:
    """The rows of one stack."""

    def __init__(self, stack: MockedStack) -> None:
        self.environment = stack.environment
        self.figures = stack.sizing
        self.sizing = stack.sizing.by_name
        self.name = stack.name
        self.key = stack.key
        self.dead_letters = stack.dead_letters

    def network(self, vpc_cidr: str) -> ExpectedRow:
        halves = [str(each) for each in islice(ip_network(vpc_cidr).subnets(4), 2)]
        return {
            "vpc": {"cidr_block": vpc_cidr, "enable_dns_hostnames": True, "enable_dns_support": True},
            "subnets": halves,
            "endpoint": {
                "vpc_endpoint_type": "Gateway",
                "service_name": f"com.amazonaws.{self.environment.primary_region}.dynamodb",
            },
            "endpoint_condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
            "cache_port": engines.CACHE_PORT,
            "security_groups": [self.name("functions"), self.name("seats")],
            "flow_log": {
                "traffic_type": "REJECT", "log_destination_type": "cloud-watch-logs",
                "iam_role_arn": mocked_role(self.environment, "flow_logs"),
            },
        }  # fmt: skip

    def cache(self) -> ExpectedRow:
        engine = engines.CACHES[self.environment.cache.engine]
        nodes = self.figures[cache_nodes].value
        group = self.name(PARAMETER_GROUPS[engine.engine])
        return {
            "cache": {
                "replication_group_id": self.name("seats"), "engine": engine.engine, "engine_version": engine.version,
                "auto_minor_version_upgrade": "false", "node_type": self.sizing["cache_node_type"].value,
                "port": engines.CACHE_PORT, "num_cache_clusters": nodes, "automatic_failover_enabled": nodes > 1,
                "multi_az_enabled": nodes > 1, "transit_encryption_enabled": True,
                "at_rest_encryption_enabled": "true", "kms_key_id": self.key,
                "subnet_group_name": self.name("seats"), "parameter_group_name": group,
                "apply_immediately": not self.environment.protect,
            },
            "cache_parameters": {
                "name": group, "family": engine.family,
                "parameter": [{"name": "maxmemory-policy", "value": "noeviction"}],
            },
            "cache_logs": [
                [f"/aws/elasticache/{self.name('seats')}", "cloudwatch-logs", "json", kind]
                for kind in ("engine-log", "slow-log")
            ],
            "cache_users": {
                user: {
                    "user_id": self.name(user), "user_name": name, "engine": "redis",
                    "access_string": access,
                }
                for user, name, access in (
                    ("nobody", "default", "off ~* -@all"),
                    ("reader", self.name("reader"), _access("")),
                    ("writer", self.name("writer"), _access("+@write ")),
                )
            },
            "cache_user_group": {
                "user_group_id": self.name("seats"), "engine": "redis",
                "user_ids": sorted(self.name(user) for user in ("nobody", "reader", "writer")),
            },
        }  # fmt: skip

    def api(self) -> ExpectedRow:
        buys, reads = self.name("ticket-purchase"), self.name("seat-availability")
        calls = {"create_hold": "POST", "delete_hold": "DELETE", "buy_tickets": "POST", "read_seats": "GET"}
        callees = {route: reads if route == "read_seats" else buys for route in calls}
        spec = self.environment
        if spec.admission:
            calls["join_queue"], callees["join_queue"] = "POST", self.name("admission-queue")
        return {
            "routes": {
                route: [method, _AUTHORIZATION[spec.api.auth], callees[route]] for route, method in calls.items()
            },
            "paths": ["holds", "{id}", "tickets", "events", "{id}", "seats"],
            "order": {"maxItems": spec.event_scale.seats_per_order, "minItems": 1, "uniqueItems": True},
            "throttling": [
                self.sizing["api_throttle_rate"].value, self.sizing["api_throttle_burst"].value, True, False, "ERROR",
            ],
            "api": {"name": self.name("tickets")},
            "stage": {"stage_name": spec.name, "xray_tracing_enabled": True},
        }  # fmt: skip

    def firewall(self, rule_groups: Mapping[str, str]) -> Iterator[tuple[str, list[object]]]:
        """The rules by their names: priority, and the limit or the managed group."""
        tests: ExpectedRow = {
            "rate": self.sizing["waf_rate_limit"].value,
            "post-rate": self.sizing["waf_post_limit"].value,
            **rule_groups,
        }
        for priority, (what, test) in enumerate(tests.items()):
            yield self.name(what), [priority, test, True, True, self.name(what)]

    def streams(self) -> ExpectedRow:
        """The streams, their readers, and the queues."""
        stuck = [{"on_failure": [{"destination_arn": self.dead_letters}]}]
        mapping: ExpectedRow = {
            "starting_position": "TRIM_HORIZON", "bisect_batch_on_function_error": True,
            "function_response_types": ["ReportBatchItemFailures"], "destination_config": stuck,
        }  # fmt: skip
        queue: ExpectedRow = {
            "message_retention_seconds": _DEAD_LETTER_SECONDS, "kms_master_key_id": self.key,
        }  # fmt: skip
        return {
            "inventory_reader": mapping | {
                "event_source_arn": mocked_arn(self.environment, "stream"), "batch_size": INVENTORY_BATCH_SIZE,
                "parallelization_factor": self.sizing["cache_sync_parallelization_factor"].value,
                "maximum_retry_attempts": 10, "maximum_record_age_in_seconds": 3600,
            },
            "refresh": {
                "rule": self.name("seat-cache-refresh"), "input": '{"refresh":true}',
                "retry_policy": [{"maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 1}],
            },
            "refresh_permission": {
                "statement_id": self.name("seat-cache-refresh"), "action": "lambda:InvokeFunction",
                "function_name": self.name("seat-cache-sync"), "qualifier": "live",
                "principal": "events.amazonaws.com",
                "source_arn": mocked_arn(self.environment, "aws_cloudwatch_event_rule"),
            },
            "dead_letters": queue | {"name": self.name("dead-letters")},
            "sales_stream": {
                "name": self.name("ticket-sales"), "shard_count": self.sizing["kinesis_shards"].value,
                "retention_period": 168, "encryption_type": "KMS", "kms_key_id": self.key,
                "stream_mode_details": [{"stream_mode": "PROVISIONED"}],
                "shard_level_metrics": [
                    "IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "WriteProvisionedThroughputExceeded",
                ],
            },
            "streaming": {
                "table_name": self.name("ticket-sales"), "approximate_creation_date_time_precision": "MICROSECOND",
                "stream_arn": mocked_arn(self.environment, "aws_kinesis_stream"),
            },
            "sales_reader": mapping | {
                "event_source_arn": mocked_arn(self.environment, "aws_kinesis_stream"),
                "batch_size": self.sizing["kinesis_batch_size"].value, "maximum_batching_window_in_seconds": 1,
                "parallelization_factor": self.sizing["kinesis_parallelization_factor"].value,
                "maximum_retry_attempts": 20, "maximum_record_age_in_seconds": 86_400,
            },
            "refunds": {
                name: queue | {"name": f"{self.name(name)}.fifo", "fifo_queue": True}
                for name in ("refunds", "failed-refunds")
            },
        }  # fmt: skip

    def database(self) -> ExpectedRow:
        protect = self.environment.protect
        family = engines.AURORA_POSTGRESQL
        group = self.name(PARAMETER_GROUPS[family.engine])
        return {
            "database": {
                "cluster_identifier": self.name("sales"), "engine": family.engine, "engine_version": family.version,
                "engine_mode": "provisioned", "enable_http_endpoint": True, "manage_master_user_password": True,
                "master_user_secret_kms_key_id": self.key, "storage_encrypted": True, "kms_key_id": self.key,
                "iam_database_authentication_enabled": True, "deletion_protection": protect,
                "skip_final_snapshot": not protect, "delete_automated_backups": not protect,
                "final_snapshot_identifier": self.name("sales-final"),
                "backup_retention_period": self.sizing["backup_retention_days"].value, "copy_tags_to_snapshot": True,
                "db_subnet_group_name": self.name("sales"), "db_cluster_parameter_group_name": group,
                "enabled_cloudwatch_logs_exports": ["postgresql"], "database_name": "sales",
            },
            "database_capacity": [self.sizing["aurora_min_acu"].value, self.sizing["aurora_max_acu"].value],
            "database_instances": [
                {
                    "identifier": f"{self.name('sales')}-{number}", "instance_class": "db.serverless",
                    "monitoring_interval": 60, "monitoring_role_arn": mocked_role(self.environment, "rds_monitoring"),
                    "performance_insights_enabled": True, "performance_insights_kms_key_id": self.key,
                    "publicly_accessible": False,
                }
                for number in range(self.figures[aurora_instances].value)
            ],
            "database_parameters": {
                "log_min_duration_statement": "1000", "log_statement": "ddl", "rds.force_ssl": "1",
            },
            "database_parameter_group": {"name": group, "family": family.family},
            "writer_secret": {
                "name": self.name("sales-writer"), "kms_key_id": self.key,
                "recovery_window_in_days": 30 if protect else 0,
            },
            "rotation_permission": {
                "statement_id": self.name("sales-writer"), "action": "lambda:InvokeFunction",
                "function_name": self.name("sales-writer-rotation"), "principal": "secretsmanager.amazonaws.com",
                "qualifier": "live", "source_arn": mocked_arn(self.environment, "aws_secretsmanager_secret"),
            },
        }  # fmt: skip

    def machines(self) -> ExpectedRow:
        """The state machines, and what starts them."""
        spec = self.environment
        within = [spec.objectives.verification_s, spec.objectives.correction_s]
        return {
            "machines": {
                name: {
                    "name": self.name(name), "role_arn": mocked_role(spec, f"{name}_machine"), "type": kind,
                    "tracing_configuration": [{"enabled": True}],
                }
                for name, kind in (("verification", "EXPRESS"), ("ticker", "STANDARD"))
            },
            "verification_run": [
                within[0], self.sizing["verification_batches"].value, self.sizing["verifications_per_batch"].value,
                "VerificationFailed", "VerificationFailed", 2,
            ],
            "verification_event": [*within, "NotVerified", "NotCorrected", "AnythingToCorrect", "Correct"],
            "ticks": self.sizing["ticker_starts_per_minute"].value,
            "schedule": {
                "rule": self.name("ticker"), "role_arn": mocked_role(spec, "schedule"),
                "arn": mocked_arn(spec, "aws_sfn_state_machine"),
                "retry_policy": [{"maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 1}],
            },
        }  # fmt: skip


def _access(more: str) -> str:
    """The access string of a user who may read, and perhaps write."""
    atomic = "+multi +exec " if more else ""
    return f"on ~* -@all +@read {more}+@connection {atomic}+eval +evalsha -@dangerous"
