"""The command line, one module per command.

Modules import typer and the standard library at the top, and everything else when they run.

Only this package prints, and only it exits.
"""

from __future__ import annotations

from ticketgen.cli.app import main

__all__ = ["main"]
