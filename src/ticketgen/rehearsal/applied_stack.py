"""A stack that Terraform applied to the emulator: its APIs, tables and clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.sale import RegionApi

__all__ = ["AppliedStack"]


class AppliedStack:
    """The applied stack, as its outputs describe it.

    Args:
        regions: the outputs of each Region's root module, by Region.
        aws: the emulated AWS.
    """

    def __init__(self, regions: Mapping[str, dict[str, Any]], aws: EmulatedAws) -> None:
        self.regions = dict(regions)
        self._aws = aws
        inventory = str(next(iter(self.regions.values()))["inventory_table_name"])
        self.tables = {
            what: inventory.replace("ticket-inventory", what)
            for what in ("events", "ticket-sales", "ticket-inventory", "corrections")
        }
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str) -> Any:
        """Return a client of a service in a Region, with an operator's retries."""
        if (service, region) not in self._clients:
            retries = {"total_max_attempts": 2, "mode": "standard"}
            self._clients[service, region] = self._aws.client(service, region, retries=retries)
        return self._clients[service, region]

    def apis(self) -> list[RegionApi]:
        """Return the API of every Region on the emulator."""
        found = []
        for region, exports in self.regions.items():
            url = urlsplit(exports["api_gateway_url"])
            api_id = str(url.hostname).split(".")[0]
            found.append(
                RegionApi(region, f"{self._aws.endpoint}/_aws/execute-api/{api_id}{url.path.rstrip('/')}")
            )
        return found

    def ledger_entries(self, region: str) -> list[dict[str, Any]]:
        """Return all entries of a Region's ledger."""
        return self._items("ticket-sales", region)

    def inventory_items(self, region: str) -> list[dict[str, Any]]:
        """Return all items of a Region's inventory."""
        return self._items("ticket-inventory", region)

    def _items(self, table: str, region: str) -> list[dict[str, Any]]:
        pages = self.client("dynamodb", region).get_paginator("scan").paginate(TableName=self.tables[table])
        return [item for page in pages for item in page["Items"]]
