"""The command line: one module a command. Typer and the standard library at the top, the rest when it runs.

Only this package prints, and only it exits.
"""

from __future__ import annotations

from ticketgen.cli.app import main

__all__ = ["main"]
