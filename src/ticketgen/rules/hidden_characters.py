"""Characters that are hidden from reviewers, or look like others."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Location, Severity
from ticketgen.hidden_characters import FIX, MOST, hidden_characters
from ticketgen.hidden_characters import RULE as ID
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Problem]:
    """Read every text, also of files that no parser could read."""
    for path, text in sorted(subject.configuration.texts.items()):
        for place in hidden_characters(text):
            yield Problem(place.message, Location(path, place.line, place.column), place.help, place.severity)


RULE = Rule(
    id=ID,
    severity=Severity.ERROR,
    summary="Every character of Terraform, inline code and tests shows what it is",
    why="Reviewers approve other code than the code that runs. Bidirectional controls show text in another order, "
    "invisible characters and control characters hide text or give one name two spellings, and letters of other "
    "scripts look like Latin letters. Letters that look like Latin ones are a warning, in a word that mixes them with "
    "Latin letters or has no other letters; characters that Unicode does not define are a warning too. Text in any "
    "language is fine, and so are emoji, joiners between letters of scripts that need them, and a byte order mark at "
    f"the start of a file. Of each file, {MOST} places are reported. ticketgen.yaml is checked in the same way when it "
    "is read.",
    fix=FIX,
    check=_check,
    sources=(
        "https://trojansource.codes",
        "https://www.unicode.org/reports/tr39/",
        "https://www.unicode.org/reports/tr55/",
    ),
)
