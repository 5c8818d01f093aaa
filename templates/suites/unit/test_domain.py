"""The custom domain: one name for all Regions, which resolves to the nearest healthy one."""

from __future__ import annotations

import demands
import pytest

from support.places import at
from support.stack import Stack
from support.values import Unknown


@pytest.mark.parametrize("region", demands.REGIONS)
def test_buyers_reach_the_nearest_region(stack: Stack, region: str) -> None:
    record = stack.resource(at("region", "aws_route53_record.api", region))
    record.must("latency_routing_policy.region", region, "the record would represent another Region")
    record.must("set_identifier", region, "records with the same name need distinct ids")
    record.must(
        "health_check_id",
        Unknown(at("region", "aws_route53_health_check.api.id", region)),
        "buyers would be sent to a Region that is down",
    )
    domain = at("region", "aws_api_gateway_domain_name.api", region)
    record.must(
        "alias.name", Unknown(f"{domain}.regional_domain_name"), "the record would lead to another Region"
    )
    record.must("alias.zone_id", Unknown(f"{domain}.regional_zone_id"), "the record would lead nowhere")


def test_the_domain_is_that_of_the_spec_and_uses_tls(stack: Stack) -> None:
    domain = stack.resource(at("region", "aws_api_gateway_domain_name.api"))
    domain.must("domain_name", demands.DOMAIN, "the spec names this domain")
    domain.must("security_policy", "TLS_1_2", "older versions of TLS are insecure")
    domain.must(
        "regional_certificate_arn",
        Unknown(at("region", "aws_acm_certificate.api.arn")),
        "browsers would refuse another certificate",
    )
    waits = domain.block.attributes["regional_certificate_arn"].scan_values(lambda _: True)
    if "aws_acm_certificate_validation" not in map(str, waits):
        domain.fails(
            "does not wait for the validation", "API Gateway refuses a certificate before it is issued"
        )
    mapping = stack.resource(at("region", "aws_api_gateway_base_path_mapping.api"))
    mapping.must(
        "api_id",
        Unknown(at("region", "aws_api_gateway_rest_api.tickets.id")),
        "the domain would lead to another API",
    )
    mapping.must("stage_name", demands.ENVIRONMENT, "the domain would lead to another stage")
    certificate = stack.resource(at("region", "aws_acm_certificate.api"))
    certificate.must("domain_name", demands.DOMAIN, "browsers refuse a certificate for another domain")
    certificate.must("validation_method", "DNS", "nobody would answer an e-mail in the middle of an apply")
    stack.resource(at("region", "aws_acm_certificate_validation.api")).must(
        "certificate_arn",
        Unknown(f"{certificate.address}.arn"),
        "Terraform would wait for another certificate",
    )


def test_one_record_validates_the_certificates_of_every_region(stack: Stack) -> None:
    certificate = stack.resource(at("global", "aws_acm_certificate.api"))
    certificate.must("domain_name", demands.DOMAIN, "the record of another domain validates no certificate")
    certificate.must("validation_method", "DNS", "without it, there is no record")
    record = stack.resource(at("global", 'aws_route53_record.validation["*"]'))
    option = f"{certificate.address}.domain_validation_options"
    for attribute, value in (
        ("name", Unknown(f"{option}.resource_record_name")),
        ("type", Unknown(f"{option}.resource_record_type")),
        ("records", [Unknown(f"{option}.resource_record_value")]),
    ):
        record.must(attribute, value, "ACM looks for this record, and the Regions wait until it finds it")


@pytest.mark.parametrize("region", demands.REGIONS)
def test_a_region_that_cannot_sell_gets_no_traffic(stack: Stack, region: str) -> None:
    check = stack.resource(at("region", "aws_route53_health_check.api", region))
    check.must("type", "HTTPS", "an alarm without data counts as healthy, and plain HTTP is not answered")
    check.must("port", 443, "API Gateway answers on this port")
    suffix = "amazonaws.com.cn" if demands.PARTITION == "aws-cn" else "amazonaws.com"
    api = at("region", "aws_api_gateway_rest_api.tickets.id", region)
    check.must(
        "fqdn", f"${{{api}}}.execute-api.{region}.{suffix}", "the custom domain leads to any healthy Region"
    )
    check.must("resource_path", f"/{demands.ENVIRONMENT}/health", "API Gateway answers 403 on another path")
    seconds = check.get("request_interval") * check.get("failure_threshold")
    if not 30 <= seconds <= 90:
        check.fails(
            f"takes {seconds} s", "one lost packet is no outage, and buyers wait until an outage is noticed"
        )


def test_the_health_checkers_reach_the_sales_function_without_sign_in(stack: Stack) -> None:
    method = stack.resource(at("region", "aws_api_gateway_method.health"))
    method.must("http_method", "GET", "Route 53 sends GET")
    method.must("authorization", "NONE", "Route 53 cannot sign in")
    resource = stack.resource(at("region", "aws_api_gateway_resource.health"))
    resource.must("path_part", "health", "the check asks for this path")
    resource.must(
        "parent_id",
        Unknown(at("region", "aws_api_gateway_rest_api.tickets.root_resource_id")),
        "the check asks for this path",
    )
    integration = stack.resource(at("region", "aws_api_gateway_integration.health"))
    integration.must("type", "AWS_PROXY", "a mock answers even when nothing can be sold")
    integration.must("integration_http_method", "POST", "API Gateway invokes Lambda with POST")
    integration.must(
        "uri",
        Unknown(at("region", "aws_lambda_alias.ticket_purchase.invoke_arn")),
        "no other function has a health route",
    )
    for each in (method, integration):
        each.must(
            "resource_id",
            Unknown(at("region", "aws_api_gateway_resource.health.id")),
            "the check asks for this path",
        )
    permission = stack.resource(at("region", "aws_lambda_permission.health"))
    api = at("region", "aws_api_gateway_rest_api.tickets.execution_arn")
    why = "API Gateway would answer every check with 500"
    permission.must("source_arn", f"${{{api}}}/*/GET/health", why)
    permission.must("qualifier", "live", why)
    permission.must("principal", "apigateway.amazonaws.com", why)
    permission.must("action", "lambda:InvokeFunction", why)
    permission.must(
        "statement_id", f"{demands.PROJECT}-health-{demands.ENVIRONMENT}", "each statement needs an id"
    )
    permission.must(
        "function_name",
        stack.resource(at("region", "aws_lambda_function.ticket_purchase")).get("function_name"),
        why,
    )
