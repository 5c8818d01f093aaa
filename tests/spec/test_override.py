"""Values of ``--set`` are validated like those in the file; their errors are located at the option."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_tools import DEMO

from ticketgen.findings import Finding, errors, has_errors
from ticketgen.spec.load import load
from ticketgen.spec.model import Environment
from ticketgen.spec.override import apply_overrides
from ticketgen.spec.resolve import resolve


def with_options(
    *options: str, only: Sequence[str] = ()
) -> tuple[dict[str, Environment] | None, tuple[Finding, ...]]:
    document = load(DEMO).value
    assert document is not None
    changed = apply_overrides(document, options, only)
    if changed.value is None:
        return None, changed.findings
    project = resolve(changed.value)
    found = {each.name: each for each in project.value.environments} if project.value else None
    return found, changed.findings + project.findings


def test_a_value_overrides_every_environment() -> None:
    found, findings = with_options("event_scale.purchases_per_minute=90000")
    assert not has_errors(findings)
    assert found is not None
    assert {each.event_scale.purchases_per_minute for each in found.values()} == {90_000}
    assert found["prod"].event_scale.seats_per_event == 234_000


def test_a_value_applies_to_the_chosen_environments_only() -> None:
    for found, _ in (
        with_options("protect=true", only=["dev"]),
        with_options("environments.dev.protect=true"),
    ):
        assert found is not None
        assert {name: each.protect for name, each in found.items()} == {
            "dev": True,
            "prod": True,  # as it was
            "staging": False,
        }


def test_values_are_yaml_and_a_later_one_wins() -> None:
    found, findings = with_options(
        "regions=[us-east-1, eu-west-1]",
        "secondary_region=us-west-2",
        "secondary_region=eu-west-1",
        "tags={A: b}",
    )
    assert not has_errors(findings)
    assert found is not None
    assert found["prod"].regions == ("eu-west-1", "us-east-1")
    assert found["prod"].secondary_region == "eu-west-1"
    assert found["prod"].tags == {"Owner": "ticketing", "A": "b"}


def test_an_empty_value_is_null() -> None:
    found, _ = with_options("regions=[us-east-1]", "secondary_region=")
    assert found is not None
    assert found["prod"].secondary_region is None


@pytest.mark.parametrize(
    ("option", "rule", "column", "words"),
    [
        ("event_scale.purchases_per_minute=0", "out-of-range", 34, "write 1 or more"),
        ("event_scale.purchases_per_minute=10000001", "out-of-range", 34, "write 10000000 or less"),
        ("event_scale.seats_per_event=5000000", "out-of-range", 29, "write 1000000 or less"),
        ("event_scale.seats_per_event=0", "out-of-range", 29, "write 1 or more"),
        ("event_scale.purchases_per_minute=45k", "wrong-type", 34, "write 45000"),
        ("event_scale.purchase_per_minute=1", "unknown-key", 13, "purchases_per_minute"),
        ("purchases_per_minute=1", "unknown-key", 1, "belongs in event_scale"),
        ("event_scale=7", "wrong-type", 13, "not a map"),
        ("protect=yes", "wrong-type", 9, "true"),
        ("project=other", "unknown-key", 1, "top of the file"),
        ("regions=[us-east-1]", "secondary-region", 9, "us-west-2"),
        ("regions=[us-east-1, us-moon-1]", "unknown-region", 21, "us-moon-1"),
        ("regions=[us-east-1", "syntax", 1, "close the bracket"),
        ("regions=&a [us-east-1]", "anchor", 4, "anchor"),
        ("event_scale.purchases_per_minute", "invalid-option", 1, "path=value"),
        ("=7", "invalid-option", 1, "path=value"),
        ("event_scale..x=7", "invalid-option", 1, "path=value"),
        ("environments=7", "invalid-option", 1, "path=value"),
        ("environments.prod=7", "invalid-option", 1, "path=value"),
        ("environments.prd.protect=true", "unknown-environment", 1, "did you mean prod?"),
    ],
)
def test_an_error_is_reported_at_the_option(option: str, rule: str, column: int, words: str) -> None:
    found, findings = with_options(option)
    assert found is None
    finding = next(finding for finding in findings if finding.rule == rule)
    assert finding.location is not None
    assert finding.location.file == f"--set {option}"
    if rule not in {"syntax", "anchor"}:  # within the value, as YAML tells it
        assert finding.location.column == column
    assert words in f"{finding.message} {finding.help}"


def test_an_error_in_an_option_is_reported_once() -> None:
    _, findings = with_options("event_scale.purchases_per_minute=0")
    assert len(findings) == 1


def test_errors_of_options_come_before_those_of_the_file() -> None:
    _, findings = with_options("primary_region=eu-west-3")
    assert {finding.location.file for finding in errors(findings) if finding.location} == {
        "--set primary_region=eu-west-3"
    }


def test_several_errors_are_reported_together() -> None:
    _, findings = with_options("protect=7", "nothing", "event_scale.hold_seconds=1")
    assert len(findings) == 3


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40) | st.from_regex(r"[a-z_]{1,12}(\.[a-z_]{1,12}){0,3}=.{0,20}", fullmatch=True))
def test_no_option_raises(option: str) -> None:
    found, findings = with_options(option)
    assert found is not None or has_errors(findings)
