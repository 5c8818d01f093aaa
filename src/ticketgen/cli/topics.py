"""The topics of `ticketgen help`: all pages, and parts that messages point to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ticketgen.assets import document_text, documents

__all__ = ["topic_text", "topics"]

_SECTIONS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "rules": ("rules/README.md", ""),
    "exit-codes": ("cli.md", "Exit codes"),
    "environment": ("cli.md", "Environment variables"),
    "config": ("validate.md", "Choose what is reported"),
    "quotas": ("spec.md", "Set quotas that AWS has raised"),
})  # fmt: skip
"""Additional topics: topic to page and heading; without a heading, the whole page."""


@cache
def topics() -> Mapping[str, str]:
    """Each topic with its title, in alphabetical order."""
    pages = {name.removesuffix(".md"): (name, "") for name in documents() if "/" not in name}
    found = {**pages, **{topic: part for topic, part in _SECTIONS.items() if part[0] in documents()}}
    return {topic: heading or _title(document_text(page)) for topic, (page, heading) in sorted(found.items())}


def topic_text(topic: str) -> str:
    """The text of a topic, as Markdown with a newline at its end."""
    page, heading = _SECTIONS.get(topic, (f"{topic}.md", ""))
    text = document_text(page)
    if heading:
        match = re.search(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        text = match.group().removeprefix("#") if match else text
    return f"{text.rstrip()}\n"


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ").replace("`", "")
