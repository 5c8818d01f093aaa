"""Failure 1: Lambda code in files or zips outside the Terraform."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    for function in subject.resources("aws_lambda_function"):
        if function.value("package_type") == "Image":
            continue
        for attribute in ("filename", "s3_key"):
            value = subject.values.of(function.expression(attribute), function.where)
            if isinstance(value, str):
                yield Problem(f"{function.address} takes its code from {value}", function.at(attribute))
        yield from _check_archive(function)


def _check_archive(function: BlockInstance) -> Iterator[Problem]:
    link = function.link("filename")
    if link is None or link.resource.type != "archive_file":
        return
    for attribute in ("source_file", "source_dir"):
        node = link.resource.block.attribute(attribute)
        if node is not None:
            message = f"{function.address} takes its code from the {attribute} of {link.resource.address}"
            yield Problem(message, node.at(link.resource.file))
    for source in link.resource.block.blocks("source"):
        content = source.attribute("content")
        function_name = getattr(content.value, "name", "") if content else ""
        if content is not None and function_name in {"file", "templatefile"}:
            message = f"{link.resource.address} reads its content from a file with {function_name}()"
            yield Problem(message, content.at(link.resource.file))


RULE = Rule(
    id="lambda-code-inline",
    severity=Severity.ERROR,
    certain=True,
    summary="The code of a Lambda function is part of the Terraform configuration that deploys it",
    why=(
        "A zip or source file outside the configuration has to be built and found before every plan. If it is missing, "
        "the plan fails; if it is old, yesterday's code is deployed. A reviewer sees neither."
    ),
    fix="write the code into source blocks of an archive_file data source, and set filename to its output_path",
    check=_check,
    sources=("https://registry.terraform.io/providers/hashicorp/archive/latest/docs/data-sources/file",),
)
