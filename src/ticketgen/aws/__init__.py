"""Facts about AWS that the stack depends on, as data, each with its source. It knows nothing of ticketing."""

from __future__ import annotations

__all__: list[str] = []
