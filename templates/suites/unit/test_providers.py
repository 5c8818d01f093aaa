"""Versions, providers and the state."""

from __future__ import annotations

import re

import demands
import pytest

from support.blocks import Block
from support.stack import Body, Stack

FOLDERS = [".", "modules/region", "modules/analytics", "modules/verification"]


def _settings(stack: Stack, folder: str) -> Body:
    block = next(
        block for path in stack.files(folder) for block in stack.blocks(path) if block.type == "terraform"
    )
    return Body(f"terraform in {folder}", block, stack.root, {})


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_provider_is_one_that_the_stack_was_made_for(stack: Stack, folder: str) -> None:
    settings = _settings(stack, folder)
    aws = settings.get("required_providers.aws")
    why = "5.100 is the first that knows all arguments used here, and 7 may remove some"
    if aws is None or aws.get("source") != "hashicorp/aws":
        settings.fails(f"its provider aws is {aws}", "anybody can publish a provider called aws")
    lowest, highest = re.findall(r"(\d+)\.", aws["version"])[:1], re.findall(r"< (\d+)", aws["version"])
    if not aws["version"].startswith(">= 5.100") or lowest != ["5"] or highest != ["7"]:
        settings.fails(f"takes version {aws['version']}", why)


@pytest.mark.parametrize("folder", FOLDERS)
def test_terraform_is_new_enough(stack: Stack, folder: str) -> None:
    settings = _settings(stack, folder)
    found = re.fullmatch(r">= 1\.(\d+)\.0", settings.get("required_version") or "")
    needed = 10 if folder == "." and demands.STATE_BUCKET else 9
    if found is None or int(found[1]) < needed:
        settings.fails(
            f"takes {settings.get('required_version')}",
            "older ones do not know what is used here, and say so at apply",
        )


def test_the_zips_are_made_by_a_provider_whose_hashes_are_the_same_everywhere(stack: Stack) -> None:
    archive = _settings(stack, ".").get("required_providers.archive")
    assert archive is not None, "provider.tf\n  why: without it, no function has code"
    assert archive["source"] == "hashicorp/archive", "provider.tf\n  why: without it, no function has code"
    assert archive["version"].startswith(">= 2.4"), (
        "provider.tf\n  why: older ones do not know output_file_mode"
    )


@pytest.mark.skipif(not demands.STATE_BUCKET, reason="the spec names no bucket for the state")
def test_the_state_is_where_the_spec_says_and_locked(stack: Stack) -> None:
    (backend,) = _settings(stack, ".").blocks("backend")
    backend.must("bucket", demands.STATE_BUCKET, "the spec names the bucket")
    backend.must("use_lockfile", True, "two applies at once would ruin the state")
    backend.must("encrypt", True, "a state holds what is secret")
    if backend.get("key"):
        backend.fails(
            "has a key", "every suffix is a deployment with a state of its own: init is given the key"
        )


def _all(blocks: list[Block]) -> list[Block]:
    return [found for block in blocks for found in (block, *_all(list(block.blocks)))]


def test_nothing_at_the_root_is_left_to_a_provider_without_an_alias(stack: Stack) -> None:
    for block in stack.root.blocks:
        if block.type in ("resource", "data") and block.labels[0].startswith("aws_"):
            found = block.attributes.get("provider")
            assert found is not None, (
                f"{block.place} {'.'.join(block.labels)}\n  has no provider\n"
                "  why: it would be made in whatever Region the shell has"
            )


@pytest.mark.parametrize("kind", ["resource", "data"])
def test_what_is_global_is_made_through_the_primary_region(stack: Stack, kind: str) -> None:
    for block in stack.root.blocks:
        if block.type == kind and block.labels[0].startswith("aws_"):
            resource = stack.resource(f"{'data.' if kind == 'data' else ''}{'.'.join(block.labels)}")
            if resource.region != demands.PRIMARY:
                resource.fails(
                    f"is made through {resource.region}",
                    "losing a Region must not take the account's roles and tables along",
                )


def test_no_module_brings_a_provider_of_its_own(stack: Stack) -> None:
    for folder in FOLDERS[1:]:
        for path in stack.files(folder):
            for block in _all(list(stack.blocks(path))):
                assert block.type != "provider", f"{block.place}\n  why: such a module can never be removed"


def test_every_provider_is_called_after_its_region(stack: Stack) -> None:
    for block in stack.root.blocks:
        if block.type == "provider" and block.labels == ("aws",):
            provider = Body("provider.aws", block, stack.root, {})
            why = "a Region that comes, or goes, would be made in another, or destroyed there"
            provider.must("region", str(provider.get("alias")).replace("_", "-"), why)
