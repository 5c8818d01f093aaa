"""Terraform's and the providers' versions, the provider configurations and the state."""

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
def test_the_provider_versions_are_those_that_the_stack_was_made_for(stack: Stack, folder: str) -> None:
    settings = _settings(stack, folder)
    aws = settings.get("required_providers.aws")
    why = "5.100 is the first version with all arguments used here, and 7 may remove some"
    if aws is None or aws.get("source") != "hashicorp/aws":
        settings.fails(f"its provider aws is {aws}", "anybody can publish a provider named aws")
    lowest, highest = re.findall(r"(\d+)\.", aws["version"])[:1], re.findall(r"< (\d+)", aws["version"])
    if not aws["version"].startswith(">= 5.100") or lowest != ["5"] or highest != ["7"]:
        settings.fails(f"accepts version {aws['version']}", why)


@pytest.mark.parametrize("folder", FOLDERS)
def test_terraform_is_new_enough(stack: Stack, folder: str) -> None:
    settings = _settings(stack, folder)
    found = re.fullmatch(r">= 1\.(\d+)\.0", settings.get("required_version") or "")
    needed = 10 if folder == "." and demands.STATE_BUCKET else 9
    if found is None or int(found[1]) < needed:
        settings.fails(
            f"accepts {settings.get('required_version')}",
            "older versions lack features used here, and fail only at apply",
        )


def test_zips_have_the_same_hash_on_every_machine(stack: Stack) -> None:
    archive = _settings(stack, ".").get("required_providers.archive")
    assert archive is not None, "provider.tf\n  why: the archive provider builds the functions' zips"
    assert archive["source"] == "hashicorp/archive", (
        "provider.tf\n  why: the archive provider builds the functions' zips"
    )
    assert archive["version"].startswith(">= 2.4"), (
        "provider.tf\n  why: older versions do not know output_file_mode"
    )


@pytest.mark.skipif(not demands.STATE_BUCKET, reason="the spec names no bucket for the state")
def test_the_state_is_where_the_spec_says_and_locked(stack: Stack) -> None:
    (backend,) = _settings(stack, ".").blocks("backend")
    backend.must("bucket", demands.STATE_BUCKET, "the spec names this bucket")
    backend.must("use_lockfile", True, "two concurrent applies would corrupt the state")
    backend.must("encrypt", True, "a state contains secrets")
    if backend.get("key"):
        backend.fails(
            "has a key",
            "each suffix is a deployment with its own state, so the key is given to `terraform init`",
        )


def _all(blocks: list[Block]) -> list[Block]:
    return [found for block in blocks for found in (block, *_all(list(block.blocks)))]


def test_every_resource_at_the_root_names_its_provider(stack: Stack) -> None:
    for block in stack.root.blocks:
        if block.type in ("resource", "data") and block.labels[0].startswith("aws_"):
            found = block.attributes.get("provider")
            assert found is not None, (
                f"{block.place} {'.'.join(block.labels)}\n  has no provider\n"
                "  why: it would be created in whatever Region the shell is set to"
            )


@pytest.mark.parametrize("kind", ["resource", "data"])
def test_global_resources_are_created_through_the_primary_region(stack: Stack, kind: str) -> None:
    for block in stack.root.blocks:
        if block.type == kind and block.labels[0].startswith("aws_"):
            resource = stack.resource(f"{'data.' if kind == 'data' else ''}{'.'.join(block.labels)}")
            if resource.region != demands.PRIMARY:
                resource.fails(
                    f"is created through {resource.region}",
                    "removing another Region must not destroy roles and tables",
                )


def test_no_module_has_a_provider_configuration_of_its_own(stack: Stack) -> None:
    for folder in FOLDERS[1:]:
        for path in stack.files(folder):
            for block in _all(list(stack.blocks(path))):
                assert block.type != "provider", (
                    f"{block.place}\n  why: Terraform cannot remove such a module"
                )


def test_every_provider_alias_is_the_name_of_its_region(stack: Stack) -> None:
    for block in stack.root.blocks:
        if block.type == "provider" and block.labels == ("aws",):
            provider = Body("provider.aws", block, stack.root, {})
            why = "a Region that is added or removed would be created or destroyed in another Region"
            provider.must("region", str(provider.get("alias")).replace("_", "-"), why)
