"""``ticketgen import``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from ticketgen.cli.displayed_paths import STDOUT, display_path, resolve_argument
from ticketgen.cli.options import BudgetOption, Format
from ticketgen.cli.output import (
    exit_with_findings,
    exit_with_usage_error,
    format_findings,
    print_findings,
    write_result,
)
from ticketgen.cli.session import print_info
from ticketgen.escaping import as_json
from ticketgen.hcl.budget import DEFAULT
from ticketgen.reports import ReportFormat

__all__ = ["import_stack"]


def import_stack(
    stack: Annotated[
        Path, typer.Argument(metavar="DIR", parser=resolve_argument, help="A directory of Terraform.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=resolve_argument,
            help="Write the spec to this file, such as ticketgen.yaml, or with `-` to standard output. Default: "
            "print it at the end of the report.",
        ),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option("--root", metavar="DIR", help="Read the root modules in this folder below DIR only."),
    ] = None,
    var: Annotated[
        list[str] | None,
        typer.Option(
            "--var",
            metavar="NAME=VALUE",
            help="The value of a variable that is in no file, as for Terraform; can be repeated.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    budget: BudgetOption = DEFAULT,
    format: Annotated[
        Format, typer.Option("--format", help="The format of the report: text for people, json for programs.")
    ] = Format.TEXT,
) -> None:
    """Read a Terraform stack that ticketgen did not render, and draft a spec that comes close to it.

    The report says which of the seven usual failures and which rules the stack breaks, and lists the resources that
    ticketgen has no counterpart for. Each line of the spec says where the stack sets the value. Nothing in the
    directory is run or changed. See `ticketgen help adopting`.

    Examples:
      ticketgen import ../shop
      ticketgen import ../shop --output ../shop/ticketgen.yaml
      ticketgen import ../shop --root environments/prod --format json
      ticketgen import ../shop --var primary_region=eu-west-1
    """
    from ticketgen.adopt.adoption import adopt
    from ticketgen.adopt.report_document import adoption_document
    from ticketgen.adopt.report_text import adoption_text
    from ticketgen.findings import Location
    from ticketgen.findings.imports import SPEC_IN_THE_WAY

    if output == STDOUT and format is Format.JSON:
        exit_with_usage_error(
            "--output - and --format json exclude each other: the document contains the spec."
        )
    report_format = ReportFormat.JSON if format is Format.JSON else ReportFormat.TEXT
    if output is not None and output != STDOUT and os.path.lexists(output) and not force:
        finding = SPEC_IN_THE_WAY.found(f"{display_path(output)} exists", at=Location(str(output)))
        print_findings((finding,), report_format)
        exit_with_findings((finding,))
    folder = root.strip("/").removeprefix("./") if root is not None else None
    done = adopt(stack, display_path(stack), root=folder, variables=_variables(var or ()), budget=budget)
    adoption = done.value
    if format is Format.JSON:
        document = adoption_document(adoption) if adoption else {}
        write_result(f"{as_json(document | json.loads(format_findings(done.findings, ReportFormat.JSON)))}\n")
    elif adoption is not None:
        text = adoption_text(adoption, with_spec=output is None)
        if output == STDOUT:
            typer.echo(text, err=True, nl=False)
        else:
            write_result(text)
    if format is Format.TEXT:
        print_findings(done.findings, ReportFormat.TEXT)
    if adoption is not None and adoption.draft is not None and output is not None:
        write_result(adoption.draft.text, output)
        if output != STDOUT and format is Format.TEXT:
            print_info(f"\n{display_path(output)}: written. Check each line, then run `ticketgen render`.")
    exit_with_findings(done.findings)


def _variables(given: Iterable[str]) -> dict[str, Any]:
    """The values of ``--var``: lists and maps in HCL or JSON, anything else as text."""
    from ticketgen.adopt.stack_runs import variable_value

    found = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not name or not equals:
            exit_with_usage_error(f"--var {each}: write NAME=VALUE.")
        found[name.strip()] = variable_value(text)
    return found
