"""Availability Zones that do not exist in the Region of their resource."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ticketgen.aws.regions import REGIONS
from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.rules.resource_region import region_of
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE", "problem_of_zone"]

_ZONE_ID = re.compile(r"([a-z]{2,6}\d)-az\d")
_MAX_CHARACTERS = 64
"""Longer texts are no zones."""
_DIRECTIONS = {
    "central": "c", "east": "e", "gov": "g", "north": "n", "northeast": "ne", "northwest": "nw", "south": "s",
    "southeast": "se", "southwest": "sw", "west": "w",
}  # fmt: skip
"""How the id of a zone shortens its Region: https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html."""


def _check(subject: Subject) -> Iterator[Problem]:
    for found in subject.all_resources():
        if not found.declared.type.startswith("aws_"):
            continue
        for block, attribute in found.attributes_named("availability_zone"):
            yield from _of_attribute(found, block, attribute.name)


def _of_attribute(found: BlockInstance, block: BlockInstance, name: str) -> Iterator[Problem]:
    """Problems with the values as written, or else with those that the defaults of the root module make."""
    subject = found.subject
    for values in (subject.values, subject.assumed):
        if values is subject.assumed and (
            _has_values(found) or not subject.exists_with_defaults(found.declared, found.scope)
        ):
            return
        region = region_of(found, values)
        zones = subject.charge(values.resolved(block.expression(name), block.where))
        problems = [
            problem
            for zone in (zones if isinstance(zones, list) else [zones])
            if isinstance(zone, str) and (problem := problem_of_zone(zone, region))
        ]
        if problems:
            for what, help in problems:
                yield Problem(f"{found.address}: {what}", block.at(name), help)
            return


def _has_values(found: BlockInstance) -> bool:
    """Whether files set variables of the root module, so that the defaults may not count."""
    folder = found.scope.root.module.folder
    paths = found.subject.configuration.texts
    key = "values of", folder
    return found.subject.memoized(
        key, lambda: any(posixpath.dirname(path) == folder and ".tfvars" in path for path in paths)
    )


def problem_of_zone(zone: str, region: str) -> tuple[str, str] | None:
    """What is wrong with a zone, and the help; None if nothing is, or if that is unknown.

    Args:
        zone: a name such as ``us-east-1a`` or ``us-west-2-lax-1a``, or an id such as ``use1-az1``.
        region: the Region of the resource; "" if it is unknown.
    """
    if not zone.isascii() or len(zone) > _MAX_CHARACTERS:
        return None
    if zone in REGIONS:
        return f"{quoted(zone)} is a Region, not a zone", f"add the letter of a zone, as in {zone}a"
    if zone.lower() != zone and zone[:-1].lower() in REGIONS:
        return (
            f"{quoted(zone)} is not an Availability Zone: their names are in lower case",
            f"write {zone.lower()}",
        )
    if not region:
        return None
    identified = _ZONE_ID.fullmatch(zone)
    if identified:
        short = next((each for each in REGIONS if _shortened(each) == identified[1]), region)
        is_elsewhere = short != region
        other = short
    else:
        named = [each for each in REGIONS if zone.startswith(each) and zone != each]
        other = max(named, key=len, default=region)
        rest = zone[len(other) :]
        is_elsewhere = other != region and (rest.startswith("-") or (len(rest) == 1 and rest.isalpha()))
    if not is_elsewhere:
        return None
    return f"the zone {zone} is in {other}, and the resource in {region}", f"use a zone of {region}"


def _shortened(region: str) -> str:
    first, *directions, number = region.split("-")
    return first + "".join(_DIRECTIONS.get(each, "?") for each in directions) + number


RULE = Rule(
    id="zone-of-region",
    severity=Severity.ERROR,
    summary="Every zone is one of the Region in which its resource is created",
    why=(
        "Terraform accepts any string as a zone. AWS rejects a zone of another Region during the apply, for example "
        "after a configuration was copied to another Region."
    ),
    fix="use a zone of the Region, such as one of data.aws_availability_zones",
    check=_check,
    sources=("https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html",),
)
