"""Characters that reviewers cannot see, or that look like others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from ticketgen.findings import Location
from ticketgen.hidden_characters import HIDDEN_CHARACTERS, hidden_characters
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    """Check every text, including files that no parser could read."""
    for path, text in sorted(subject.configuration.texts.items()):
        for hidden in hidden_characters(text):
            location = Location(path, hidden.line, hidden.column)
            yield Problem(hidden.message, location, hidden.help, hidden.severity)


RULE = Rule(**asdict(HIDDEN_CHARACTERS), certain=True, graded=True, check=_check)
