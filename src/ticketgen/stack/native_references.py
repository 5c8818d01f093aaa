"""The names and ARNs that the native tests expect, and the values of the references in a stack's data."""

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
from ticketgen.stack.functions import functions_of
from ticketgen.stack.native_tests import ACCOUNT, CACHE_HOSTS, QUEUE_URL, mocked_arn

__all__ = ["ExpectedRow", "MockedStack"]

ExpectedRow = dict[str, object]
"""Expected values by attribute, or rows by the name of their resource."""

_REFERENCE: Final = re.compile(r"\$\{([^{}]+)\}")


class MockedStack:
    """A stack in the mocked AWS.

    Args:
        environment: its environment.
        sizing: its sizing.
        tables: the middle of each shared table's name, by its key.

    Attributes:
        hubs: the primary Region and the secondary one, whose events a module is tested with.
        partition: the AWS partition.
        key: the ARN of every KMS key.
        dead_letters: the ARN of every queue.
        table_names: the name of each table by its key, with the locks.
    """

    def __init__(self, environment: Environment, sizing: Sizing, tables: Mapping[str, str]) -> None:
        self.environment = environment
        self.sizing = sizing
        # Only these, so that another Region does not change the tests of this one.
        self.hubs = tuple(filter(None, (environment.primary_region, environment.secondary_region)))
        self.partition = REGIONS[environment.primary_region].partition
        self.key = self.arn("aws_kms_key")
        self.dead_letters = self.arn("aws_sqs_queue")
        self.table_names: ExpectedRow = {
            "locks": self.name("distributed-locks"),
            **{key: self.name(what) for key, what in tables.items()},
        }
        self._known = self._values_of_references()

    def name(self, what: str) -> str:
        """The name of a resource, from the middle of it."""
        return f"{self.environment.project}-{what}-{self.environment.name}"

    def arn(self, type_: str) -> str:
        """The ARN of every resource of a type."""
        return mocked_arn(self.environment, type_)

    def resolved(self, expression: RawExpression) -> str:
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
        name, spec = self.name, self.environment
        known = {
            "local.app_name": spec.project,
            "var.app_name": spec.project,
            "var.environment_suffix": spec.name,
            "local.partition": self.partition,
            "local.account_id": ACCOUNT,
            "var.region": spec.primary_region,
            "var.primary_region": spec.primary_region,
            'join(",", var.regions)': ",".join(self.hubs),
            "var.sales_table_name": name("ticket-sales"),
            "aws_api_gateway_rest_api.tickets.name": name("tickets"),
            "aws_api_gateway_stage.live.stage_name": spec.name,
            "aws_elasticache_replication_group.seats.port": str(engines.CACHE_PORT),
            "aws_elasticache_replication_group.seats.replication_group_id": name("seats"),
            "aws_kinesis_stream.sales.name": name("ticket-sales"),
            "aws_rds_cluster.sales.arn": self.arn("aws_rds_cluster"),
            "aws_rds_cluster.sales.database_name": "sales",
            "aws_rds_cluster.sales.master_user_secret[0].secret_arn": self.arn("aws_secretsmanager_secret"),
            "aws_secretsmanager_secret.sales_writer.arn": self.arn("aws_secretsmanager_secret"),
            "aws_sfn_state_machine.verification.arn": self.arn("aws_sfn_state_machine"),
            "aws_sqs_queue.dead_letters.name": name("dead-letters"),
            "aws_sqs_queue.failed_refunds.name": f"{name('failed-refunds')}.fifo",
            "aws_sqs_queue.refunds.name": f"{name('refunds')}.fifo",
            "aws_sqs_queue.refunds.url": QUEUE_URL,
            "aws_timestreamwrite_database.audit.database_name": name("audit"),
            "aws_timestreamwrite_table.corrections.table_name": name("corrections"),
        }
        known |= {f"var.tables.{key}": str(value) for key, value in self.table_names.items()}
        known |= {
            f"aws_lambda_function.{key}.function_name": name(function.what)
            for key, function in functions_of(spec).items()
        }
        known |= {f"aws_elasticache_user.{user}.user_name": name(user) for user in ("reader", "writer")}
        known |= {
            f"aws_elasticache_replication_group.seats.{attribute}": host
            for attribute, host in CACHE_HOSTS.items()
        }
        instances = range(self.sizing[aurora_instances].value)
        known |= {
            f"aws_rds_cluster_instance.sales[{number}].identifier": f"{name('sales')}-{number}"
            for number in instances
        }
        return known
