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


def test_a_region_whose_api_fails_gets_no_traffic(stack: Stack) -> None:
    check = stack.resource(at("region", "aws_route53_health_check.api"))
    check.must("type", "CLOUDWATCH_METRIC", "an HTTP probe cannot sign in")
    check.must("cloudwatch_alarm_region", demands.PRIMARY, "the alarm is in the same Region")
    check.must(
        "cloudwatch_alarm_name",
        f"{demands.PROJECT}-api-server-errors-{demands.ENVIRONMENT}",
        "the health check follows the alarm on 5xx answers",
    )
    check.must("insufficient_data_health_status", "Healthy", "a Region without traffic is not broken")
