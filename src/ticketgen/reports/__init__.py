"""Stage 7, report: write findings as text for people or in formats for programs.

One module for each format, with one function that takes findings and returns text. Nothing here prints or judges:
order, severity and place come from the findings. The command line reads its choices from this module, which therefore
imports nothing.
"""

from __future__ import annotations

from enum import Flag, StrEnum, auto

__all__ = ["ReportFormat", "Trait"]


class Trait(Flag):
    """A property of a format that the command line has to know."""

    NONE = 0
    FOR_GITHUB = auto()  # GitHub reads it, with files from the root of the repository on
    METADATA = auto()  # it includes the kinds of its findings, and the folder that files are relative to


class ReportFormat(StrEnum):
    """The formats. Each is the module of its name here, imported when it is used.

    Attributes:
        purpose: what the format is for, in the help of ``--format``; "" if the name says it.
        traits: other properties that the command line has to know.
    """

    purpose: str
    traits: Trait

    def __new__(cls, name: str, purpose: str = "", traits: Trait = Trait.NONE) -> ReportFormat:
        """Make a member from its row below."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.purpose, member.traits = purpose, traits
        return member

    TEXT = "text"
    JSON = "json"
    GITHUB = "github", "annotations", Trait.FOR_GITHUB
    SARIF = "sarif", "code scanning", Trait.FOR_GITHUB | Trait.METADATA
    JUNIT = "junit", "test reports"
    MARKDOWN = "markdown", "comments on a pull request"
