"""Rendering: templates and data in, text out, and nothing unquoted on the way.

Data reaches a text only through a filter that quotes it for the language it lands in (`filters`). A filter's
value is a `Quoted`, which mixes with nothing; whatever else arrives at the output is an error of the template
(`environment`), found when the template is loaded where that can be known, else when it renders. What comes
out is tidied the way ``terraform fmt`` would (`render`, `align`). Nothing here knows of AWS.
"""

from __future__ import annotations

__all__: list[str] = []
