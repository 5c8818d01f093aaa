"""Facts about AWS, as data, each with its source.

The package does not depend on ticketing.
"""

from __future__ import annotations

__all__: list[str] = []
