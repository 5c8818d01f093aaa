"""Write ``docs/rules``: a page for each rule, made from its metadata and its example, and an index of all.

    python scripts/rule_pages.py

A test holds the pages against what this makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ticketgen.rules.catalogue import LEVELS
from ticketgen.rules.pages import page
from ticketgen.rules.registry import RULES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs/rules"
EXAMPLES = ROOT / "tests/rules"


def pages() -> Mapping[str, str]:
    """File name to text."""
    found = {"README.md": _index()}
    for rule in RULES:
        said = (EXAMPLES / "bad" / rule.id / "expected.txt").read_text("utf-8")
        shown = "\n".join(f"    {line}".rstrip() for line in said.splitlines())
        examples = (
            f"## Example\n\n[What breaks it](../../tests/rules/bad/{rule.id}), "
            f"[what does not](../../tests/rules/good/{rule.id}), and what is said of the first:\n\n{shown}\n"
        )
        found[f"{rule.id}.md"] = f"{page(rule.info)}\n{examples}"
    return found


def _index() -> str:
    lines = [
        "# What `ticketgen validate` finds",
        "",
        "The levels run in this order, and a level that finds an error in a file ends the way for that file.",
        "`ticketgen rules RULE` says the same as a rule's page. Errors fail the command, warnings and notes do not.",
    ]
    for level, infos in LEVELS.items():
        lines += ["", f"## {level}", "", "| finding | severity | what must hold |", "|---|---|---|"]
        lines += [f"| `{info.id}` | {info.severity.value} | {info.summary} |" for info in infos]
    lines += ["", "## Rules", "", "| rule | severity | what must hold |", "|---|---|---|"]
    lines += [f"| [`{rule.id}`]({rule.id}.md) | {rule.severity.value} | {rule.summary} |" for rule in RULES]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every page, and remove those of rules that are no more."""
    DOCS.mkdir(exist_ok=True)
    made = pages()
    for path in DOCS.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
