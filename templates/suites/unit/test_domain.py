"""The custom domain: one name for all Regions, answered with the nearest that is healthy."""

from __future__ import annotations

import demands
import pytest

from support.places import at
from support.stack import Stack
from support.values import Unknown


@pytest.mark.parametrize("region", demands.REGIONS)
def test_buyers_are_led_to_the_nearest_region(stack: Stack, region: str) -> None:
    record = stack.resource(at("region", "aws_route53_record.api", region))
    record.must("latency_routing_policy.region", region, "the record would stand for another Region")
    record.must("set_identifier", region, "records of one name need an id each")
    record.must(
        "health_check_id",
        Unknown(at("region", "aws_route53_health_check.api.id", region)),
        "buyers would be led to a Region that is down",
    )
    domain = at("region", "aws_api_gateway_domain_name.api", region)
    record.must("alias.name", Unknown(f"{domain}.regional_domain_name"), "it would lead to another Region")
    record.must("alias.zone_id", Unknown(f"{domain}.regional_zone_id"), "it would lead nowhere")


def test_the_domain_is_the_specs_and_speaks_tls(stack: Stack) -> None:
    domain = stack.resource(at("region", "aws_api_gateway_domain_name.api"))
    domain.must("domain_name", demands.DOMAIN, "the spec names it")
    domain.must("security_policy", "TLS_1_2", "older versions are broken")
    domain.must(
        "regional_certificate_arn",
        Unknown(at("region", "aws_acm_certificate.api.arn")),
        "browsers would refuse it",
    )
    mapping = stack.resource(at("region", "aws_api_gateway_base_path_mapping.api"))
    mapping.must(
        "api_id",
        Unknown(at("region", "aws_api_gateway_rest_api.tickets.id")),
        "the domain would show another API",
    )
    mapping.must("stage_name", demands.ENVIRONMENT, "the domain would show another stage")
    stack.resource(at("region", "aws_acm_certificate.api")).must(
        "domain_name", demands.DOMAIN, "browsers compare"
    )


def test_a_region_whose_api_fails_is_left_out(stack: Stack) -> None:
    check = stack.resource(at("region", "aws_route53_health_check.api"))
    check.must("type", "CLOUDWATCH_METRIC", "a probe may not sign in")
    check.must("cloudwatch_alarm_region", demands.PRIMARY, "the alarm is the Region's own")
    check.must(
        "cloudwatch_alarm_name",
        f"{demands.PROJECT}-api-server-errors-{demands.ENVIRONMENT}",
        "the alarm is the one on 5xx",
    )
    check.must("insufficient_data_health_status", "Healthy", "a Region where nobody buys is not broken")
