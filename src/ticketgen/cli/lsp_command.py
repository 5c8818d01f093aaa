"""``ticketgen lsp``."""

from __future__ import annotations

import importlib.util

import typer

from ticketgen.cli.exit_codes import ExitCode

__all__ = ["lsp"]


def lsp() -> None:
    """Serve an editor: findings, fixes, explanations and definitions in Terraform and in the spec.

    An editor starts it and speaks the Language Server Protocol on standard input and output. It needs the
    package pygls, which the extra `lsp` installs.

    Examples:
      ticketgen lsp
    """
    if importlib.util.find_spec("pygls") is None:
        typer.echo('Error: pygls is missing. Run `pip install "pygls>=2.1,<3"`.', err=True)
        raise typer.Exit(ExitCode.FINDINGS)
    from ticketgen.language_server.editor_server import serve

    serve()
