"""``ticketgen schema``."""

from __future__ import annotations

import json

import typer

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema of ticketgen.yaml, for editors.

    Examples:
      ticketgen schema > ticketgen.schema.json
    """
    from ticketgen.spec.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
