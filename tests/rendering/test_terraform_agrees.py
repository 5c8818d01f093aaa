"""Terraform reads quoted text unchanged, and has nothing to format."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from blocks import documents
from format_cases import CASES, NO_FILES
from hostile import HOSTILE, hostile_code, hostile_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ticketgen.rendering.filters import FILTERS
from ticketgen.rendering.formatter import formatted

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform here"),
]


def terraform(*arguments: str, folder: Path, text: str = "") -> str:
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        input=text,
        text=True,
        capture_output=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def outputs(expressions: list[str]) -> list[object]:
    """The value of each expression in Terraform."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = "".join(f'output "o{i}" {{\n  value = {value}\n}}\n' for i, value in enumerate(expressions))
        (folder / "main.tf").write_text(text, "utf-8", newline="")
        terraform("apply", "-auto-approve", "-input=false", folder=folder)
        values = json.loads(terraform("output", "-json", folder=folder))
    return [values[f"o{i}"]["value"] for i in range(len(expressions))]


def quoted(name: str, value: object, *arguments: object) -> str:
    return FILTERS[name](value, *arguments).__html__()


def check_arrival(texts: list[str], codes: list[str]) -> None:
    expressions = [
        *(quoted("hcl", text) for text in texts),
        *(f'"{quoted("inside", text)}"' for text in texts),
        *(f'"$${quoted("inside", text or "-")}${{1 + 1}}{{"' for text in texts),
        *(quoted("heredoc", code, "PYTHON") for code in codes),
        quoted(
            "hcl", {"keys": {text or "-": text for text in texts}, "values": [*texts, None, 1.5, True]}, 2
        ),
    ]
    assert outputs(expressions) == [
        *texts,
        *texts,
        *(f"$${text or '-'}2{{" for text in texts),
        *codes,
        {"keys": {text or "-": text for text in texts}, "values": [*texts, None, 1.5, True]},
    ]


def test_every_hostile_text_is_unchanged() -> None:
    texts = [text for text in HOSTILE if len(text) < 100 and text != "{"]
    check_arrival([*texts, "x" * 10_240], [text.replace("\r", "") + "\n" for text in texts])


@settings(deadline=None, max_examples=5, suppress_health_check=list(HealthCheck))
@given(st.lists(hostile_text(), max_size=30), st.lists(hostile_code(), max_size=30))
def test_any_text_is_unchanged(texts: list[str], codes: list[str]) -> None:
    check_arrival(texts, codes)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(documents(blocks=12))
def test_terraform_fmt_changes_nothing(text: str) -> None:
    done = formatted(text)
    assert terraform("fmt", "-", folder=Path(), text=done) == done


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(documents(blocks=12))
def test_the_layout_is_that_of_terraform_fmt(text: str) -> None:
    assert formatted(text) == terraform("fmt", "-", folder=Path(), text=text)


@pytest.mark.parametrize("name", sorted(CASES.keys() - NO_FILES))
def test_terraform_fmt_agrees_with_the_examples(name: str) -> None:
    before, after = CASES[name]
    assert terraform("fmt", "-", folder=Path(), text=before) == after
