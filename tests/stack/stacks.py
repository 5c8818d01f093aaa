"""Stacks for the tests: environments of many shapes, and their rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from ticketgen.aws.regions import COMMERCIAL, REGIONS
from ticketgen.findings import has_errors
from ticketgen.hcl.modules import Module, modules
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.sizing import Sizing, size
from ticketgen.spec.cross_origin import Cors
from ticketgen.spec.model import (
    Api,
    Audit,
    Cache,
    Domain,
    Environment,
    EventScale,
    Functions,
    Objectives,
    Pms,
    Project,
    State,
)
from ticketgen.spec.observability import Alarms
from ticketgen.spec.queues import Admission
from ticketgen.stack.render import render

__all__ = [
    "DEMO_REGIONS",
    "LONGEST_REGION",
    "SHAPES",
    "environment",
    "parsed",
    "render_again",
    "rendered",
    "sized",
    "written",
]

DEMO_REGIONS = (
    "us-east-1", "us-west-2", "eu-west-1", "ap-southeast-1", "us-east-2", "us-west-1", "eu-central-1",
    "ap-northeast-1", "ca-central-1", "sa-east-1", "ap-south-1", "eu-north-1",
)  # fmt: skip

LONGEST_REGION = max(COMMERCIAL, key=len)


def environment(
    name: str = "prod",
    regions: Sequence[str] = DEMO_REGIONS,
    project: str = "tap-marketplace",
    **parts: object,
) -> Environment:
    """An environment whose first Region is the primary and whose second is the secondary."""
    fields: dict[str, object] = {
        "name": name,
        "project": project,
        "regions": tuple(sorted(regions)),
        "primary_region": regions[0],
        "secondary_region": regions[1] if len(regions) > 1 else None,
        "opt_in_regions": tuple(region for region in sorted(regions) if REGIONS[region].opt_in),
        "event_scale": EventScale(
            purchases_per_minute=45_000,
            seats_per_event=234_000,
            concurrent_events=20,
            seats_per_order=8,
            hold_seconds=300,
        ),
        "tags": {"Owner": "ticketing"},
    }
    return Environment.model_validate(fields | parts)


def sized(subject: Environment) -> Sizing:
    """The environment's sizing, which must succeed."""
    checked = size(subject)
    assert not has_errors(checked.findings), checked.findings
    assert checked.value is not None
    return checked.value


def render_again(subject: Environment) -> Mapping[str, str]:
    """The files of the environment's stack, rendered by this call."""
    project = Project(name=subject.project, environments=(subject,))
    checked = render(subject, sized(subject), project)
    assert checked.value is not None, checked.findings
    return MappingProxyType(dict(checked.value))


def rendered(subject: Environment) -> Mapping[str, str]:
    """The files of the environment's stack; rendered once for all tests of a process."""
    return _kept(_RENDERED, subject, render_again)


def parsed(subject: Environment) -> Mapping[str, Module]:
    """The modules of the environment's stack, by folder; "" is the root. Parsed once for all tests of a process."""
    return _kept(_PARSED, subject, _parse)


def _parse(subject: Environment) -> Mapping[str, Module]:
    files = (parse(path, text) for path, text in rendered(subject).items() if path.endswith(".tf"))
    return modules(file for file in files if isinstance(file, File))


T = TypeVar("T")
_MAX_KEPT = 16
_RENDERED: dict[str, Mapping[str, str]] = {}
_PARSED: dict[str, Mapping[str, Module]] = {}


def _kept(known: dict[str, T], subject: Environment, compute: Callable[[Environment], T]) -> T:
    key = subject.model_dump_json()
    if key not in known:
        if len(known) >= _MAX_KEPT:
            del known[next(iter(known))]
        known[key] = compute(subject)
    return known[key]


def written(subject: Environment, folder: Path) -> Path:
    """Write the environment's stack below a folder."""
    for path, text in rendered(subject).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    return folder


def _demo_first(region: str) -> tuple[bool, str]:
    return region not in DEMO_REGIONS[:2], region


SHAPES: Mapping[str, Callable[[], Environment]] = {
    "dev": lambda: environment("dev", DEMO_REGIONS[:2]),
    "prod": lambda: environment(protect=True),
    "one-region": lambda: environment("venue", DEMO_REGIONS[:1]),
    "every-region": lambda: environment("world", sorted(COMMERCIAL, key=_demo_first)),
    "everything": lambda: environment(
        "full",
        DEMO_REGIONS[:3],
        protect=True,
        api=Api(
            auth="cognito",
            domain=Domain(name="tickets.example.com", zone_id="Z0123456789ABC"),
            cors=Cors(origins=("https://shop.example.com", "http://localhost:8000")),
        ),
        alarms=Alarms(email=("on-call@example.com", "ops+tickets@example.com")),
        admission=Admission(),
        audit=Audit(store="timestream"),
        cache=Cache(engine="redis"),
        pms=Pms(url="https://pms.example.com/api/sales"),
        state=State(bucket="example-terraform-state", region="eu-west-1"),
        functions=Functions(reserved_concurrency=False),
        objectives=Objectives(verification_interval_s=20),
        event_scale=EventScale(
            purchases_per_minute=45_000,
            seats_per_event=234_000,
            concurrent_events=20,
            seats_per_order=8,
            hold_seconds=300,
            seats_per_buyer=16,
        ),
    ),
    "nothing": lambda: environment(
        "bare",
        DEMO_REGIONS[:2],
        api=Api(auth="none", log_role="existing", cors=Cors(origins=("*",))),
        alarms=Alarms(topic_arn="arn:aws:sns:{region}:123456789012:on-call"),
        tags={},
    ),
    "china": lambda: environment("cn", ("cn-north-1", "cn-northwest-1")),
}
"""An environment for every branch of the templates."""
