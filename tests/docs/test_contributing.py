"""The examples of CONTRIBUTING.md work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from documents import ROOT, blocks, spans
from stacks import SHAPES, rendered

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
IMPORTS = "from support.places import at\nfrom support.stack import Stack\n\n\n"


def example(language: str) -> str:
    """The only example in a language of "Add a resource"."""
    section = CONTRIBUTING.split("\n## Add a resource\n")[1].split("\n## ")[0]
    (found,) = (content for name, content in blocks(section) if name == language)
    return found


def test_every_constant_and_every_test_exists() -> None:
    named = {span for span in spans(CONTRIBUTING) if re.fullmatch(r"[A-Z]+(_[A-Z]+)+|test_\w+", span)}
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("src", "templates", "tests")
        for path in (ROOT / folder).rglob("*.py*")
        if path.suffix in {".py", ".j2"}
    )
    defined = set(re.findall(r"^(?:def )?(\w+)(?=\(|: | = )", code, re.MULTILINE))
    assert named - defined == set()


def test_the_example_of_a_resource_passes_its_test(tmp_path: Path) -> None:
    # The name is declared in `stack/names.py` first, which an example cannot do.
    resource = re.sub(r"\{\{ name\((.*)\) \}\}", r"\1", example("terraform"))
    files = dict(rendered(SHAPES["one-region"]())) | {
        "tests/unit/test_example.py": IMPORTS + example("python")
    }
    files["modules/region/streams.tf"] += f"\n{resource}"
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/test_example.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
