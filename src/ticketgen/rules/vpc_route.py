"""Functions in a VPC that cannot reach the services that they call."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.modules import source_folder
from ticketgen.hcl.values import PartialText, ResourceReference
from ticketgen.rules.function_calls import calls_of
from ticketgen.rules.lambda_functions import LambdaResource, functions
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

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


# Arguments of a route that name its target; one through an internet gateway helps no function, which has no public
# address. https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/route
_TARGETS = (
    "carrier_gateway_id", "core_network_arn", "egress_only_gateway_id", "gateway_id", "local_gateway_id",
    "nat_gateway_id", "network_interface_id", "transit_gateway_id", "vpc_endpoint_id", "vpc_peering_connection_id",
)  # fmt: skip
_TABLES = ("aws_route_table", "aws_default_route_table")


def _check(subject: Subject) -> Iterator[Problem]:
    routed = {id(scope.root) for scope in _routed(subject)}
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
        address = function.resource.address
        if not endpoints and not _is_read(function):
            message = f"{address} is in a VPC that has neither a NAT gateway nor an endpoint"
            help = "add an endpoint for each service that the code calls or a NAT gateway, or leave the VPC"
            yield Problem(message, function.resource.location, help)
        called: dict[str, Location] = {}
        for file, call in calls_of(function):
            called.setdefault(call.service, file.at(call.line))
        for service, location in called.items():
            endpoint = _ENDPOINTS.get(service, service)
            if not endpoints & {endpoint, service}:
                message = f"{address} calls {service}, but its VPC has no route or endpoint to {service}"
                help = (
                    f"add a VPC endpoint for {endpoint} or a NAT gateway, or move the function out of the VPC"
                )
                yield Problem(message, location, help)


def _is_read(function: LambdaResource) -> bool:
    """Whether all calls of the code can be known: it is Python in the configuration."""
    return function.code is not None and all(file.name.endswith(".py") for file in function.code)


def _routed(subject: Subject) -> Iterator[Scope]:
    """Scopes with a way out of a VPC, or where one may be unseen."""
    yield from (found.scope for found in subject.resources(*_ROUTES))
    for route in subject.resources("aws_route"):
        if _leads_out(route):
            yield route.scope
    for table in subject.resources(*_TABLES):
        if (
            table.loops("route")
            or table.block.attribute("route")
            or table.has("propagating_vgws")
            or any(_leads_out(route) for route in table.nested_blocks("route"))
        ):
            yield table.scope
    modules = subject.configuration.modules
    for scope in subject.configuration.all_scopes():
        calls = scope.module.calls.values()
        subject.spend(len(calls))
        # A module that is not read may add a route or an endpoint.
        if not scope.module.complete or any(
            source_folder(scope.module, call.block) not in modules for call in calls
        ):
            yield scope


def _leads_out(route: BlockInstance) -> bool:
    """Whether a route has a target other than an internet gateway."""
    for name in _TARGETS:
        link = route.link(name)
        if route.has(name) and (link is None or link.resource.type != "aws_internet_gateway"):
            return True
    return False


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
    summary="A function in a VPC can reach every AWS service that its code calls",
    why=(
        "A function in a VPC has no public address, so an internet gateway does not help. Without an endpoint or a NAT "
        "gateway, each call hangs until the function times out. In inline Python, the calls are known. Whatever else a "
        "function runs, a container image too, it needs some way out of its VPC, unless it calls no AWS service."
    ),
    fix="add a gateway endpoint (DynamoDB, S3: free), an interface endpoint, or a NAT gateway",
    check=_check,
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",),
)
