"""The transaction that corrects a seat by the ledger's rule.

The sale that keeps the seat may not have reached the home yet, so the only condition on it is that its void does not
exist. The inventory item is replaced only if it belongs to one of the sales that were judged.
"""

from __future__ import annotations

from dynamo import Item, Step, pack
from ledger import VOID, SeatRecord, Tables, inventory_item, void_of, winner

__all__ = ["Unsettled", "settlement"]

YOUNG_MS = 5_000  # a newer inventory item is not removed: its sale may still be replicating


class Unsettled(Exception):
    """The seat cannot be corrected now; the verifier will find it again."""


def settlement(tables: Tables, record: SeatRecord, key: Item, now: int) -> tuple[list[Step], list[Item]]:
    """The transaction that corrects a seat, and the sales that it voids.

    Both are empty if the seat is correct.

    Raises:
        Unsettled: a Region with a relevant sale does not answer, or people must decide.
    """
    live, item = record.live, record.item
    if record.fault:
        raise Unsettled(f"an item of the seat cannot be read: {record.fault}")
    if record.unknown:
        raise Unsettled("a Region with a sale of the seat does not answer")
    if not live:
        if item is None or "sale_id" not in item:
            return [], []
        if item["version"] > now - YOUNG_MS:
            raise Unsettled("the inventory item is too new to be removed")
        return _removal(tables, key, item), []
    if item is not None and "sale_id" not in item:
        raise Unsettled("the seat is both sold and withheld")
    keeper = winner(live)
    losers = [entry for entry in live if entry["sale_id"] != keeper["sale_id"]]
    if not losers and item is not None and item["sale_id"] == keeper["sale_id"]:
        return [], []
    voids = [
        Step(
            "void",
            {
                "Put": {
                    "TableName": tables.sales,
                    "Item": pack(void_of(loser, now, "oversold"))["M"],
                    "ConditionExpression": "attribute_not_exists(sale_id)",
                }
            },
        )
        for loser in losers
    ]
    # Later than the version it replaces, even by a slow clock: seat maps keep the later version.
    version = max(now, item["version"] + 1 if item is not None else 0)
    known = {f":sale{number}": sale_id for number, sale_id in enumerate(record.entries)}
    if item is not None:
        known[":item"] = item["sale_id"]
    put = {
        "TableName": tables.inventory,
        "Item": pack(inventory_item(keeper, version))["M"],
        # Replaces only an item that was read: a sale that was unknown until now must be judged too.
        "ConditionExpression": f"attribute_not_exists(seat_id) OR sale_id IN ({', '.join(known)})",
        "ExpressionAttributeValues": pack(known)["M"],
    }
    return [
        *voids,
        _not_voided(tables, keeper["event_shard"], keeper["sale_id"]),
        Step("inventory", {"Put": put}),
    ], losers


def _not_voided(tables: Tables, shard: str, sale_id: str) -> Step:
    key = {"event_shard": shard, "sale_id": sale_id + VOID}
    check = {
        "TableName": tables.sales,
        "Key": pack(key)["M"],
        "ConditionExpression": "attribute_not_exists(sale_id)",
    }
    return Step("keeper", {"ConditionCheck": check})


def _removal(tables: Tables, key: Item, item: Item) -> list[Step]:
    """Remove an inventory item whose sale does not exist or is voided."""
    values = {":sale": item["sale_id"], ":version": item["version"]}
    delete = {
        "TableName": tables.inventory,
        "Key": pack(key)["M"],
        "ConditionExpression": "sale_id = :sale AND version = :version",
        "ExpressionAttributeValues": pack(values)["M"],
    }
    return [Step("inventory", {"Delete": delete})]
