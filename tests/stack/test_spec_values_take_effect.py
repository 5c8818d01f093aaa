"""Every value of the spec takes effect: changing it changes the rendered stack."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from stacks import DEMO_REGIONS, environment, rendered

from ticketgen.spec.cross_origin import Cors
from ticketgen.spec.model import Api, Audit, Cache, Domain, EventScale, Functions, Objectives, Pms, State
from ticketgen.spec.observability import Alarms, Logs

SCALE = {
    "purchases_per_minute": 45_000,
    "seats_per_event": 234_000,
    "concurrent_events": 20,
    "seats_per_order": 8,
    "hold_seconds": 300,
}
OBJECTIVES: dict[str, int] = Objectives().model_dump()


def _usual() -> Mapping[str, str]:
    return rendered(environment())


def _different(**parts: object) -> str:
    """The rendered lines of a changed environment that the unchanged one lacks."""
    changed = rendered(environment(**parts))  # type: ignore[arg-type]
    usual = {path: set(text.splitlines()) for path, text in _usual().items()}
    return "\n".join(
        line
        for path, text in changed.items()
        for line in text.splitlines()
        if line not in usual.get(path, ())
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purchases_per_minute", 9_000),
        ("seats_per_event", 280_000),
        ("concurrent_events", 100),
        ("seats_per_order", 4),
        ("hold_seconds", 600),
        ("seats_per_buyer", 16),
    ],
)
def test_the_event_scale_takes_effect(field: str, value: int) -> None:
    assert _different(event_scale=EventScale(**SCALE | {field: value}))


@pytest.mark.parametrize("field", OBJECTIVES)
def test_the_objectives_take_effect(field: str) -> None:
    value = {"verification_interval_s": 20}.get(field, OBJECTIVES[field] + 1)
    assert str(value) in _different(objectives=Objectives(**OBJECTIVES | {field: value}))


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"name": "blue"}, '"blue"'),
        ({"project": "other-shop"}, '"other-shop"'),
        ({"protect": True}, "protect = true"),
        ({"tags": {"Team": "on-sale"}}, "on-sale"),
        ({"state": State(bucket="the-bucket")}, "the-bucket"),
        ({"state": State(bucket="the-bucket", region="eu-west-3")}, "eu-west-3"),
        ({"api": Api(auth="none")}, '"NONE"'),
        ({"api": Api(auth="cognito")}, '"COGNITO_USER_POOLS"'),
        ({"api": Api(domain=Domain(name="shop.example.com", zone_id="Z42"))}, "shop.example.com"),
        ({"api": Api(cors=Cors(origins=("https://shop.example.com",)))}, "'https://shop.example.com'"),
        ({"alarms": Alarms(email=("a@example.com",))}, 'protocol = "email"'),
        (
            {"alarms": Alarms(topic_arn="arn:aws:sns:{region}:123456789012:on-call")},
            '"arn:aws:sns:${var.region}:123456789012:on-call"',
        ),
        ({"logs": Logs(ip_retention_days=14)}, "retention_in_days = 14"),
        ({"audit": Audit(store="timestream")}, "aws_timestreamwrite_table"),
        ({"cache": Cache(engine="redis")}, 'engine_version = "7.1"'),
        ({"pms": Pms(url="https://pms.example.com/x")}, "https://pms.example.com/x"),
        ({"regions": (DEMO_REGIONS[2], *DEMO_REGIONS[3:6])}, 'primary_region = "eu-west-1"'),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_every_other_value_takes_effect(parts: dict[str, object], text: str) -> None:
    squeezed = " ".join(_different(**parts).split())
    assert text in squeezed


def test_without_reserved_concurrency_none_is_reserved() -> None:
    attribute = "reserved_concurrent_executions"
    assert attribute in _usual()["modules/region/functions.tf"]
    without = rendered(environment(functions=Functions(reserved_concurrency=False)))
    assert not any(attribute in text for path, text in without.items() if path.endswith(".tf"))


def test_the_accounts_log_role_is_managed_unless_it_exists() -> None:
    assert "aws_api_gateway_account" in _usual()["modules/region/api.tf"]
    without = rendered(environment(api=Api(log_role="existing")))
    assert not any(
        "aws_api_gateway_account" in text for path, text in without.items() if path.endswith(".tf")
    )


def test_no_page_of_another_origin_may_call_the_api_unless_the_spec_says_so() -> None:
    assert "modules/region/cors.tf" not in _usual()
    texts = [text for path, text in _usual().items() if path.endswith(".tf")]
    assert not any("gatewayresponse.header.Access-Control" in text or '"OPTIONS"' in text for text in texts)


def test_protection_is_off_unless_asked_for() -> None:
    text = "\n".join(_usual().values())
    assert " protect = true" not in " ".join(text.split())


def test_without_a_bucket_the_state_has_no_backend() -> None:
    assert 'backend "s3"' in rendered(environment(state=State(bucket="the-bucket")))["global/provider.tf"]
    assert "backend " not in _usual()["global/provider.tf"]
