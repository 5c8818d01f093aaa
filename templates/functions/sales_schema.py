"""The sales table in Aurora PostgreSQL, and the two users that write to it in turns.

The table belongs to the master user. A writer reads, adds and changes rows; it cannot delete any, nor change the table.
"""

from __future__ import annotations

__all__ = ["COLUMNS", "RIGHTS", "SCHEMA", "TABLE", "WRITERS"]

TABLE = "ticket_sales"

# Names and types of the columns that a sale fills.
COLUMNS = {
    "order_id": "text",
    "event_id": "text",
    "seat_id": "text",
    "buyer": "text",
    "price": "bigint",
    "currency": "text",
    "epoch": "bigint",
    "home_region": "text",
    "sold_at": "bigint",
}

SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (sale_id text PRIMARY KEY, "
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    + ", voided_at bigint, void_reason text)",
    f"CREATE INDEX IF NOT EXISTS {TABLE}_by_event ON {TABLE} (event_id, sold_at)",
)

WRITERS = ("sales_writer_a", "sales_writer_b")

# ON CONFLICT DO UPDATE reads the row that exists. https://www.postgresql.org/docs/current/sql-insert.html
RIGHTS = ("SELECT", "INSERT", "UPDATE")
