"""Settings of networks, load balancers and APIs that are rejected together.

A source that begins with "provider" is a check that AWS provider 5.100.0 makes when it plans or applies.
"""

from __future__ import annotations

from ticketgen.findings import Severity
from ticketgen.rules.setting_conditions import (
    SettingFact,
    equals,
    exceeds,
    is_set,
    is_unset,
    matches,
    outside,
)

__all__ = ["NETWORK_FACTS"]

_DOCS = "https://docs.aws.amazon.com"
_PLAN = "provider 5.100.0, in its plan"

NETWORK_FACTS = (
    *(
        SettingFact(
            type,
            [exceeds("from_port", "to_port"), equals(protocol, "tcp", "udp", "6", "17", 6, 17)],
            "from_port",
            "from_port {at} is greater than to_port",
            "swap the ports",
            f"{_DOCS}/AWSEC2/latest/APIReference/API_IpPermission.html",
        )
        for type, protocol in (
            ("aws_security_group_rule", "protocol"),
            ("aws_security_group.ingress", "protocol"),
            ("aws_security_group.egress", "protocol"),
            ("aws_vpc_security_group_ingress_rule", "ip_protocol"),
            ("aws_vpc_security_group_egress_rule", "ip_protocol"),
        )
    ),
    *(
        SettingFact(
            type,
            [equals("protocol", "-1", -1, "all"), exceeds(port, 0)],
            port,
            port + " is {at}, although the rule is for all protocols and ports",
            f"set {port} = 0",
            "provider 5.100.0, in its apply",
        )
        for type in ("aws_security_group.ingress", "aws_security_group.egress")
        for port in ("from_port", "to_port")
    ),
    SettingFact(
        "aws_lb_listener",
        [equals("protocol", "HTTPS", "TLS"), is_unset("certificate_arn")],
        "protocol",
        "a listener with protocol {at} has no certificate",
        "set certificate_arn",
        f"{_DOCS}/elasticloadbalancing/latest/APIReference/API_CreateListener.html",
    ),
    SettingFact(
        "aws_lb_listener",
        [equals("protocol", "HTTP", "TCP", "UDP", "TCP_UDP"), is_set("ssl_policy")],
        "ssl_policy",
        "a listener without TLS has an ssl_policy",
        "remove it, or use HTTPS",
        f"{_DOCS}/elasticloadbalancing/latest/APIReference/API_CreateListener.html",
        Severity.WARNING,
    ),
    *(
        SettingFact(
            "aws_lb_target_group",
            [is_unset("target_type"), is_unset(name)],
            "name",
            f"a target group without target_type has no {name}",
            f"set {name}",
            _PLAN,
        )
        for name in ("vpc_id", "port", "protocol")
    ),
    SettingFact(
        "aws_lb_target_group",
        [equals("target_type", "lambda"), is_set("port")],
        "port",
        "a target group of a function has a port",
        "remove it",
        f"{_DOCS}/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html",
        Severity.WARNING,
    ),
    SettingFact(
        "aws_lb_target_group.health_check",
        [equals("protocol", "TCP"), is_set("path")],
        "path",
        "a health check of TCP has a path",
        "remove it, or use HTTP",
        _PLAN,
    ),
    SettingFact(
        "aws_lb_target_group.health_check",
        [equals("protocol", "TCP"), is_set("matcher")],
        "matcher",
        "a health check of TCP has a matcher",
        "remove it, or use HTTP",
        _PLAN,
    ),
    SettingFact(
        "aws_api_gateway_integration",
        [equals("type", "AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY"), is_unset("uri")],
        "type",
        "an integration of type {at} has no uri",
        "set uri",
        f"{_DOCS}/apigateway/latest/api/API_PutIntegration.html",
    ),
    SettingFact(
        "aws_api_gateway_integration",
        [equals("type", "AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY"), is_unset("integration_http_method")],
        "type",
        "an integration of type {at} has no integration_http_method",
        "set it; a function needs POST",
        f"{_DOCS}/apigateway/latest/api/API_PutIntegration.html",
    ),
    SettingFact(
        "aws_api_gateway_integration",
        [
            equals("type", "AWS_PROXY"),
            matches("uri", r":lambda:path/"),
            outside("integration_http_method", "POST"),
        ],
        "integration_http_method",
        "API Gateway invokes a function with {at}, which Lambda refuses",
        "use POST",
        f"{_DOCS}/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html",
        Severity.WARNING,
    ),
    SettingFact(
        "aws_api_gateway_method",
        [equals("authorization", "CUSTOM", "COGNITO_USER_POOLS"), is_unset("authorizer_id")],
        "authorization",
        "a method with authorization {at} has no authorizer_id",
        "set authorizer_id",
        f"{_DOCS}/apigateway/latest/api/API_PutMethod.html",
    ),
    SettingFact(
        "aws_apigatewayv2_authorizer",
        [equals("authorizer_type", "JWT"), is_unset("jwt_configuration")],
        "authorizer_type",
        "an authorizer of type JWT has no jwt_configuration",
        "add jwt_configuration { … }",
        f"{_DOCS}/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html",
    ),
    SettingFact(
        "aws_vpc_endpoint",
        [equals("vpc_endpoint_type", "Interface"), is_set("route_table_ids")],
        "route_table_ids",
        "an interface endpoint has route_table_ids",
        "use subnet_ids",
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
    ),
    SettingFact(
        "aws_vpc_endpoint",
        [is_unset("vpc_endpoint_type"), is_set("subnet_ids")],
        "subnet_ids",
        "a gateway endpoint has subnet_ids",
        'set vpc_endpoint_type = "Interface", or use route_table_ids',
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
    ),
    SettingFact(
        "aws_cloudfront_distribution.viewer_certificate",
        [matches("acm_certificate_arn", r"^arn:aws:acm:(?!us-east-1:)")],
        "acm_certificate_arn",
        "the certificate {at} is not in us-east-1",
        "use a certificate in us-east-1",
        f"{_DOCS}/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html",
    ),
)
"""What EC2, Elastic Load Balancing, API Gateway and CloudFront reject."""
