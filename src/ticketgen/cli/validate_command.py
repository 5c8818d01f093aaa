"""``ticketgen validate``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticketgen.cli.completion import complete_rules
from ticketgen.cli.displayed_paths import display_path, resolve_argument
from ticketgen.cli.fixing import Fixing, fix_directory
from ticketgen.cli.options import BudgetOption, OutputOption, ReportFormatOption
from ticketgen.cli.output import exit_with_findings, exit_with_usage_error, print_findings, unknown
from ticketgen.cli.session import print_info, print_verbose, session
from ticketgen.findings import Finding, Severity
from ticketgen.hcl.budget import DEFAULT
from ticketgen.real_path import real_path
from ticketgen.reports import ReportFormat
from ticketgen.terraform_file_names import DECLARING
from ticketgen.wording import counted

if TYPE_CHECKING:
    from ticketgen.validation.directory_check import FixTexts
    from ticketgen.validation.finding_filter import FindingFilter
    from ticketgen.verification.directory import Target

__all__ = ["validate"]


def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            parser=resolve_argument,
            help="Directories of Terraform, or files. Of a file's directory, only the file is reported. Default: "
            "this folder.",
        ),
    ] = None,
    min_severity: Annotated[
        Severity | None, typer.Option("--min-severity", help="Report nothing less severe.")
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="RULE,...",
            help="Report these rules only; can be repeated.",
            autocompletion=complete_rules,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="RULE,...",
            help="Do not report these rules; can be repeated.",
            autocompletion=complete_rules,
        ),
    ] = None,
    strict: Annotated[
        bool | None,
        typer.Option(
            "--strict/--no-strict",
            help="Fail where something was not checked. Default: --strict for stacks that ticketgen rendered.",
        ),
    ] = None,
    stack_rules: Annotated[
        bool | None,
        typer.Option(
            "--stack-rules/--no-stack-rules",
            help="Apply the rules about names, outputs and suites of stacks. Default: only to stacks that ticketgen "
            "rendered.",
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="DIR",
            parser=resolve_argument,
            help="Follow links and local modules within this directory. Default: the git work tree.",
        ),
    ] = None,
    relative_to: Annotated[
        Path | None,
        typer.Option(
            "--relative-to",
            metavar="DIR",
            parser=resolve_argument,
            help="Report files relative to this directory, and not to the current one.",
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Make the fixes that are obvious, such as a misspelled name; see them with --diff first.",
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what --fix would change, and change nothing.")
    ] = False,
    budget: BudgetOption = DEFAULT,
    format: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
) -> None:
    """Verify directories of Terraform, rendered by ticketgen or not, offline.

    Checks syntax, Terraform's language, references, types, the provider's schema and values, and the rules that
    `ticketgen rules` lists. Only errors that are reported make it fail. [validate] in ticketgen.toml can set
    --min-severity, --select, --ignore, --strict and --stack-rules: `ticketgen help validate`.

    Examples:
      ticketgen validate stacks/prod
      ticketgen validate stacks/dev stacks/prod --min-severity warning
      ticketgen validate stacks/prod/global/roles.tf --ignore unused-declaration
      ticketgen validate --format sarif --output ticketgen.sarif
      ticketgen validate --diff
    """
    from ticketgen.validation.config import read_config
    from ticketgen.validation.finding_filter import FindingFilter
    from ticketgen.verification.directory import targets

    for option, folder in (("--relative-to", relative_to), ("--root", root)):
        if folder is not None and not folder.is_dir():
            exit_with_usage_error(f"{option}: {display_path(folder)} is not a directory.")
    options = FindingFilter(
        min_severity, _rules("--select", select), _rules("--ignore", ignore), strict, stack_rules
    )
    config = read_config(session().base_folder, display_path)
    chosen = targets(paths or [session().base_folder], display_path)
    problems = config.findings + chosen.findings
    if config.value is None or chosen.value is None:
        print_findings(problems, format, relative_to=relative_to, output=output)
        exit_with_findings(problems)
    if config.value.file:
        print_verbose(f"configuration: {display_path(config.value.file)}")
    for target in chosen.value:
        if root is not None and not _is_below(target.folder, root):
            exit_with_usage_error(
                f"--root: {display_path(root)} does not contain {display_path(target.folder)}."
            )
    reported = options.merged_with(config.value)
    # A diff is a result, and findings as text must not mix with it.
    err = format is not ReportFormat.TEXT
    fixing = Fixing(write=not diff, err=err) if fix or diff else None
    checked = [_check_target(target, root, reported, budget, fixing) for target in chosen.value]
    findings = tuple(found for each in checked for found in each.findings)
    sources = {path: text for each in checked for path, text in each.sources.items()}
    print_findings(findings, format, sources, relative_to=relative_to, output=output, is_result=True)
    if format is ReportFormat.TEXT:
        for each in checked:
            if each.files:
                print_info(each.summary(), err=True)
    exit_with_findings(findings)


@dataclass(frozen=True, slots=True)
class _Result:
    """The findings of one directory.

    Attributes:
        target: the directory.
        findings: those that are reported; paths can be opened from the current folder.
        left_out: the number of findings that the filter left out.
        fixable: the number of reported findings that `--diff` and `--fix` have edits for; 0 if one of them is given.
        files: the number of files that were read and are reported on.
        sources: the texts of files with findings, by the path that findings have.
    """

    target: Target
    findings: tuple[Finding, ...]
    left_out: int
    fixable: int
    files: int
    sources: dict[str, str]

    def summary(self) -> str:
        """One line for people."""
        counts = {each: sum(found.severity is each for found in self.findings) for each in Severity}
        text = ", ".join(counted(count, f"{each.value}s") for each, count in counts.items() if count)
        more = f" ({counted(self.left_out, 'findings')} not reported)" if self.left_out else ""
        fixes = f"; --diff shows {counted(self.fixable, 'fixes')}" if self.fixable else ""
        files = counted(self.files, "files")
        return f"{display_path(self.target.folder)}: {files}, {text or 'no findings'}{more}{fixes}"


def _check_target(
    target: Target, root: Path | None, reported: FindingFilter, budget: int, fixing: Fixing | None
) -> _Result:
    from ticketgen.validation.directory_check import check_directory

    name = display_path(target.folder)
    checked = check_directory(
        target,
        reported,
        name=name,
        root=root,
        budget=budget,
        fix=_fix(target, reported, fixing) if fixing else None,
        progress=lambda what: print_verbose(f"{name}: {what}"),
    )
    files_with_findings = {found.location.file for found in checked.findings if found.location}
    paths = {path: (target.folder / path).as_posix() for path in checked.texts}
    return _Result(
        target,
        checked.findings,
        checked.left_out,
        0 if fixing else _count_fixable(checked.findings),
        sum(
            path.endswith(DECLARING) or target.files is not None
            for path in checked.texts
            if _is_targeted(path, target)
        ),
        {paths[path]: text for path, text in checked.texts.items() if paths[path] in files_with_findings},
    )


def _fix(target: Target, reported: FindingFilter, fixing: Fixing) -> FixTexts:
    def accepts(finding: Finding) -> bool:
        return reported.accepts(finding) and _is_fixable(target, finding)

    return lambda texts, found, verify: fix_directory(target.folder, texts, found, verify, accepts, fixing)


def _count_fixable(findings: tuple[Finding, ...]) -> int:
    """The number of findings with edits, all of them in files that ticketgen did not render."""
    is_own = cache(_is_own)
    return sum(
        bool(each.edits) and all(is_own(Path(edit.at.file)) for edit in each.edits) for each in findings
    )


def _is_fixable(target: Target, finding: Finding) -> bool:
    return all(
        _is_targeted(edit.at.file, target) and _is_own(target.folder / edit.at.file) for edit in finding.edits
    )


def _is_own(file: Path) -> bool:
    """Whether ticketgen did not render a file: what it rendered is fixed in its spec."""
    from ticketgen.validation.finding_filter import rendered_stack_of

    return rendered_stack_of(Path(real_path(file)).parent) is None


def _is_below(folder: Path, root: Path) -> bool:
    return Path(real_path(folder)).is_relative_to(real_path(root))


def _is_targeted(path: str, target: Target) -> bool:
    return target.files is None or path in target.files


def _rules(option: str, lists: Sequence[str] | None) -> tuple[str, ...] | None:
    """The rules of an option that can be repeated and takes lists."""
    if not lists:
        return None
    from ticketgen.findings.verification import NEVER_IGNORED
    from ticketgen.rules.catalogue import CATALOGUE

    names = tuple(name.strip() for each in lists for name in each.split(",") if name.strip())
    for name in names:
        if name not in CATALOGUE:
            wrong = unknown("rule", name, CATALOGUE, "Run `ticketgen rules` for a list.")
            exit_with_usage_error(f"{option}: {wrong}")
        if option == "--ignore" and name in NEVER_IGNORED:
            exit_with_usage_error(
                f"{option}: {name} cannot be ignored. Nothing else is checked where it fails."
            )
    return names
