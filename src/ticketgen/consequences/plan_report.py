"""A plan of consequences as text for people, as rows for programs, and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from ticketgen.consequences.consequence import Action, Consequence
from ticketgen.consequences.stack_plan import StackPlan
from ticketgen.escaping import visible
from ticketgen.reports.markdown import as_code, as_plain
from ticketgen.wording import counted

__all__ = ["as_comment", "plan_lines", "plan_markdown", "plan_rows", "plan_summary"]

_WORDS: Mapping[Action, str] = {
    Action.CREATE: "create",
    Action.UPDATE: "update in place",
    Action.REPLACE: "replace",
    Action.DESTROY: "destroy",
    Action.MOVE: "move",
    Action.FORGET: "forget",
    Action.IMPORT: "import",
}
_SIGNS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DESTROY: "-",
    Action.MOVE: "→",
    Action.FORGET: "x",
    Action.IMPORT: "&",
}
_ALWAYS_COUNTED = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DESTROY)

_MAX_ROWS = 200
"""Maximum number of rows in a Markdown table."""
_MAX_COMMENT = 65_000
"""Maximum length of a comment, in characters; GitHub refuses more than 65,536."""


def plan_summary(plan: StackPlan) -> str:
    """The counts of a stack, such as ``3 to create, 2 to update in place, 0 to replace, 0 to destroy``."""
    counts = {action: sum(root.count(action) for root in plan.roots) for action in _WORDS}
    parts = [
        f"{count} to {_WORDS[action]}"
        for action, count in counts.items()
        if count or action in _ALWAYS_COUNTED
    ]
    lost = sum(1 for _ in plan.losses())
    held = f"; {lost} of them {'holds' if lost == 1 else 'hold'} data that would be lost" if lost else ""
    return ", ".join(parts) + held


def plan_lines(folder: str, plan: StackPlan) -> Iterator[str]:
    """The plan of a stack for people: a line for each resource instance, by root module."""
    yield f"{folder}: {plan_summary(plan)}"
    for root in plan.roots:
        yield f"  {root.root or '.'}"
        for each in root.consequences:
            yield f"    {_SIGNS[each.action]:>3} {visible(_what(each))}"


def plan_rows(plans: Mapping[str, StackPlan]) -> list[dict[str, object]]:
    """The plans for programs: a row for each resource instance."""
    return [
        {
            "stack": folder,
            "root": root.root,
            "address": each.address,
            "type": each.type,
            "action": each.action.value,
            "previous_address": each.before or None,
            "stateful": each.stateful.kind if each.stateful else None,
            "reasons": list(each.reasons),
        }
        for folder, plan in plans.items()
        for root in plan.roots
        for each in root.consequences
    ]


def plan_markdown(plans: Mapping[str, StackPlan]) -> Iterator[str]:
    """The plans for a pull request: losses in a table of their own, other changes in a collapsed section."""
    for folder, plan in plans.items():
        yield f"### {as_code(folder)}"
        yield ""
        yield f"{plan_summary(plan)}."
        yield ""
        losses = [(root, each) for root, each in plan.losses()]
        if losses:
            yield from _table((root, each) for root, each in losses)
        others = [(root.root, each) for root in plan.roots for each in root.consequences if not each.loss]
        if others:
            yield f"<details><summary>{counted(len(others), 'other changes')}</summary>"
            yield ""
            yield from _table(iter(others))
            yield "</details>"
            yield ""


def as_comment(lines: Iterable[str]) -> str:
    """Join lines of Markdown to a text that fits into a comment and ends with a newline."""
    kept: list[str] = []
    left = _MAX_COMMENT
    for line in chain.from_iterable(each.split("\n") for each in lines):
        left -= len(line) + 1
        if left < 0:
            folded = sum(each.startswith("<details>") for each in kept) > kept.count("</details>")
            end = ["", "</details>"] if folded else []
            kept += [
                *end,
                "",
                "The rest does not fit into a comment: run `ticketgen render --diff` to see it.",
            ]
            break
        kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"


def _table(rows: Iterator[tuple[str, Consequence]]) -> Iterator[str]:
    yield "| root module | resource | action | why |"
    yield "|---|---|---|---|"
    for number, (root, each) in enumerate(rows):
        if number == _MAX_ROWS:
            yield f"| | more than {_MAX_ROWS} rows: see `ticketgen render --diff` | | |"
            break
        action = f"**{_WORDS[each.action]}**" if each.loss else _WORDS[each.action]
        why = as_plain("; ".join(each.reasons))
        yield f"| {_code_cell(root or '.')} | {_code_cell(each.address)} | {action} | {why} |"
    yield ""


def _code_cell(text: str) -> str:
    """A text as code in a cell of a table, unless it would end the cell."""
    return as_plain(text) if "|" in text else as_code(text)


def _what(each: Consequence) -> str:
    moved = f" (was {each.before})" if each.before else ""
    why = f": {'; '.join(each.reasons)}" if each.reasons and each.action is not Action.UPDATE else ""
    loses = f" [loses {each.loss.holds}]" if each.loss else ""
    return f"{each.address}{moved}{why}{loses}"
