"""Templates for the tests: a small one, changed as a test wants it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["TOP", "make_template"]

TOP = "{{cookiecutter.project}}"
SPEC = "version: 1\nproject: {{ cookiecutter.project }}\nextends: small-venue\nenvironments: { dev: {} }\n"


def make_template(
    folder: Path,
    variables: Mapping[str, object] | None = None,
    files: Mapping[str, str] | None = None,
    hooks: Mapping[str, str] | None = None,
    *,
    spec: str = "ticketgen.yaml",
) -> Path:
    """Write a template that makes a project with one small stack, and more files or hooks.

    Under another name of the spec, `new` ends once the files are made: nothing has to be rendered.
    """
    (folder / TOP).mkdir(parents=True)
    (folder / "cookiecutter.json").write_text(json.dumps({"project": "x-shop", **(variables or {})}))
    below = {f"{TOP}/{spec}": SPEC}
    below |= {f"{TOP}/{name}": text for name, text in (files or {}).items()}
    below |= {f"hooks/{name}": text for name, text in (hooks or {}).items()}
    for name, text in below.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder
