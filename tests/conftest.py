"""Fixtures that need more than a function: Terraform and OpenTofu where they are, a cloud in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from terraform_tool import Terraform, cannot, usable

if TYPE_CHECKING:
    from functions_cloud import Cloud


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform with its providers; skips where there is none, fails where it is required."""
    found = usable("terraform", tmp_path_factory)
    if isinstance(found, str):
        cannot(found)
    return found


@pytest.fixture(scope="session")
def tofu(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """OpenTofu with its providers; skips where there is none."""
    found = usable("tofu", tmp_path_factory)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Three Regions with empty tables, for the functions; replication is up to the test."""
    from functions_cloud import Cloud  # takes a second: only for those who need it

    with Cloud.running() as cloud:
        yield cloud
