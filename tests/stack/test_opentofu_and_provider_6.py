"""OpenTofu and AWS provider 6.x accept rendered stacks, according to their documented differences.

`test_terraform_validates.py` runs OpenTofu if it is installed; these checks need no installation. The verification of
every stack checks for removals in provider 6 (`aws/provider/version_6.py`).
Sources: https://opentofu.org/docs/language/functions/ (v1.9), https://opentofu.org/docs/intro/whats-new/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from stacks import SHAPES, rendered

# Functions of both languages since OpenTofu 1.6, or since the version that we require.
FUNCTIONS = {
    "can", "cidrsubnet", "compact", "concat", "floor", "jsondecode", "jsonencode", "join", "length", "lookup", "merge",
    "one", "range", "regex", "replace", "sha256", "startswith",
}  # fmt: skip
TYPES = {"list", "map", "object"}
BLOCKS = {"data", "locals", "module", "moved", "output", "provider", "resource", "terraform", "variable"}

HEREDOC = re.compile(r"<<-?(\w+)\n.*?\n\s*\1\n", re.DOTALL)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
INTERPOLATION = re.compile(r"\$\{([^}]*)\}")


def code(text: str) -> str:
    """The text without function code, comments and strings, but with the interpolations in strings."""
    text = HEREDOC.sub('""\n', text)
    lines = [re.sub(r"(^|\s)#.*", "", line) for line in text.splitlines()]
    text = "\n".join(lines)
    inside = " ".join(INTERPOLATION.findall(text))
    return STRING.sub('""', text) + "\n" + STRING.sub('""', inside)


def terraform_files(shape: str) -> Iterator[tuple[str, str]]:
    for path, text in rendered(SHAPES[shape]()).items():
        if path.endswith(".tf"):
            yield path, text


@pytest.mark.parametrize("shape", SHAPES)
def test_only_functions_of_both_terraform_and_opentofu_are_called(shape: str) -> None:
    for path, text in terraform_files(shape):
        called = set(re.findall(r"\b([a-z][a-z0-9_]*)\(", code(text)))
        assert called <= FUNCTIONS | TYPES, path


@pytest.mark.parametrize("shape", SHAPES)
def test_only_blocks_of_both_terraform_and_opentofu_are_used(shape: str) -> None:
    for path, text in terraform_files(shape):
        blocks = set(re.findall(r"^([a-z_]+)[^=\n]*\{$", HEREDOC.sub('""\n', text), re.MULTILINE))
        assert blocks <= BLOCKS, path


@pytest.mark.parametrize("shape", SHAPES)
def test_the_minimum_version_supports_everything_used(shape: str) -> None:
    files = rendered(SHAPES[shape]())
    for path in (each for each in files if each.endswith("/provider.tf")):
        text = files[path].replace("  = ", " = ")
        # Terraform 1.10 and OpenTofu 1.10 introduced use_lockfile; everything else is older than 1.9.
        locked = "use_lockfile" in files.get(path.replace("provider.tf", "backend.hcl"), "")
        assert f'required_version = ">= {"1.10.0" if locked else "1.9.0"}"' in text, path
        assert 'version = ">= 5.100.0, < 7.0.0"' in text, path


@pytest.mark.parametrize("shape", SHAPES)
def test_no_resource_sets_a_region_unknown_to_provider_5(shape: str) -> None:
    for path, text in terraform_files(shape):
        plain = HEREDOC.sub('""\n', text)
        for body in re.findall(
            r'^(?:resource|data) "aws_[^\n]*\{\n(.*?)^\}', plain, re.MULTILINE | re.DOTALL
        ):
            assert not re.search(r"^  region\s*=", body, re.MULTILINE), path
