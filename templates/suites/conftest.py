"""Fixtures of all suites: the stack, read once, and a cloud in which its code runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # for every import mode of pytest

import demands  # noqa: E402

from support.stack import Stack  # noqa: E402

if TYPE_CHECKING:
    from support.cloud import Cloud


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack beside the suites."""
    return Stack(HERE.parent, demands.PARTITION)


@pytest.fixture
def cloud(stack: Stack) -> Iterator[Cloud]:
    """The stack's cloud with empty tables, for its functions to work on."""
    from support.cloud import Cloud  # takes a second to import, and few tests need it

    with Cloud.of(stack) as cloud:
        yield cloud
