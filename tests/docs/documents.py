"""The documents of the repository, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["DOCUMENTS", "ROOT", "blocks", "code_lines", "make_slips", "prose", "spans", "ticketgen_commands"]

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "templates/project").rglob("*.md")),
]

_FENCED = re.compile(r"^( *)(```+|~~~+) *(\S*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?: {4}.*\n|\n(?= {4}))+")
_SHELL = {"", "bash", "console", "sh", "shell"}


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The code blocks of a document, fenced and indented: pairs of language and content."""
    for indent, _, language, content in _FENCED.findall(text):
        yield language, re.sub(f"^{indent}", "", content, flags=re.MULTILINE)
    for content in _INDENTED.findall(_FENCED.sub("", text)):
        if not re.match(r" +(?:[-*]|\d+\.) ", content):  # an item of a list in a list
            yield "", re.sub("^ {4}", "", content, flags=re.MULTILINE)


def prose(text: str) -> str:
    """A document without its fenced code."""
    return _FENCED.sub("\n", text)


def spans(text: str) -> Iterator[str]:
    """The inline code of a document."""
    for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose(text)):
        yield " ".join(span.split())


def code_lines(text: str) -> Iterator[str]:
    """The lines of the shell blocks, without prompts and comments."""
    for language, content in blocks(text):
        if language in _SHELL:
            for line in content.splitlines():
                yield re.sub(r"(?:^|\s+)#.*", "", line.removeprefix("$ ")).strip()


def ticketgen_commands(text: str) -> Iterator[str]:
    """Every call of ticketgen in code, up to a pipe or a redirection."""
    for line in (*code_lines(text), *spans(text)):
        for part in re.split(r" && | \| |; ", line):
            # A Jinja expression is a value.
            command = re.split(r" [<>] ?", re.sub(r"\{\{.*?\}\}", "VALUE", part))[0].strip()
            if re.fullmatch(r"ticketgen -?[a-z-].*", command):
                yield command


def make_slips(text: str, makefile: str) -> Iterator[str]:
    """The lines of a document that a stack's Makefile refuses: no such target or variable, no plan, no confirmation."""
    targets = set(re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z_]+) \?=", makefile, re.MULTILINE))
    planned = False
    for line in code_lines(text):
        if not (command := re.search(r"\bmake -C \S+(.*)", line)):
            continue
        words = [word for word in command[1].split() if not re.fullmatch(r"-j\d*", word)]
        given = {word.partition("=")[0] for word in words if "=" in word}
        target = next((word for word in words if "=" not in word), "help")
        planned |= target == "plan"
        confirmed = planned or given & {"AUTO_APPROVE", "ROOT"}  # ROOT shows the plan, and asks
        refused = (target == "destroy" and "CONFIRM" not in given) or (target == "apply" and not confirmed)
        if target not in targets or not given <= variables or refused:
            yield line
        planned &= target != "apply"  # which takes each plan once
