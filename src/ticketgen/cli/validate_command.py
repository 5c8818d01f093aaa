"""``ticketgen validate``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from ticketgen.findings import Finding, FindingKind, Severity
from ticketgen.hcl.budget import DEFAULT
from ticketgen.real_path import real_path
from ticketgen.reports import ReportFormat
from ticketgen.terraform_file_names import DECLARING
from ticketgen.wording import counted

if TYPE_CHECKING:
    from ticketgen.cli.config import Config
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

    Checks syntax, a round trip, references, the provider's schema, and the rules that `ticketgen rules` lists. Only
    errors that are reported make it fail. [validate] in ticketgen.toml can set --min-severity, --select, --ignore,
    --strict and --stack-rules: `ticketgen help validate`.

    Examples:
      ticketgen validate stacks/prod
      ticketgen validate stacks/dev stacks/prod --min-severity warning
      ticketgen validate stacks/prod/global/roles.tf --ignore unused-declaration
      ticketgen validate --format sarif --output ticketgen.sarif
      ticketgen validate --diff
    """
    from ticketgen.cli.config import read_config
    from ticketgen.verification.directory import targets

    for option, folder in (("--relative-to", relative_to), ("--root", root)):
        if folder is not None and not folder.is_dir():
            exit_with_usage_error(f"{option}: {display_path(folder)} is not a directory.")
    options = _Filter(
        min_severity, _rules("--select", select), _rules("--ignore", ignore), strict, stack_rules
    )
    config = read_config()
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
    checked = [_verify_target(target, root, reported, budget, fixing) for target in chosen.value]
    findings = tuple(found for each in checked for found in each.findings)
    sources = {path: text for each in checked for path, text in each.sources.items()}
    print_findings(findings, format, sources, relative_to=relative_to, output=output, is_result=True)
    if format is ReportFormat.TEXT:
        for each in checked:
            if each.files:
                print_info(each.summary(), err=True)
    exit_with_findings(findings)


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which findings are reported; None for options that were not given."""

    min_severity: Severity | None
    select: tuple[str, ...] | None
    ignore: tuple[str, ...] | None
    strict: bool | None
    stack_rules: bool | None

    def merged_with(self, config: Config) -> _Filter:
        """This filter completed by the configuration, which ignores no selected rule."""
        ignore = self.ignore
        if ignore is None:
            ignore = tuple(each for each in config.ignore if each not in (self.select or ()))
        select = config.select if self.select is None else self.select
        strict = config.strict if self.strict is None else self.strict
        stack_rules = config.stack_rules if self.stack_rules is None else self.stack_rules
        return _Filter(self.min_severity or config.min_severity, select, ignore, strict, stack_rules)

    def applied_to(self, findings: Sequence[Finding], folder: Path) -> tuple[Finding, ...]:
        """The findings of the rules that apply, with the severities of their places and options."""
        from ticketgen.findings.verification import STACK_RULES
        from ticketgen.verification.unchecked import as_errors

        is_rendered = cache(lambda place: _is_rendered(Path(real_path(place))))
        applied: list[Finding] = []
        for each in findings:
            place = folder / each.location.file if each.location else folder / "_"
            if each.rule in STACK_RULES and each.rule not in (self.select or ()):
                applies = is_rendered(place.parent) if self.stack_rules is None else self.stack_rules
                if not applies:
                    continue
            if each.severity is Severity.WARNING and is_rendered(place.parent):
                from ticketgen.rules.apply import as_in_stack

                each = as_in_stack(each)
            strict = is_rendered(place.parent) if self.strict is None else self.strict
            applied += as_errors([each]) if strict else [each]
        return tuple(applied)

    def selects(self, kind: FindingKind) -> bool:
        """Whether findings of a kind are asked for by name."""
        return kind.id in (self.select or ())

    def accepts(self, finding: Finding) -> bool:
        """Whether a finding is reported; always if nothing else was checked after it."""
        from ticketgen.findings.verification import NEVER_IGNORED, NO_TERRAFORM, NOT_CHECKED

        levels = list(Severity)
        always = NEVER_IGNORED | {NO_TERRAFORM.id, NOT_CHECKED.id}
        if finding.rule in always and finding.severity is Severity.ERROR:
            return True
        if self.min_severity and levels.index(finding.severity) > levels.index(self.min_severity):
            return False
        return (not self.select or finding.rule in self.select) and finding.rule not in (self.ignore or ())


@dataclass(frozen=True, slots=True)
class _Result:
    """The findings of one directory.

    Attributes:
        target: the directory.
        findings: those that are reported; paths can be opened from the current folder.
        left_out: the number of findings that the filter left out.
        files: the number of files that were read and are reported on.
        sources: the texts of files with findings, by the path that findings have.
    """

    target: Target
    findings: tuple[Finding, ...]
    left_out: int
    files: int
    sources: dict[str, str]

    def summary(self) -> str:
        """One line for people."""
        counts = {each: sum(found.severity is each for found in self.findings) for each in Severity}
        text = ", ".join(counted(count, f"{each.value}s") for each, count in counts.items() if count)
        more = f" ({counted(self.left_out, 'findings')} not reported)" if self.left_out else ""
        return f"{display_path(self.target.folder)}: {counted(self.files, 'files')}, {text or 'no findings'}{more}"


def _verify_target(
    target: Target, root: Path | None, reported: _Filter, budget: int, fixing: Fixing | None
) -> _Result:
    from ticketgen.findings.verification import REQUESTED
    from ticketgen.verification.directory import read_directory
    from ticketgen.verification.result_cache import verify_cached
    from ticketgen.verification.surroundings import work_tree_of

    folder = target.folder
    name = display_path(folder)
    read = read_directory(folder, name, work_tree=root or work_tree_of(folder))
    findings = read.findings
    texts = read.value.texts if read.value else {}
    print_verbose(f"{name}: read {counted(len(texts), 'files')}")
    if read.value is not None:
        read_value = read.value

        def verify(texts: Mapping[str, str]) -> tuple[Finding, ...]:
            found = verify_cached(
                texts,
                rendered=False,
                paths=read_value.paths,
                left_out=read_value.unread,
                around=read_value.around,
                budget=budget,
                round_trips=_is_rendered(Path(real_path(folder))),
                progress=lambda what: print_verbose(f"{name}: {what}"),
            )
            if fixing or any(map(reported.selects, REQUESTED)):
                from ticketgen.verification.requested_checks import requested_findings

                found += tuple(
                    requested_findings(texts, found, lambda kind: bool(fixing) or reported.selects(kind))
                )
            return found

        found = verify(texts)
        if fixing:

            def accepts(finding: Finding) -> bool:
                return reported.accepts(finding) and _is_fixable(target, finding)

            texts, found = fix_directory(folder, texts, found, verify, accepts, fixing)
        findings += found
        print_verbose(f"{name}: {counted(len(findings), 'findings')}")
    if target.files is not None:
        findings = tuple(each for each in findings if not each.location or each.location.file in target.files)
    findings = reported.applied_to(findings, folder)
    kept = tuple(each for each in findings if reported.accepts(each))
    files_with_findings = {found.location.file for found in kept if found.location}
    return _Result(
        target,
        tuple(_in_folder(folder, found) for found in kept),
        len(findings) - len(kept),
        sum(
            path.endswith(DECLARING) or target.files is not None
            for path in texts
            if _is_targeted(path, target)
        ),
        {(folder / path).as_posix(): text for path, text in texts.items() if path in files_with_findings},
    )


def _is_rendered(folder: Path) -> bool:
    """Whether a folder is in a stack that ticketgen rendered."""
    from ticketgen.tree.manifest import NAME

    return any(os.path.lexists(each / NAME) for each in (folder, *folder.parents))


def _is_fixable(target: Target, finding: Finding) -> bool:
    """Whether the file of a finding may be fixed: what ticketgen rendered is fixed in its spec."""
    return all(
        _is_targeted(edit.at.file, target)
        and not _is_rendered(Path(real_path(target.folder / edit.at.file)).parent)
        for edit in finding.edits
    )


def _is_below(folder: Path, root: Path) -> bool:
    return Path(real_path(folder)).is_relative_to(real_path(root))


def _is_targeted(path: str, target: Target) -> bool:
    return target.files is None or path in target.files


def _in_folder(folder: Path, finding: Finding) -> Finding:
    return finding.placed(lambda at: replace(at, file=(folder / at.file).as_posix()))


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
