"""The rendered demo keeps its bytes, except for its own tests.

`demo_digests.json` holds one SHA-256 per file. To take new digests: `python tests/stack/test_output_is_unchanged.py`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ticketgen.pipeline import read_project, stack_of

DEMO = Path(__file__).resolve().parents[2] / "examples" / "tap-marketplace" / "ticketgen.yaml"
DIGESTS = Path(__file__).with_name("demo_digests.json")


def digests() -> dict[str, str]:
    """Return the SHA-256 of each rendered file of the demo, without the stacks' tests."""
    project = read_project(DEMO).value
    assert project is not None
    found = {}
    for environment in project.environments:
        stack = stack_of(project, environment).value
        assert stack is not None
        for path, text in stack.files.items():
            if not path.startswith("tests/"):
                found[f"{environment.name}/{path}"] = hashlib.sha256(text.encode()).hexdigest()
    return found


def test_the_rendered_demo_keeps_its_bytes() -> None:
    assert digests() == json.loads(DIGESTS.read_text())


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps(digests(), indent=1, sort_keys=True) + "\n")
