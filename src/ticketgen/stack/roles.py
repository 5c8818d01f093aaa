"""The IAM roles, with least privilege by construction.

A function's role is granted the actions that its code calls and those of its trigger, from its module in
``functions/``, and the actions that an AWS service performs with the role, from the tables here; nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ticketgen.rendering.quoted import RawExpression
from ticketgen.spec.model import Environment
from ticketgen.stack.functions import FUNCTIONS, functions_of
from ticketgen.stack.functions.model import LambdaFunction, TriggerSource
from ticketgen.stack.policy import ANY, Condition, Statement, arn, name

__all__ = ["SERVICE_ROLES", "Role", "Service", "role_count", "roles", "services"]


@dataclass(frozen=True, slots=True)
class Service:
    """An AWS service that assumes roles of the stack.

    ``names_source_account`` tells whether it sends ``aws:SourceAccount`` when it assumes a role.
    """

    name: str
    principal: str
    names_source_account: bool = True


@dataclass(frozen=True, slots=True)
class Role:
    """One role with its inline policy.

    Attributes:
        name: the name of its Terraform resources, in snake case.
        summary: who assumes it; rendered as a comment.
        service: the name of the service that assumes it.
        grants: the statements of its inline policy.
        managed_policy: the AWS managed policy that it has instead of an inline policy.
    """

    name: str
    summary: str
    service: str
    grants: tuple[Statement, ...] = ()
    managed_policy: str = ""

    @property
    def what(self) -> str:
        """The middle of the role's name."""
        return self.name.replace("_", "-")

    @property
    def policy_address(self) -> RawExpression:
        """The address of the resource that gives the role its permissions."""
        kind = "aws_iam_role_policy_attachment" if self.managed_policy else "aws_iam_role_policy"
        return RawExpression(f"{kind}.{self.name}")


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


def _use_key() -> Statement:
    """Use of the stack's KMS keys in every Region.

    Services call KMS with the role's permissions.
    """
    return Statement(
        "Encryption",
        ("kms:Decrypt", "kms:GenerateDataKey"),
        (arn("kms", "key/*"),),
        Condition("ForAnyValue:StringEquals", "kms:ResourceAliases", RawExpression(f'"alias/{name("key")}"')),
    )


def _service_statements(function: LambdaFunction) -> Iterator[Statement]:
    """The actions that Lambda itself performs with a function's role.

    Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html (logs, X-Ray),
    configuration-vpc.html#configuration-vpc-permissions (network interfaces: EC2 takes no ARN for them; the calls that
    the function's code makes carry lambda:SourceFunctionArn, the calls that Lambda makes for it do not),
    with-ddb.html and with-kinesis.html (polling), invocation-async-retain-records.html (failure queues), and
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html (both ARNs).
    """
    group = f"log-group:/aws/lambda/{name(function.what)}:*"
    yield Statement("Logs", ("logs:CreateLogStream", "logs:PutLogEvents"), (arn("logs", group),))
    yield Statement("Traces", ("xray:PutTelemetryRecords", "xray:PutTraceSegments"), (ANY,))
    yield Statement("DeadLetters", ("sqs:SendMessage",), (arn("sqs", name("dead-letters")),))
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
        yield Statement("Vpc", tuple(f"ec2:{action}" for action in interfaces), (ANY,))
        yield Statement(
            "OnlyLambdaManagesTheVpc",
            tuple(f"ec2:{action}" for action in sorted((*interfaces, "DetachNetworkInterface"))),
            (ANY,),
            Condition(
                "ArnEquals", "lambda:SourceFunctionArn", arn("lambda", f"function:{name(function.what)}")
            ),
            effect="Deny",
        )
        redis = (f"replicationgroup:{name('seats')}", f"user:{name(function.redis_user)}")
        yield Statement("Redis", ("elasticache:Connect",), tuple(arn("elasticache", each) for each in redis))
    yield from function.trigger.polling


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
    yield Statement("LogDelivery", tuple(f"logs:{action}" for action in delivery), (ANY,))
    yield Statement("Traces", tuple(f"xray:{action}" for action in tracing), (ANY,))


def _call_functions() -> Statement:
    called = (
        function for function in FUNCTIONS.values() if function.trigger.source is TriggerSource.STATE_MACHINE
    )
    arns = tuple(arn("lambda", f"function:{name(function.what)}:live") for function in called)
    return Statement("Functions", ("lambda:InvokeFunction",), arns)


def _start(machine: str) -> Statement:
    return Statement("Start", ("states:StartExecution",), (arn("states", f"stateMachine:{name(machine)}"),))


SERVICE_ROLES = (
    Role(
        "verification_machine",
        "The state machine that verifies and corrects.",
        "states",
        (_call_functions(), *_machine_statements()),
    ),
    Role(
        "ticker_machine",
        "The state machine that starts a verification every few seconds.",
        "states",
        (_start("verification"), *_machine_statements()),
    ),
    Role("schedule", "The rule that starts the ticker every minute.", "events", (_start("ticker"),)),
    Role(
        # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
        "flow_logs",
        "VPC flow logs, which are delivered to CloudWatch Logs.",
        "flow_logs",
        (
            Statement(
                "Logs",
                ("logs:CreateLogStream", "logs:PutLogEvents"),
                (arn("logs", f"log-group:/aws/vpc/{name('flows')}:*"),),
            ),
            Statement(
                "Find", ("logs:DescribeLogGroups", "logs:DescribeLogStreams"), (arn("logs", "log-group:*"),)
            ),
        ),
    ),
    Role(
        # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Monitoring.OS.Enabling.html
        "rds_monitoring",
        "RDS Enhanced Monitoring of the Aurora hosts.",
        "rds_monitoring",
        managed_policy="service-role/AmazonRDSEnhancedMonitoringRole",
    ),
    Role(
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        "api_logs",
        "API Gateway, which writes the logs of every API in the account.",
        "apigateway",
        managed_policy="service-role/AmazonAPIGatewayPushToCloudWatchLogs",
    ),
)
"""The roles of the services that act for a stack; the last only if the stack manages the account's log role."""


def roles(environment: Environment) -> tuple[Role, ...]:
    """The roles of an environment: of its functions, and of services that act for it."""
    own = (_of_function(function, environment) for function in functions_of(environment).values())
    return (*own, *_of_services(environment))


def role_count(environment: Environment) -> int:
    """The number of its roles."""
    return len(functions_of(environment)) + len(_of_services(environment))


def services(environment: Environment) -> tuple[Service, ...]:
    """The services that assume the environment's roles, without duplicates."""
    needed = {role.service for role in roles(environment)}
    return tuple(service for service in _SERVICES if service.name in needed)


def _of_services(environment: Environment) -> tuple[Role, ...]:
    return SERVICE_ROLES if environment.api.log_role == "managed" else SERVICE_ROLES[:-1]


def _of_function(function: LambdaFunction, environment: Environment) -> Role:
    granted = (grant.statement for grant in function.grants if grant.wanted(environment))
    return Role(function.name, f"{function.summary}.", "lambda", (*granted, *_service_statements(function)))
