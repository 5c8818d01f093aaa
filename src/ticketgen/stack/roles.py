"""The IAM roles, with least privilege by construction.

A role is granted the actions that its code calls, from the registry in ``functions.py``, and the actions that an AWS
service performs with the role, from the documented tables here. Nothing else is granted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ticketgen.rendering.quoted import Expression
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import FUNCTIONS, LambdaFunction

__all__ = ["Condition", "Role", "Service", "Statement", "roles", "services"]


@dataclass(frozen=True, slots=True)
class Service:
    """An AWS service that assumes roles of the stack.

    ``names_source_account`` tells whether it sends ``aws:SourceAccount`` when it assumes a role.
    """

    name: str
    principal: str
    names_source_account: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a statement: IAM's test and variable, and an HCL expression."""

    test: str
    variable: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy: actions on resources."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Expression, ...]
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """One role with its inline policy.

    Attributes:
        name: the name of its Terraform resources, in snake case.
        what: the middle of the role's name.
        summary: who assumes it; rendered as a comment.
        service: the name of the service that assumes it.
        grants: the statements of its inline policy.
        managed_policy: the AWS managed policy that it has instead of an inline policy.
    """

    name: str
    what: str
    summary: str
    service: str
    grants: tuple[Statement, ...] = ()
    managed_policy: str = ""

    @property
    def policy_address(self) -> Expression:
        """The address of the resource that gives the role its permissions."""
        kind = "aws_iam_role_policy_attachment" if self.managed_policy else "aws_iam_role_policy"
        return Expression(f"{kind}.{self.name}")


# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# Lambda and API Gateway do not document aws:SourceAccount for the roles that they assume.
_SERVICES = (
    Service("lambda", "lambda.amazonaws.com", names_source_account=False),
    Service("states", "states.amazonaws.com"),
    Service("events", "events.amazonaws.com"),
    Service("flow_logs", "vpc-flow-logs.amazonaws.com"),
    Service("rds_monitoring", "monitoring.rds.amazonaws.com"),
    Service("apigateway", "apigateway.amazonaws.com", names_source_account=False),
)


def _arn(service: str, rest: str) -> Expression:
    return Expression(f'"arn:${{local.partition}}:{service}:*:${{local.account_id}}:{rest}"')


def _name(what: str) -> str:
    return f"${{local.app_name}}-{what}-${{var.environment_suffix}}"


_ANY = Expression('"*"')

# ARNs of each grant's resource. The Region is a wildcard: see roles.tf.j2. Tables are named through a local: Terraform
# defers reading a policy document that refers to a resource with planned changes until apply, so adding a Region would
# show every policy as "known after apply".
# https://developer.hashicorp.com/terraform/language/data-sources#data-resource-behavior
_RESOURCES: Mapping[str, tuple[Expression, ...]] = MappingProxyType(
    {
        "events_table": (_arn("dynamodb", "table/${local.tables.events}"),),
        "inventory_table": (_arn("dynamodb", "table/${local.tables.inventory}"),),
        "sales_table": (_arn("dynamodb", "table/${local.tables.sales}"),),
        "corrections_table": (_arn("dynamodb", "table/${local.tables.corrections}"),),
        "locks_table": (_arn("dynamodb", f"table/{_name('distributed-locks')}"),),
        "refunds_queue": (_arn("sqs", f"{_name('refunds')}.fifo"),),
        "aurora_cluster": (_arn("rds", f"cluster:{_name('sales')}"),),
        # RDS names the secret that it creates: rds!cluster-<resource id>-<random>.
        # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html
        "aurora_secret": (_arn("secretsmanager", "secret:rds!cluster-*"),),
        "timestream_table": (_arn("timestream", f"database/{_name('audit')}/table/{_name('corrections')}"),),
        "timestream_any": (_ANY,),
    }
)

_SECRET_OF_OUR_CLUSTER = Condition(
    # RDS tags each secret that it creates with the ARN of its cluster.
    test="StringLike",
    variable="aws:ResourceTag/aws:rds:primaryDBClusterArn",
    value=_arn("rds", f"cluster:{_name('sales')}"),
)


def _use_key() -> Statement:
    """Use of the stack's KMS keys in every Region.

    Services call KMS with the role's permissions.
    """
    return Statement(
        "Encryption",
        ("kms:Decrypt", "kms:GenerateDataKey"),
        (_arn("kms", "key/*"),),
        Condition("ForAnyValue:StringEquals", "kms:ResourceAliases", Expression(f'"alias/{_name("key")}"')),
    )


def _service_statements(function: LambdaFunction) -> Iterator[Statement]:
    """The actions that Lambda itself performs with a function's role.

    Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html (logs, X-Ray),
    configuration-vpc.html#configuration-vpc-permissions (network interfaces: EC2 takes no ARN for them),
    with-ddb.html and with-kinesis.html (polling), invocation-async-retain-records.html (failure queues), and
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html (both ARNs).
    """
    group = f"log-group:/aws/lambda/{_name(_dashed(function.name))}:*"
    yield Statement("Logs", ("logs:CreateLogStream", "logs:PutLogEvents"), (_arn("logs", group),))
    yield Statement("Traces", ("xray:PutTelemetryRecords", "xray:PutTraceSegments"), (_ANY,))
    yield Statement("DeadLetters", ("sqs:SendMessage",), (_arn("sqs", _name("dead-letters")),))
    yield _use_key()
    if function.in_vpc:
        interfaces = (
            "AssignPrivateIpAddresses",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
            "UnassignPrivateIpAddresses",
        )
        yield Statement("Vpc", tuple(f"ec2:{action}" for action in interfaces), (_ANY,))
        user = "writer" if function.name == "seat_cache_sync" else "reader"
        redis = (f"replicationgroup:{_name('seats')}", f"user:{_name(user)}")
        yield Statement("Redis", ("elasticache:Connect",), tuple(_arn("elasticache", arn) for arn in redis))
    yield from _POLLING.get(function.name, ())


_POLLING: Mapping[str, tuple[Statement, ...]] = MappingProxyType(
    {
        "seat_cache_sync": (
            Statement(
                "Stream",
                (
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ),
                (_arn("dynamodb", "table/${local.tables.inventory}/stream/*"),),
            ),
        ),
        "kinesis_processor": (
            Statement(
                "Stream",
                (
                    "kinesis:DescribeStream",
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                ),
                (_arn("kinesis", f"stream/{_name('ticket-sales')}"),),
            ),
        ),
    }
)


def _code_statements(function: LambdaFunction, environment: Environment) -> Iterator[Statement]:
    for grant in function.grants:
        if grant.resource.startswith("timestream") and environment.audit.store != "timestream":
            continue
        sid = "".join(word.title() for word in grant.resource.split("_"))
        statement = Statement(sid, grant.actions, _RESOURCES[grant.resource])
        yield (
            replace(statement, condition=_SECRET_OF_OUR_CLUSTER)
            if grant.resource == "aurora_secret"
            else statement
        )


def _machine_statements() -> Iterator[Statement]:
    """The actions that Step Functions itself performs with a state machine's role.

    Sources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy (log
    delivery takes no ARN) and concepts-xray-tracing.html.
    """
    delivery = (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
    tracing = ("GetSamplingRules", "GetSamplingTargets", "PutTelemetryRecords", "PutTraceSegments")
    yield Statement("LogDelivery", tuple(f"logs:{action}" for action in delivery), (_ANY,))
    yield Statement("Traces", tuple(f"xray:{action}" for action in tracing), (_ANY,))


def roles(environment: Environment) -> tuple[Role, ...]:
    """The roles of an environment: of its functions, and of services that act for it."""
    return (*_function_roles(environment), *_service_roles(environment))


def services(environment: Environment) -> tuple[Service, ...]:
    """The services that assume the environment's roles, without duplicates."""
    needed = {role.service for role in roles(environment)}
    return tuple(service for service in _SERVICES if service.name in needed)


def _function_roles(environment: Environment) -> Iterator[Role]:
    for function in FUNCTIONS.values():
        yield Role(
            name=function.name,
            what=_dashed(function.name),
            summary=f"{function.summary}.",
            service="lambda",
            grants=(*_code_statements(function, environment), *_service_statements(function)),
        )


def _service_roles(environment: Environment) -> Iterator[Role]:
    verification = [_name(_dashed(name)) for name in ("inventory_verifier", "oversell_corrector")]
    yield Role(
        "verification_machine",
        "verification-machine",
        "The state machine that verifies and corrects.",
        "states",
        (
            Statement(
                "Functions",
                ("lambda:InvokeFunction",),
                tuple(_arn("lambda", f"function:{f}") for f in verification),
            ),
            *_machine_statements(),
        ),
    )
    yield Role(
        "ticker_machine",
        "ticker-machine",
        "The state machine that starts a verification every few seconds.",
        "states",
        (
            Statement(
                "Start",
                ("states:StartExecution",),
                (_arn("states", f"stateMachine:{_name('verification')}"),),
            ),
            *_machine_statements(),
        ),
    )
    yield Role(
        "schedule",
        "schedule",
        "The rule that starts the ticker every minute.",
        "events",
        (
            Statement(
                "Start", ("states:StartExecution",), (_arn("states", f"stateMachine:{_name('ticker')}"),)
            ),
        ),
    )
    # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    yield Role(
        "flow_logs",
        "flow-logs",
        "VPC flow logs, which are delivered to CloudWatch Logs.",
        "flow_logs",
        (
            Statement(
                "Logs",
                ("logs:CreateLogStream", "logs:PutLogEvents"),
                (_arn("logs", f"log-group:/aws/vpc/{_name('flows')}:*"),),
            ),
            Statement(
                "Find", ("logs:DescribeLogGroups", "logs:DescribeLogStreams"), (_arn("logs", "log-group:*"),)
            ),
        ),
    )
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Monitoring.OS.Enabling.html
    yield Role(
        "rds_monitoring",
        "rds-monitoring",
        "RDS Enhanced Monitoring of the Aurora hosts.",
        "rds_monitoring",
        managed_policy="service-role/AmazonRDSEnhancedMonitoringRole",
    )
    if environment.api.account_logging:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        yield Role(
            "api_logs",
            "api-logs",
            "API Gateway, which writes the logs of every API in the account.",
            "apigateway",
            managed_policy="service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        )


def _dashed(name: str) -> str:
    return name.replace("_", "-")
