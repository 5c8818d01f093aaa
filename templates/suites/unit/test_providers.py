"""Terraform's and the providers' versions, the provider of each root module and its state."""

from __future__ import annotations

import re

import demands
import pytest

from support.blocks import Block, read
from support.places import MODULES, ROOTS, root
from support.stack import Body, Root, Stack

each_root = pytest.mark.parametrize("path", ROOTS)


def _each_root_if(named: object, what: str) -> pytest.MarkDecorator:
    """Every root module, or one case that says why there are none."""
    skipped = pytest.param("", marks=pytest.mark.skip(reason=f"the spec names no {what}"))
    return pytest.mark.parametrize("path", ROOTS if named else [skipped])


OF_REGIONS = [root("regions", region) for region in demands.REGIONS]


def _settings(stack: Stack, folder: str) -> Body:
    block = next(
        block for path in stack.files(folder) for block in stack.blocks(path) if block.type == "terraform"
    )
    return Body(f"terraform in {folder}", block, stack.root(root("global")).main, {})


@pytest.mark.parametrize("folder", [*ROOTS, *(folder for folder in MODULES if folder != "modules/code")])
def test_the_provider_versions_are_those_that_the_stack_was_made_for(stack: Stack, folder: str) -> None:
    settings = _settings(stack, folder)
    aws = settings.get("required_providers.aws")
    why = "5.100 is the first version with all arguments used here, and 7 may remove some"
    if aws is None or aws.get("source") != "hashicorp/aws":
        settings.fails(f"its provider aws is {aws}", "anybody can publish a provider named aws")
    if not re.fullmatch(r">= 5\.100\.\d+, < 7\.0\.0", aws["version"]):
        settings.fails(f"accepts version {aws['version']}", why)


@pytest.mark.parametrize("folder", [*ROOTS, *MODULES])
def test_terraform_is_new_enough(stack: Stack, folder: str) -> None:
    settings = _settings(stack, folder)
    found = re.fullmatch(r">= 1\.(\d+)\.0", settings.get("required_version") or "")
    needed = 10 if folder in ROOTS and demands.STATE_BUCKET else 9
    if found is None or int(found[1]) < needed:
        settings.fails(
            f"accepts {settings.get('required_version')}",
            "older versions lack features used here, and fail only at apply",
        )


@pytest.mark.parametrize("folder", [*OF_REGIONS, "modules/code"])
def test_zips_have_the_same_hash_on_every_machine(stack: Stack, folder: str) -> None:
    settings = _settings(stack, folder)
    archive = settings.get("required_providers.archive") or {}
    if archive.get("source") != "hashicorp/archive":
        settings.fails(f"its provider archive is {archive}", "this provider builds the functions' zips")
    if not re.fullmatch(r">= 2\.4\.\d+, < 3\.0\.0", archive["version"]):
        settings.fails(f"accepts version {archive['version']}", "older versions do not know output_file_mode")


def _region_of(path: str) -> str:
    return path.rpartition("/")[2] if "/" in path else demands.PRIMARY


@_each_root_if(demands.STATE_BUCKET, "bucket for the state")
def test_the_state_is_where_the_spec_says_and_locked(stack: Stack, path: str) -> None:
    (block,) = _settings(stack, path).blocks("backend")
    if block.block.labels != ("s3",) or block.block.attributes:
        block.fails(
            "is not an empty s3 backend", "each suffix has a state of its own, given to `terraform init`"
        )
    (file,) = (stack.folder / path).glob("backend.*")  # exists only where the spec names a bucket
    text = file.read_text(encoding="utf-8")
    (attributes,) = read(f"{path}/{file.name}", f'backend "s3" {{\n{text}\n}}\n')
    backend = Body(f"{path}/{file.name}", attributes, stack.root(path).main, {})
    bucket, region = demands.STATE_BUCKET or "", _region_of(path)
    backend.must("bucket", bucket.replace("{region}", region), "the spec names this bucket")
    key = f"{demands.PROJECT}/{demands.ENVIRONMENT}/{path}.tfstate"
    backend.must("key", key, "two root modules in one state would destroy each other's resources")
    expected = region if "{region}" in bucket else demands.STATE_REGION
    backend.must("region", expected, "a plan must not need another Region's bucket")
    backend.must("use_lockfile", True, "two concurrent applies would corrupt the state")
    backend.must("encrypt", True, "a state contains secrets")


def _all(blocks: list[Block]) -> list[Block]:
    return [found for block in blocks for found in (block, *_all(list(block.blocks)))]


@each_root
def test_a_root_has_one_plain_provider_in_its_own_region(stack: Stack, path: str) -> None:
    of = stack.root(path)
    providers = [block.labels for block in of.main.blocks if block.type == "provider"]
    why = "such a root module works with any provider version, and needs no Region but its own"
    if providers != [("aws",)]:
        of.provider.fails(f"the root has the providers {providers}", why)
    surplus = set(of.provider.block.attributes) - {"region", "skip_region_validation", "allowed_account_ids"}
    if surplus:
        of.provider.fails(f"sets {sorted(surplus)}", why)
    of.provider.must("region", _region_of(path), "its resources would be created in another Region")
    for place in _elsewhere(of):
        pytest.fail(f"{place}\n  why: {why}")


def _elsewhere(of: Root) -> list[str]:
    """What chooses a provider or a Region, or reads another root's state."""
    found = []
    for block in (block for module in of.modules for block in module.blocks):
        name = f"{block.place} {'.'.join(block.labels)}"
        if block.type in ("resource", "data", "module"):
            found += [f"{name} sets {key}" for key in ("provider", "providers") if key in block.attributes]
        if block.type in ("resource", "data") and "region" in block.attributes:
            found.append(f"{name} sets region")
        if block.labels[:1] == ("terraform_remote_state",):
            found.append(f"{name} reads another state")
    return found


@each_root
def test_everything_carries_the_tags_of_the_spec(stack: Stack, path: str) -> None:
    provider = stack.root(path).provider
    expected = {"Application": demands.PROJECT, "Environment": demands.ENVIRONMENT, "ManagedBy": "ticketgen"}
    provider.must("default_tags.tags", expected | demands.TAGS, "bills and searches use the tags of the spec")


@_each_root_if(demands.ACCOUNT_ID, "account")
def test_no_other_account_is_changed(stack: Stack, path: str) -> None:
    stack.root(path).provider.must(
        "allowed_account_ids",
        [demands.ACCOUNT_ID],
        "with other credentials, another account would be changed",
    )


@_each_root_if(demands.DEPLOY_ROLE, "role to deploy with")
def test_terraform_works_with_the_role_of_the_spec(stack: Stack, path: str) -> None:
    stack.root(path).provider.must(
        "assume_role.role_arn", demands.DEPLOY_ROLE, "the credentials may only assume this role"
    )


def test_no_module_has_a_provider_configuration_of_its_own(stack: Stack) -> None:
    for folder in MODULES:
        for path in stack.files(folder):
            for block in _all(list(stack.blocks(path))):
                assert block.type != "provider", (
                    f"{block.place}\n  why: Terraform cannot remove such a module"
                )
