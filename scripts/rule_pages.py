"""Write ``docs/rules``: an index, a page per rule, and one about other findings.

    python scripts/rule_pages.py

A page has the metadata and the examples of its rule. A test compares the pages with the output of this script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ticketgen.cli.exit_codes import ExitCode
from ticketgen.escaping import visible_lines
from ticketgen.finding_kinds import GROUPS
from ticketgen.findings import FindingKind, Severity
from ticketgen.findings.verification import LEVELS
from ticketgen.rules.registry import RULES
from ticketgen.rules.rule_pages import page
from ticketgen.tree.diff import unified

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs/rules"
EXAMPLES = ROOT / "tests/rules"


def pages() -> Mapping[str, str]:
    """File names and texts of all pages."""
    found = {"README.md": _index(), "other-findings.md": _others()}
    for rule in RULES:
        found[f"{rule.id}.md"] = f"{page(rule)}\n{_example(rule.id)}"
    return found


def _example(rule: str) -> str:
    report = (EXAMPLES / "bad" / rule / "expected.txt").read_text("utf-8")
    return (
        "## Example\n\n"
        f"`ticketgen validate` reports:\n\n```text\n{report}```\n\n"
        f"This change fixes it:\n\n```diff\n{visible_lines(''.join(_change(rule)))}```\n"
    )


def _change(rule: str) -> Iterator[str]:
    """The diffs of all files from the bad example to the good one."""
    bad, good = EXAMPLES / "bad" / rule, EXAMPLES / "good" / rule
    names = {
        path.relative_to(folder) for folder in (bad, good) for path in folder.rglob("*") if path.is_file()
    }
    for name in sorted(names - {Path("expected.txt")}):
        before, after = (_text(folder / name) for folder in (bad, good))
        yield unified(before, after, name.as_posix(), name.as_posix())


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _index() -> str:
    lines = [
        "# Findings of `ticketgen validate`",
        "",
        "`ticketgen validate` runs these levels in order. A file with a syntax error is not checked further. Errors",
        "fail the command; warnings and notes do not. `ticketgen rules RULE` prints the page of any finding below.",
        "The findings of other commands are [on a page of their own](other-findings.md).",
    ]
    for level, kinds in LEVELS.items():
        lines += ["", f"## {level}", "", "| finding | severity | what must hold |", "|---|---|---|"]
        lines += [f"| `{kind.id}` | {kind.severity.value} | {kind.summary} |" for kind in kinds]
    lines += ["", "## Rules", "", "| rule | severity | what must hold |", "|---|---|---|"]
    lines += [f"| [`{rule.id}`]({rule.id}.md) | {rule.severity.value} | {rule.summary} |" for rule in RULES]
    return "\n".join(lines) + "\n"


def _others() -> str:
    lines = [
        "# Findings of the other commands",
        "",
        "`ticketgen rules ID` says why a finding matters and how to fix it. No comment and no option hides these",
        "findings. The [exit code](../cli.md#exit-codes) is that of a command that reports no other error; for a value",
        "or a file that an option names, it is 2.",
    ]
    for group, kinds in GROUPS.items():
        lines += ["", f"## {group}", ""]
        lines += ["| finding | severity | exit code | what must hold |", "|---|---|---|---|"]
        lines += [
            f"| `{kind.id}` | {kind.severity.value} | {_exit_code(kind)} | {kind.summary} |" for kind in kinds
        ]
    return "\n".join(lines) + "\n"


def _exit_code(kind: FindingKind) -> int:
    category = kind.category or kind.stage.category
    return ExitCode[category.name] if kind.severity is Severity.ERROR else ExitCode.FINE


def main() -> None:
    """Write every page, and remove the pages of rules that no longer exist."""
    DOCS.mkdir(exist_ok=True)
    made = pages()
    for path in DOCS.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
