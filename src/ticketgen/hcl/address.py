"""Terraform addresses, such as ``var.region`` and ``module.net.id``."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["BUILT_IN_KINDS", "WORKSPACE", "Address"]

BUILT_IN_KINDS: Final = frozenset({"each", "count", "path", "terraform", "self"})
"""The kinds of Terraform's built-in names, which no block declares."""


class Address(NamedTuple):
    """The address of a declaration, of one of its attributes, or of a built-in name.

    Attributes:
        kind: ``var``, ``local``, ``module``, ``output``, ``check``, ``resource``, ``data``, ``ephemeral``,
            ``provider``, or one of `BUILT_IN_KINDS`.
        type: the type of a resource or data source; the provider of a provider configuration; otherwise "".
        name: the last label of the block; "" in an incomplete reference.
        attribute: an output of a module call; "" for the declaration itself.
    """

    kind: str
    type: str = ""
    name: str = ""
    attribute: str = ""

    @classmethod
    def of_provider(cls, text: str) -> Address:
        """The address of a provider configuration that is written as a string."""
        return cls("provider", *text.split(".", 2))

    @property
    def parts(self) -> tuple[str, ...]:
        """The words between the dots of the written address."""
        kind = "" if self.kind in {"resource", "provider"} else self.kind
        return tuple(filter(None, (kind, self.type, self.name, self.attribute)))

    @property
    def declared(self) -> Address:
        """The address of the declaration, without an attribute."""
        return self._replace(attribute="") if self.attribute else self

    def __str__(self) -> str:
        return ".".join(self.parts)


WORKSPACE: Final = Address("terraform", "", "workspace")
"""The name of the Terraform workspace."""
