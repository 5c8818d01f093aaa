"""Render templates and data into text, in which every value is quoted.

A value reaches the output only through a filter that quotes it for the target language (`filters`). A filter returns a
`Quoted`, which cannot be combined with other text. Anything else in the output is an error of the template
(`jinja_environment`), raised when the template is loaded if its syntax shows it, otherwise when it is rendered. The
output is formatted as by ``terraform fmt`` (`render_file`, `formatter`). Nothing here knows of AWS.
"""

from __future__ import annotations

__all__: list[str] = []
