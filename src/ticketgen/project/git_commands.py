"""Run git on untrusted repositories: no hooks, no filters, only safe transports, and a time limit."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ticketgen.project.processes import run

__all__ = ["GIT", "GitFailed", "git_environment", "run_git"]

_PROTOCOLS: Final = "file:git:http:https:ssh"
"""Transports that git may use; others, such as ``ext::``, run commands contained in an address."""
_SETTINGS: Final = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "submodule.recurse=false")
"""Overrides for user settings that would run a program or fetch more."""
GIT: Final = ("git", *(word for setting in _SETTINGS for word in ("-c", setting)))
_REPOSITORY_VARIABLES: Final = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"}
)
_MAX_SECONDS: Final = 120


class GitFailed(Exception):
    """Error of a git command; the message says why."""


def git_environment() -> Mapping[str, str]:
    """The environment variables that git gets."""
    # Inside a git hook, these variables point git to another repository.
    kept = {name: text for name, text in os.environ.items() if name not in _REPOSITORY_VARIABLES}
    environment = {**kept, "GIT_ALLOW_PROTOCOL": _PROTOCOLS}
    if sys.stdin is None or not sys.stdin.isatty():
        environment |= {"GIT_TERMINAL_PROMPT": "0"}
    return environment


def run_git(arguments: Sequence[str], folder: Path) -> str:
    """Run git and return its output.

    Raises:
        GitFailed: it cannot be run, fails or takes too long.
    """
    try:
        code, output = run(
            [*GIT, *arguments], folder, environment=git_environment(), capture=True, seconds=_MAX_SECONDS
        )
    except OSError as error:
        raise GitFailed(f"git cannot be run: {error.strerror}") from None
    if code:
        raise GitFailed(f"git {arguments[0]} fails: {' '.join(output.split())[-300:]}")
    return output
