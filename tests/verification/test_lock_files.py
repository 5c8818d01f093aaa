"""Dependency lock files, as Terraform 1.11 judges them."""

from __future__ import annotations

import pytest

from ticketgen.findings.verification import INVALID_LOCK_FILE
from ticketgen.verification.called_folders import Neighbours
from ticketgen.verification.verify import verify_within

AWS = 'provider "registry.terraform.io/hashicorp/aws"'
FLAWED = {
    "syntax": f'{AWS} {{\n  version = "5.100.0"\n',
    "block": 'foo "x" {\n}\n',
    "argument": "foo = 1\n",
    "version": f'{AWS} {{\n  version = "latest"\n}}\n',
    "short version": f'{AWS} {{\n  version = "5.100"\n}}\n',
    "null version": f"{AWS} {{\n  version = null\n}}\n",
    "call": f'{AWS} {{\n  version = upper("5.100.0")\n}}\n',
    "no version": f"{AWS} {{\n}}\n",
    "unknown argument": f'{AWS} {{\n  version = "5.100.0"\n  foo = 1\n}}\n',
    "constraint": f'{AWS} {{\n  version = "5.100.0"\n  constraints = "foo"\n}}\n',
    "hash": f'{AWS} {{\n  version = "5.100.0"\n  hashes = ["abc"]\n}}\n',
    "no hashes": f'{AWS} {{\n  version = "5.100.0"\n  hashes = []\n}}\n',
    "one hash": f'{AWS} {{\n  version = "5.100.0"\n  hashes = "h1:abc"\n}}\n',
    "short address": 'provider "hashicorp/aws" {\n  version = "5.100.0"\n}\n',
    "upper case": 'provider "registry.terraform.io/Hashicorp/aws" {\n  version = "5.100.0"\n}\n',
    "built in": 'provider "terraform.io/builtin/terraform" {\n  version = "5.100.0"\n}\n',
    "label": 'provider {\n  version = "5.100.0"\n}\n',
    "twice": f'{AWS} {{\n  version = "5.100.0"\n}}\n' * 2,
}
VALID = {
    "empty": "# nothing\n",
    "whole": f'{AWS} {{\n  version = "5.1.0"\n  constraints = ">= 5.0.0, < 6.0.0"\n  hashes = ["h1:a", "zh:1"]\n}}\n',
    "version only": f'{AWS} {{\n  version = "5.100.0-beta1"\n}}\n',
    "other registry": 'provider "registry.opentofu.org/hashicorp/aws" {\n  version = "6.0.0"\n}\n',
    "port": 'provider "localhost:8080/my-org/my_thing" {\n  version = "0.1.0"\n}\n',
    "module": 'module "x" {}\n',
}
FILES = {"main.tf": 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": "\n"}


def kinds(text: str, folder: str = "") -> set[str]:
    around = Neighbours(read={f"{folder}.terraform.lock.hcl": text}.get)
    return {each.rule for each in verify_within(FILES, rendered=False, around=around).findings}


@pytest.mark.parametrize("text", FLAWED.values(), ids=FLAWED)
def test_files_that_terraform_cannot_read_are_errors(text: str) -> None:
    assert kinds(text) == {INVALID_LOCK_FILE.id}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_readable_files_have_no_findings(text: str) -> None:
    assert kinds(text) == set()


def test_only_the_file_of_a_root_module_counts() -> None:
    assert kinds(FLAWED["version"], "m/") == set()
