"""One browser for all tests of the page; each visitor has a storage of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chromium import Chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A headless Chromium; skips without one, or fails if it is required."""
    with Chromium.running(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser
