"""Root modules in the folder of one Region whose provider works in another."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for root in subject.configuration.roots:
        subject.spend()
        expected = posixpath.basename(root.module.folder)
        if expected not in REGIONS:
            continue
        for file in root.module.files:
            for provider in file.body.blocks:
                if provider.type != "provider" or provider.labels != ("aws",) or provider.attribute("alias"):
                    continue
                region = subject.values.of(provider.value("region"), root)
                if isinstance(region, str) and region in REGIONS and region != expected:
                    message = f"the root module in {root.module.folder} works in {region}"
                    help = f"set region to {expected}, or rename the folder"
                    yield Problem(message, (provider.attribute("region") or provider).at(file.path), help)


RULE = Rule(
    id="provider-region",
    severity=Severity.WARNING,
    summary="A root module in the folder of a Region works in that Region",
    why=(
        "A root module that was copied and keeps the Region of the original creates a second set of resources there. "
        "Their names collide, or the Region in the folder's name gets no resources and serves nobody."
    ),
    fix="set the provider's region to that of the folder",
    check=_check,
)
