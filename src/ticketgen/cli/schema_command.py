"""``ticketgen schema``."""

from __future__ import annotations

import json

from ticketgen.cli.options import OutputOption
from ticketgen.cli.output import write_result

__all__ = ["schema"]


def schema(output: OutputOption = None) -> None:
    """Print the JSON Schema of ticketgen.yaml, for editors.

    Examples:
      ticketgen schema --output ticketgen.schema.json
    """
    from ticketgen.spec.json_schema import json_schema

    write_result(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", output)
