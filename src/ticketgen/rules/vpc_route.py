"""Functions in a VPC that cannot reach the services that they call."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.hcl.values import PartialText, ResourceReference
from ticketgen.rules.function_calls import calls_of
from ticketgen.rules.lambda_functions import LambdaResource, functions
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

# boto3's name of a service → the last part of the endpoint's name, if they differ.
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
_ENDPOINTS = {
    "cloudwatch": "monitoring", "firehose": "kinesis-firehose", "kinesis": "kinesis-streams", "ses": "email",
    "stepfunctions": "states",
}  # fmt: skip
_ROUTES = (
    "aws_nat_gateway", "aws_ec2_transit_gateway_vpc_attachment", "aws_vpc_peering_connection", "aws_vpn_gateway",
    "aws_networkfirewall_firewall", "aws_egress_only_internet_gateway", "aws_dx_gateway_association", "aws_instance",
)  # fmt: skip


def _check(subject: Subject) -> Iterator[Problem]:
    routed = {id(found.scope.root) for found in subject.resources(*_ROUTES)}
    known: dict[int, frozenset[str] | None] = {}
    for function in functions(subject):
        vpc = _vpc(function)
        if vpc is None or id(vpc.scope.root) in routed:
            continue
        root = id(vpc.scope.root)
        if root not in known:
            known[root] = _endpoints(subject, vpc)
        endpoints = known[root]
        if endpoints is None:
            continue
        called: dict[str, Location] = {}
        for file, call in calls_of(function):
            called.setdefault(call.service, file.at(call.line))
        for service, location in called.items():
            endpoint = _ENDPOINTS.get(service, service)
            if not endpoints & {endpoint, service}:
                address = function.resource.address
                message = f"{address} calls {service}, but its VPC has no route or endpoint to {service}"
                help = (
                    f"add a VPC endpoint for {endpoint} or a NAT gateway, or move the function out of the VPC"
                )
                yield Problem(message, location, help)


def _vpc(function: LambdaResource) -> ResourceReference | None:
    """The VPC of a function, if the configuration declares all of its subnets."""
    for block in function.resource.nested_blocks("vpc_config"):
        value = function.resource.subject.values.of(block.expression("subnet_ids"), block.where)
        links = value if isinstance(value, list) else [value]
        function.resource.subject.spend(len(links))
        for link in links:
            if not isinstance(link, ResourceReference) or link.resource.type != "aws_subnet":
                return None
            vpc = function.resource.subject.values.of(link.resource.value("vpc_id"), link.scope)
            if isinstance(vpc, ResourceReference) and vpc.resource.type == "aws_vpc":
                return vpc
    return None


def _endpoints(subject: Subject, vpc: ResourceReference) -> frozenset[str] | None:
    """The services that the VPC has endpoints for; None if that is unknown."""
    found: set[str] = set()
    for endpoint in subject.resources("aws_vpc_endpoint"):
        if endpoint.scope.root is not vpc.scope.root:
            continue
        name = endpoint.value_with_defaults("service_name")
        if isinstance(name, PartialText):  # such as `com.amazonaws.${var.region}.dynamodb`
            *_, name = subject.assumed.parts(name) or (None,)
            name = name if isinstance(name, str) and "." in name else None
        if not isinstance(name, str) or not name:
            return None
        found.add(name.rpartition(".")[2])
    return frozenset(found)


RULE = Rule(
    id="vpc-route",
    severity=Severity.ERROR,
    summary="A function in a VPC can reach every AWS service that its inline code calls",
    why=(
        "A function in a VPC has no public address, so an internet gateway does not help. Without an endpoint or a NAT "
        "gateway, each call hangs until the function times out."
    ),
    fix="add a gateway endpoint (DynamoDB, S3: free), an interface endpoint, or a NAT gateway",
    check=_check,
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",),
)
