"""Specs from all over what ticketgen accepts, and the stacks that it renders from them."""

from __future__ import annotations

import json
import string
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

from stacks import DEMO_REGIONS

from ticketgen.aws.limits import LOG_RETENTION_DAYS
from ticketgen.aws.regions import COMMERCIAL, DATA_API_MISSING, REGIONS, TIMESTREAM
from ticketgen.findings import Finding, Severity
from ticketgen.pipeline import read_project
from ticketgen.sizing import size
from ticketgen.spec.model import Environment, Project
from ticketgen.stack.render import render
from ticketgen.verification.verify import verify

__all__ = ["LEVELS", "SMALL", "Refused", "covering", "drawn", "pairs", "spec_of", "stack_of"]

Choice = Mapping[str, Any]
Pair = tuple[tuple[str, Any], tuple[str, Any]]

_TAGS = {"Owner": "ticketing", "Cost centre": "4711 / äß漢", "empty": ""}
_PMS = (
    None,
    "https://pms.example.com/api/sales",
    "http://10.0.0.1:8080/",
    "https://example.com/~x/a%20b/c,d;e=(f)!",
)
_INTERVALS = (5, 6, 10, 12, 15, 20, 30, 60)
_REGIONS = {
    "1": DEMO_REGIONS[:1],
    "2": DEMO_REGIONS[:2],
    "3": (*DEMO_REGIONS[:2], "af-south-1"),  # an opt-in Region
    "12": DEMO_REGIONS,
    "every": (*DEMO_REGIONS[:2], *sorted(COMMERCIAL - set(DEMO_REGIONS[:2]))),
    "cn": ("cn-north-1", "cn-northwest-1"),
    "us-gov": ("us-gov-west-1", "us-gov-east-1"),
}

_PAGES = ("https://shop.example.com", "https://box-office.example.com:8443", "http://localhost:8000")

LEVELS: Mapping[str, Sequence[Any]] = {
    "regions": tuple(_REGIONS),
    "purchases_per_minute": (1, 60, 600, 6_000, 20_000, 45_000, 300_000),
    "seats_per_event": (1, 100, 20_000, 234_000, 1_000_000),
    "concurrent_events": (1, 20, 1_600),
    "seats_per_order": (1, 2, 8, 32),
    "hold_seconds": (30, 300, 86_400),
    "seats_per_buyer": (None, 32, 100),
    "lock_ms": (1, 50, 10_000),
    "replication_s": (1, 2, 300),
    "cache_load_s": (1, 3, 600),
    "verification_interval_s": (5, 10, 60),
    "verification_and_correction_s": ((8, 15), (1, 1), (294, 1), (1, 294)),
    "protect": (False, True),
    "auth": ("iam", "cognito", "none"),
    "domain": (False, True),
    "cors": (None, ("*",), _PAGES[:1], _PAGES),
    "log_role": ("managed", "existing"),
    "admission": (None, (), (("buyers_per_minute", 1), ("ticket_seconds", 86_400))),
    "alarms": ("email", "topic", "nobody"),
    "ip_retention_days": (1, 90, 3653),
    "store": ("dynamodb", "timestream"),
    "pms": (False, True),
    "bucket": (None, "example-terraform-state", "example-terraform-state-{region}"),
    "account": (False, True),
    "reserved_concurrency": (True, False),
    "tags": (False, True),
}
"""The levels of everything that matters to a suite, by name, from one extreme to the other."""

SMALL: Mapping[str, Sequence[Any]] = {**LEVELS, "regions": ("1", "2", "3", "cn")}
"""The same with stacks that are quick to test."""


class Refused(Exception):
    """Ticketgen refuses the spec.

    Attributes:
        rules: of the errors.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        super().__init__("; ".join(f"{finding.rule}: {finding.message}" for finding in errors))
        self.rules = {finding.rule for finding in errors}


def _alarms(who: str, partition: str) -> dict[str, Any]:
    if who == "topic":
        return {"topic_arn": f"arn:{partition}:sns:{{region}}:123456789012:on-call"}
    return {"email": ["on-call@example.com", "a.b+c@example.com"]} if who == "email" else {}


def spec_of(choice: Choice) -> dict[str, Any]:
    """The spec with one environment for a choice of levels."""
    regions = _REGIONS[choice["regions"]]
    verification, correction = choice["verification_and_correction_s"]
    domain = {"name": "tickets.example.com", "zone_id": "Z0123456789ABC"}
    return {
        "version": 1,
        "project": "tap-marketplace",
        "regions": list(regions),
        "primary_region": regions[0],
        "secondary_region": regions[1] if len(regions) > 1 else None,
        "opt_in_regions": [region for region in regions if REGIONS[region].opt_in],
        "event_scale": {
            name: choice[name]
            for name in (
                "purchases_per_minute", "seats_per_event", "concurrent_events", "seats_per_order", "hold_seconds",
                "seats_per_buyer",
            )
        },
        "objectives": {
            **{
                name: choice[name]
                for name in ("lock_ms", "replication_s", "cache_load_s", "verification_interval_s")
            },
            "verification_s": verification,
            "correction_s": correction,
        },
        "protect": choice["protect"],
        "api": {
            "auth": choice["auth"],
            "domain": domain if choice["domain"] else None,
            "cors": {"origins": list(choice["cors"])} if choice["cors"] else None,
            "log_role": choice["log_role"],
        },
        "admission": None if choice["admission"] is None else dict(choice["admission"]),
        "alarms": _alarms(choice["alarms"], REGIONS[regions[0]].partition),
        "logs": {"ip_retention_days": choice["ip_retention_days"]},
        "audit": {"store": choice["store"]},
        "pms": {"url": _PMS[1] if choice["pms"] else None},
        "state": {"bucket": choice["bucket"]} if choice["bucket"] else {},
        **(_account(REGIONS[regions[0]].partition) if choice["account"] else {}),
        "functions": {"reserved_concurrency": choice["reserved_concurrency"]},
        "tags": _TAGS if choice["tags"] else {},
        "environments": {"pr-7": {}},
    }  # fmt: skip


def _account(partition: str) -> dict[str, str]:
    return {"account_id": "210987654321", "deploy_role": f"arn:{partition}:iam::210987654321:role/deploy"}


def pairs(choice: Choice) -> Iterator[Pair]:
    """Every two levels that a choice has together."""
    return combinations(choice.items(), 2)


def covering(levels: Mapping[str, Sequence[Any]], rows: int, tries: int = 60) -> list[Choice]:
    """Choices that ticketgen accepts, each with as many pairs as possible that no choice before it has.

    Always the same for the same arguments. The scales take turns, so that as many rows as scales have them all.
    """
    random, found = Random(1), list[Choice]()
    covered: set[Pair] = set()
    scales = levels["purchases_per_minute"]
    turns = 0
    while len(found) < rows:
        turns += 1
        assert turns <= 20 * rows, (
            f"ticketgen accepts next to nothing at {scales[len(found) % len(scales)]} purchases/min"
        )
        turn = {**levels, "purchases_per_minute": (scales[len(found) % len(scales)],)}
        candidates = [{name: random.choice(values) for name, values in turn.items()} for _ in range(tries)]
        candidates.sort(key=lambda choice: -len(set(pairs(choice)) - covered))
        chosen = next((choice for choice in candidates if _is_accepted(spec_of(choice))), None)
        if chosen is not None:
            covered.update(pairs(chosen))
            found.append(chosen)
    return found


def _spread(random: Random, least: int, most: int, *often: int) -> int:
    """A number of any magnitude; often one of the ends, or another that is known to matter."""
    if random.random() < 0.3:
        chosen: int = random.choice([least, most, *often])
        return chosen
    magnitude: float = (most / least) ** random.random()
    return min(most, max(least, round(least * magnitude)))


def drawn(random: Random) -> dict[str, Any]:
    """A spec with one environment, drawn from everything that a spec may say. Ticketgen may refuse its scale."""
    partition = random.choice(["aws"] * 8 + ["aws-cn", "aws-us-gov"])
    known = sorted(name for name, region in REGIONS.items() if region.partition == partition)
    store = random.choice(["dynamodb", "dynamodb", "timestream"]) if partition == "aws" else "dynamodb"
    hubs = [name for name in known if name not in DATA_API_MISSING]
    hubs = random.sample(sorted(TIMESTREAM) if store == "timestream" else hubs, 2)
    count = min(len(known), random.choice([1, 1, 2, 2, 2, 3, 3, 4, 5, 12, len(known)]))
    rest = [name for name in known if name not in hubs]
    regions = [*hubs, *random.sample(rest, max(0, count - 2))][:count]
    enabled = [name for name in known if REGIONS[name].opt_in and (name in regions or random.random() < 0.2)]
    verification = _spread(random, 1, 294, 2, 8, 30)
    spec: dict[str, Any] = {
        "version": 1,
        "project": random.choice(["abc", "tap-marketplace", "a1-b2-c3", "my-shop", "abcdefghij0123456789"]),
        "regions": random.sample(regions, count),
        "primary_region": hubs[0],
        "secondary_region": hubs[1] if count > 1 else None,
        "opt_in_regions": enabled,
        "event_scale": {
            "purchases_per_minute": _spread(random, 1, 1_000_000, 60, 600, 6_000, 20_000, 45_000),
            "seats_per_event": _spread(random, 1, 1_000_000, 100, 20_000, 234_000),
            "concurrent_events": _spread(random, 1, 10_000, 2, 20),
            "seats_per_order": random.choice([1, 2, 31, 32, random.randint(1, 32), random.randint(1, 32)]),
            "hold_seconds": _spread(random, 30, 86_400, 300),
            "seats_per_buyer": random.choice([None, None, random.randint(32, 100)]),
        },
        "objectives": {
            "lock_ms": _spread(random, 1, 10_000, 50),
            "replication_s": _spread(random, 1, 300, 2),
            "cache_load_s": _spread(random, 1, 600, 3),
            "verification_interval_s": random.choice(_INTERVALS),
            "verification_s": verification,
            "correction_s": _spread(random, 1, 295 - verification, min(15, 295 - verification)),
        },
        "protect": random.random() < 0.5,
        "api": {
            "auth": random.choice(["iam", "cognito", "none"]),
            "domain": random.choice([None, {"name": "tickets.example.com", "zone_id": "Z0123456789ABC"}]),
            "cors": random.choice([None, {"origins": ["*"]}, {"origins": random.sample(_PAGES, 2)}]),
            "log_role": random.choice(["managed", "existing"]),
        },
        "admission": random.choice([None, {}, {"buyers_per_minute": _spread(random, 1, 10_000)}]),
        "alarms": _alarms(random.choice(LEVELS["alarms"]), partition),
        "logs": {"ip_retention_days": random.choice(LOG_RETENTION_DAYS)},
        "audit": {"store": store},
        "pms": {"url": random.choice(_PMS)},
        "state": random.choice(
            [
                {},
                {"bucket": "a-bucket"},
                {"bucket": "a-bucket", "region": hubs[0]},
                {"bucket": "a-{region}-bucket"},
            ]
        ),
        **random.choice([{}, _account(partition)]),
        "functions": {"reserved_concurrency": random.random() < 0.6},
        "tags": _tags(random),
        "environments": {random.choice(["dev", "prod", "a", "e2e", "x-y", "staging1"]): {}},
    }
    for key in ("objectives", "protect", "api", "audit", "pms", "state", "functions", "tags"):
        if random.random() < 0.1:  # not everything is always written
            del spec[key]
    return spec


def _tags(random: Random) -> dict[str, str]:
    letters = string.ascii_letters + string.digits + " _.:/=+-@äß漢"
    return {
        f"{random.choice(string.ascii_uppercase)}{number}{random.choice(letters)}x": "".join(
            random.choices(letters, k=random.choice([0, 1, 8, 256]))
        )
        for number in range(random.choice([0, 0, 1, 2, 46]))
    }


def _resolved(spec: Mapping[str, Any]) -> tuple[Project, Environment]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ticketgen.yaml"
        path.write_text(json.dumps(spec), encoding="utf-8")
        checked = read_project(path)
    if checked.value is None:
        raise Refused(checked.findings)
    (environment,) = checked.value.environments
    return checked.value, environment


def _is_accepted(spec: Mapping[str, Any]) -> bool:
    try:
        _, environment = _resolved(spec)
    except Refused:
        return False
    return not any(finding.severity is Severity.ERROR for finding in size(environment).findings)


def stack_of(spec: Mapping[str, Any]) -> Mapping[str, str]:
    """The files that ticketgen renders from a spec with one environment.

    Raises:
        Refused: ticketgen says what is wrong with the spec, or too large in it.
        AssertionError: it accepts the spec, and cannot render it, or finds its own rendering wrong.
    """
    project, environment = _resolved(spec)
    sizing = size(environment)
    if sizing.value is None or any(finding.severity is Severity.ERROR for finding in sizing.findings):
        raise Refused(sizing.findings)
    rendered = render(environment, sizing.value, project)
    assert rendered.value is not None, rendered.findings
    wrong = [*rendered.findings, *verify(rendered.value, rendered=True)]
    assert not wrong, wrong
    return rendered.value
