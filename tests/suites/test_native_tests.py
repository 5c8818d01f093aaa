"""Each root module has tests for ``terraform test``, and they pass with the real AWS provider, which is mocked."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stacks import SHAPES, rendered, written

from terraform_tool import Terraform
from ticketgen.aws.provider.schema import schema_of
from ticketgen.stack.native_tests import MOCKED_ARNS

RUN = re.compile(r'^run "', re.MULTILINE)


def texts(shape: str) -> dict[str, str]:
    """The native tests of a shape, by their root modules."""
    files = rendered(SHAPES[shape]())
    return {
        path.rpartition("/tests/")[0]: text for path, text in files.items() if path.endswith(".tftest.hcl")
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_every_root_module_has_tests_with_the_mocked_provider_of_the_stack(shape: str) -> None:
    files = rendered(SHAPES[shape]())
    assert "tests/mocks/aws.tfmock.hcl" in files
    assert texts(shape).keys() == {
        path.rpartition("/")[0] for path in files if path.endswith("provider.tf") and "modules" not in path
    }
    for root, text in texts(shape).items():
        assert f'source = "{"../" * (root.count("/") + 1)}tests/mocks"' in text


def test_a_stack_has_many_assertions_and_each_says_why() -> None:
    assert sum(text.count("assert {") for text in texts("prod").values()) >= 100
    for text in texts("everything").values():
        messages = re.findall(r"error_message = \"(.+)\"$", text, re.MULTILINE)
        assert len(messages) == text.count("assert {")
        assert all(message.endswith(".") for message in messages)


@pytest.mark.parametrize("type_", MOCKED_ARNS)
def test_a_mocked_arn_is_one_that_the_provider_computes(type_: str) -> None:
    block = schema_of("resource", type_)
    assert block is not None
    attribute = block.attribute("arn")
    assert attribute is not None
    assert attribute.computed


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize(
    ("shape", "roots"),
    [
        ("dev", ("global", "data/us-east-1", "data/us-west-2", "regions/us-east-1", "regions/us-west-2")),
        ("everything", ("global", "data/us-east-1")),
    ],
)
def test_the_native_tests_pass(
    shape: str, roots: tuple[str, ...], terraform: Terraform, tmp_path: Path
) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    for root in roots:
        done = terraform.init(stack / root)
        assert done.returncode == 0, done.stdout + done.stderr
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda root: terraform.run(stack / root, "test", "-no-color"), roots)
    for root, done in zip(roots, results, strict=True):
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Success! {len(RUN.findall(texts(shape)[root]))} passed, 0 failed." in done.stdout
