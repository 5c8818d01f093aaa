"""Each root module has tests for ``terraform test``, and they pass with the real AWS provider, which is mocked."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import pytest
from stacks import SHAPES, rendered, written

from terraform_tool import Terraform
from ticketgen.aws.provider.schema import schema_of
from ticketgen.stack.native_tests import MOCKED_ARNS
from ticketgen.verification.file_checks import check_round_trip

RUN = re.compile(r'^run "', re.MULTILINE)
EXPECTED = re.compile(r'file\("tests/expected\.json"\)\)((?:\.\w+)+)')


def texts(shape: str) -> dict[str, str]:
    """The native tests of a shape, by their paths."""
    return {path: text for path, text in rendered(SHAPES[shape]()).items() if path.endswith(".tftest.hcl")}


def root_of(path: str) -> str:
    """The root module of a file in its folder ``tests``."""
    return path.rpartition("/tests/")[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_root_module_has_tests_with_the_mocked_provider_of_the_stack(shape: str) -> None:
    files = rendered(SHAPES[shape]())
    assert "tests/mocks/aws.tfmock.hcl" in files
    assert {root_of(path) for path in texts(shape)} == {
        path.rpartition("/")[0] for path in files if path.endswith("provider.tf") and "modules" not in path
    }
    for path, text in texts(shape).items():
        assert f'source = "{"../" * (root_of(path).count("/") + 1)}tests/mocks"' in text


@pytest.mark.parametrize("shape", SHAPES)
def test_every_value_that_a_test_reads_is_expected_and_every_expected_one_is_read(shape: str) -> None:
    files = rendered(SHAPES[shape]())
    read: dict[str, set[str]] = {}
    for path, text in texts(shape).items():
        expected = json.loads(files[f"{root_of(path)}/tests/expected.json"])
        for names in EXPECTED.findall(text):
            value = expected
            for name in names.split(".")[1:]:
                value = value[name]
            read.setdefault(root_of(path), set()).add(names.split(".")[1])
    for root, names in read.items():
        unread = json.loads(files[f"{root}/tests/expected.json"]).keys() - names
        assert unread <= {"user_pool"}, f"{root}: {unread}"


def test_a_stack_has_many_assertions_and_each_says_why() -> None:
    assert (
        len({line for text in texts("prod").values() for line in text.splitlines() if "condition" in line})
        >= 80
    )
    for text in texts("everything").values():
        messages = re.findall(r"error_message = \"(.+)\"$", text, re.MULTILINE)
        assert len(messages) == text.count("assert {")
        assert all(message.endswith(".") for message in messages)


def test_the_regions_share_the_text_of_their_tests() -> None:
    by_name: dict[str, set[str]] = {}
    for path, text in texts("prod").items():
        by_name.setdefault(PurePosixPath(path).name, set()).add(text)
    assert {name: len(found) for name, found in by_name.items() if len(found) > 1} == {
        "regions.tftest.hcl": 2
    }


def test_tools_that_rewrite_hcl_can_edit_the_tests() -> None:
    files = rendered(SHAPES["everything"]())
    tests = {text: path for path, text in files.items() if path.endswith((".tftest.hcl", ".tfmock.hcl"))}
    assert [
        each for text, path in tests.items() for each in check_round_trip(path, text, rendered=True)
    ] == []


@pytest.mark.parametrize("type_", MOCKED_ARNS)
def test_a_mocked_arn_is_one_that_the_provider_computes(type_: str) -> None:
    block = schema_of("resource", type_)
    assert block is not None
    attribute = block.attribute("arn")
    assert attribute is not None
    assert attribute.computed


ROOTS = {
    "dev": ("global", "data/us-east-1", "data/us-west-2", "regions/us-east-1", "regions/us-west-2"),
    "one-region": ("data/us-east-1", "regions/us-east-1"),
    "everything": ("global", "data/us-east-1", "regions/us-east-1", "regions/eu-west-1"),
    "nothing": ("data/us-east-1", "regions/us-east-1"),
    "china": ("global", "data/cn-north-1", "regions/cn-north-1"),
}
"""The root modules of each shape whose tests differ from those of an earlier shape in more than figures."""


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("shape", ROOTS)
def test_the_native_tests_pass(terraform: Terraform, tmp_path: Path, shape: str) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    for root in ROOTS[shape]:
        done = terraform.init(stack / root)
        assert done.returncode == 0, done.stdout + done.stderr
    with ThreadPoolExecutor(2) as pool:
        results = dict(
            zip(
                ROOTS[shape],
                pool.map(lambda root: terraform.run(stack / root, "test", "-no-color"), ROOTS[shape]),
                strict=True,
            )
        )
    for root, done in results.items():
        runs = sum(len(RUN.findall(text)) for path, text in texts(shape).items() if root_of(path) == root)
        assert runs, root
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Success! {runs} passed, 0 failed." in done.stdout
