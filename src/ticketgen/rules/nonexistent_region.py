"""Regions that do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.aws.regions import ANNOUNCED, REGIONS
from ticketgen.escaping import quoted
from ticketgen.findings import Location, Severity
from ticketgen.guesses import did_you_mean
from ticketgen.hcl.configuration import Scope
from ticketgen.hcl.syntax import Block
from ticketgen.hcl.values import UNKNOWN_LOOP, EvaluationContext, Value
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

_MAX_CHARACTERS = 64
_ARGUMENTS = ("region", "region_name")
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html: partition, direction and number.
_FORM = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d+")


def _check(subject: Subject) -> Iterator[Problem]:
    for root in subject.scopes:
        for declared in root.module.provider_blocks:
            if declared.block.labels[0] == "aws" and not _is_elsewhere(declared.block):
                value = declared.block.attribute("region")
                if value is not None:
                    where = EvaluationContext(Scope(root.module), UNKNOWN_LOOP)
                    yield from _problem(subject.values.of(value.value, where), value.at(declared.file))
    for found in subject.all_resources():
        if found.declared.type.startswith("aws_"):
            for block, attribute in found.attributes_named("region"):
                if attribute.name in _ARGUMENTS:
                    yield from _problem(block.value(attribute.name), block.at(attribute))


def _is_elsewhere(block: Block) -> bool:
    """Whether a configuration talks to something else than AWS, which may have Regions of its own."""
    names = ("endpoints", "skip_region_validation")
    return any(block.attribute(name) or block.blocks(name) for name in names)


def _problem(region: Value, at: Location) -> Iterator[Problem]:
    if not isinstance(region, str) or not region or len(region) > _MAX_CHARACTERS or not region.isascii():
        return
    if region in REGIONS or region in ANNOUNCED or region in ("global", "aws-global"):
        return
    if region[:-1] in REGIONS:
        yield Problem(f"{quoted(region)} is a zone, not a Region", at, f"write {region[:-1]}")
    else:
        guess = did_you_mean(region, REGIONS)
        if guess or not _FORM.fullmatch(region):
            yield Problem(
                f"{quoted(region)} is not an AWS Region", at, guess or "write a Region such as eu-west-1"
            )


RULE = Rule(
    id="nonexistent-region",
    severity=Severity.WARNING,
    selective=True,
    summary="Every Region exists",
    why="The provider fails with an unknown Region before it plans anything. A new Region may be missing here.",
    fix="correct the name of the Region",
    check=_check,
    sources=("https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html",),
)
