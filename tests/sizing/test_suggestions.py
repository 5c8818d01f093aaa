"""A suggested value is one that the spec takes, and following it ends the finding; numbers read well."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stacks import DEMO_REGIONS, environment

from ticketgen.capacity import text
from ticketgen.capacity.environment_report import report
from ticketgen.findings import Severity
from ticketgen.sizing import size
from ticketgen.spec.model import Environment, EventScale, Objectives
from ticketgen.wording import counted, join_words, singular

scales = st.builds(
    EventScale,
    purchases_per_minute=st.sampled_from([1, 60, 6000, 45_000, 1_000_000, 10_000_000]),
    seats_per_event=st.sampled_from([1, 1000, 234_000, 1_000_000]),
    concurrent_events=st.sampled_from([1, 20, 10_000]),
    seats_per_order=st.sampled_from([1, 8, 32]),
    hold_seconds=st.just(300),
)


@st.composite
def objectives(draw: st.DrawFn) -> Objectives:
    verification = draw(st.sampled_from([1, 8, 30, 150, 294]))
    return Objectives(
        cache_load_s=draw(st.sampled_from([1, 3, 60, 600])),
        verification_interval_s=draw(st.sampled_from([5, 10, 60])),
        verification_s=verification,
        correction_s=draw(st.sampled_from([1, 295 - verification])),
    )


def changed(subject: Environment, section: str, key: str, value: int) -> Environment:
    part: Any = getattr(subject, section)
    return subject.model_copy(update={section: type(part).model_validate(part.model_dump() | {key: value})})


@settings(max_examples=300, deadline=None)
@given(scales, objectives())
def test_every_suggested_value_is_allowed(scale: EventScale, targets: Objectives) -> None:
    subject = environment(regions=DEMO_REGIONS[:2], event_scale=scale, objectives=targets)
    for finding in size(subject).findings:
        assert finding.help
        for key, value in re.findall(r"raise objectives\.(\w+) to (\d+)", finding.help):
            after = size(changed(subject, "objectives", key, int(value)))  # an invalid value raises
            assert finding.rule not in {each.rule for each in after.findings}
        lower = (
            re.search(r"lower ([\w., ]+?)(?:: |, or raise|, or use|$)", finding.help)
            if finding.severity is Severity.ERROR
            else None
        )
        for path in re.findall(r"(?:event_scale|objectives)\.\w+", lower[1] if lower else ""):
            section, _, key = path.partition(".")
            least = 5 if key == "verification_interval_s" else 1
            assert getattr(getattr(subject, section), key) > least


def test_the_largest_orders_have_a_verification_that_is_long_enough() -> None:
    """An event has at most so many partition keys, each of which is a call, however many orders there are."""
    scale = EventScale(
        purchases_per_minute=10_000_000,
        seats_per_event=1000,
        concurrent_events=1,
        seats_per_order=32,
        hold_seconds=30,
    )
    subject = environment(regions=DEMO_REGIONS[:2], event_scale=scale)
    (found,) = [each for each in size(subject).findings if each.rule == "verification-too-slow"]
    assert found.help.startswith("raise objectives.verification_s to 41, or lower")
    longer = environment(
        regions=DEMO_REGIONS[:2], event_scale=scale, objectives=Objectives(verification_s=41)
    )
    assert "verification-too-slow" not in {each.rule for each in size(longer).findings}


@settings(max_examples=60, deadline=None)
@given(scales, st.sampled_from([1, 2, 3]), st.booleans())
def test_one_is_singular_in_every_report(scale: EventScale, regions: int, protect: bool) -> None:
    hubs: dict[str, Any] = {
        "primary_region": DEMO_REGIONS[0],
        "secondary_region": DEMO_REGIONS[1] if regions > 1 else None,
    }
    subject = environment(regions=DEMO_REGIONS[:regions], event_scale=scale, protect=protect, **hubs)
    sizing = size(subject).value
    assert sizing is not None
    shown = text.render((report(subject, sizing),), None)
    capacities, _, billed = shown.partition("Billed units\n")
    # Each row of the billed units has three amounts, and one unit for them.
    shown = capacities + "\n".join(
        line for line in billed.splitlines() if not re.match(r"  [a-z0-9]+\.", line)
    )
    shown += "\n".join(f"{each.message}\n{each.help}" for each in size(subject).findings)
    plural = r"(?<![\d.,/-])\b1 +(?:[a-z]+ )?(?:[a-zA-Z]+(?:s|es))\b(?! of\b)"
    wrong = [
        found
        for found in re.findall(plural, shown)
        if not re.search(r"ACU|address|process|less|while|and us", found)
    ]
    assert not [found for found in wrong if singular(found) != found and not found.endswith("ss")], wrong


@pytest.mark.parametrize(
    ("number", "things", "words"),
    [
        (1, "shards", "1 shard"),
        (2, "shards", "2 shards"),
        (1, "write units/s", "1 write unit/s"),
        (1, "concurrent batches", "1 concurrent batch"),
        (1, "entries", "1 entry"),
        (1, "partition keys per event", "1 partition key per event"),
        (1, "requests per address in 5 min", "1 request per address in 5 min"),
        (0, "files", "0 files"),
        (1, "other Regions", "1 other Region"),
        (1.5, "orders/s", "1.5 orders/s"),
        (45_000, "purchases/min", "45,000 purchases/min"),
        (1, "MiB", "1 MiB"),
    ],
)
def test_counts_have_singular_and_plural(number: float, things: str, words: str) -> None:
    assert counted(number, things) == words


def test_lists_have_commas_and_a_conjunction() -> None:
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b"]) == "a and b"
    assert join_words(["a", "b", "c"], "or") == "a, b or c"
