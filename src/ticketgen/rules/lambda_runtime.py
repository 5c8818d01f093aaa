"""Runtimes that AWS has deprecated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["DEPRECATED", "RULE"]

_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"

DEPRECATED: Mapping[str, str] = MappingProxyType({
    "dotnet5.0": "2022-05-10", "dotnet6": "2024-12-20", "dotnet7": "2024-05-14", "dotnet8": "2026-11-10",
    "dotnetcore1.0": "2019-06-27", "dotnetcore2.0": "2019-05-30", "dotnetcore2.1": "2022-01-05",
    "dotnetcore3.1": "2023-04-03", "go1.x": "2024-01-08", "java8": "2024-01-08", "nodejs": "2016-10-31",
    "nodejs10.x": "2021-07-30", "nodejs12.x": "2023-03-31", "nodejs14.x": "2023-12-04", "nodejs16.x": "2024-06-12",
    "nodejs18.x": "2025-09-01", "nodejs20.x": "2026-04-30", "nodejs4.3": "2020-03-05",
    "nodejs4.3-edge": "2020-03-05", "nodejs6.10": "2019-08-12", "nodejs8.10": "2020-03-06",
    "provided": "2024-01-08", "provided.al2": "2026-07-31", "python2.7": "2021-07-15", "python3.10": "2026-10-31",
    "python3.6": "2022-07-18", "python3.7": "2023-12-04", "python3.8": "2024-10-14", "python3.9": "2025-12-15",
    "ruby2.5": "2021-07-30", "ruby2.7": "2023-12-07", "ruby3.2": "2026-03-31",
})  # fmt: skip
"""The date of deprecation by runtime, as of November 2026. A finding must not depend on today's date, so this table
lists only dates that have passed.

The next dates on the same page: ruby3.3 on 2027-03-31; nodejs22.x on 2027-04-30; python3.11, java8.al2, java11 and
java17 on 2027-06-30, a year later than AWS first announced and than tflint-ruleset-aws still lists.
"""


def _check(subject: Subject) -> Iterator[Problem]:
    for function in subject.resources("aws_lambda_function"):
        runtime = function.value_with_defaults("runtime")
        if isinstance(runtime, str) and runtime in DEPRECATED:
            since = DEPRECATED[runtime]
            yield Problem(f"runtime {runtime} has been deprecated since {since}", function.at("runtime"))
    for layer in subject.resources("aws_lambda_layer_version"):
        runtimes = layer.value_with_defaults("compatible_runtimes")
        named = [each for each in runtimes if isinstance(each, str)] if isinstance(runtimes, list) else []
        if named and all(each in DEPRECATED for each in named):
            message = f"{layer.address} lists only deprecated runtimes: {', '.join(named)}"
            yield Problem(message, layer.at("compatible_runtimes"))


RULE = Rule(
    id="lambda-runtime",
    severity=Severity.ERROR,
    summary="Every function uses a runtime that AWS still supports",
    why=(
        "A deprecated runtime gets no security fixes. AWS soon refuses to create functions with it, and later to "
        "update existing ones."
    ),
    fix="use a supported runtime, such as python3.13",
    check=_check,
    sources=(_SOURCE,),
)
