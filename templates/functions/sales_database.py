"""The sales table in Aurora PostgreSQL, written through the Data API.

It has one row per seat sold, keyed by sale id.

Statements may run twice and in any order: a sale fills its row, a void marks it, and whichever arrives first creates
it. So a row may hold nothing but its void until the sale arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["COLUMNS", "Poison", "SalesDatabase", "row_of"]

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

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS ticket_sales (sale_id text PRIMARY KEY, "
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    + ", voided_at bigint, void_reason text)",
    "CREATE INDEX IF NOT EXISTS ticket_sales_by_event ON ticket_sales (event_id, sold_at)",
)
_SALE = (
    f"INSERT INTO ticket_sales (sale_id, {', '.join(COLUMNS)}) VALUES (:sale_id, "
    + ", ".join(f":{name}" for name in COLUMNS)
    + ") ON CONFLICT (sale_id) DO UPDATE SET "
    + ", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS)
)
_VOID = (
    "INSERT INTO ticket_sales (sale_id, event_id, seat_id, voided_at, void_reason)"
    " VALUES (:sale_id, :event_id, :seat_id, :voided_at, :void_reason)"
    " ON CONFLICT (sale_id) DO UPDATE SET voided_at = EXCLUDED.voided_at, void_reason = EXCLUDED.void_reason"
)
BATCH = 500  # rows per call; a Data API request has at most 4 MiB
# "An error in processing the SQL statement": the row is bad. All other errors concern the database, and the rows
# wait. Source: botocore 1.44 rds-data/2018-08-01.
_ROW_ERRORS = {"BadRequestException", "DatabaseErrorException"}

Row = dict[str, Any]


class Poison(Exception):
    """A record that can never become a row."""


def row_of(item: Mapping[str, Any]) -> Row:
    """The row of a ledger entry, a sale or a void.

    Raises:
        Poison: it is neither.
    """
    if item.get("kind") == "sale":
        row = {"sale_id": item.get("sale_id"), **{name: item.get(name) for name in COLUMNS}}
        kinds = {"sale_id": "text", **COLUMNS}
    elif item.get("kind") == "void":
        row = {"sale_id": item.get("voids"), "void_reason": item.get("reason")}
        row |= {name: item.get(name) for name in ("event_id", "seat_id", "voided_at")}
        kinds = {name: "bigint" if name == "voided_at" else "text" for name in row}
    else:
        raise Poison(f"unknown kind of ledger entry: {item.get('kind')!r}")
    for name, value in row.items():
        fits = (
            isinstance(value, int) and abs(value) < 2**63
            if kinds[name] == "bigint"
            else isinstance(value, str) and "\0" not in value  # PostgreSQL text cannot contain NUL
        )
        if not fits or isinstance(value, bool):
            raise Poison(f"{name} does not fit its column: {value!r}")
    return row


class SalesDatabase:
    """The database behind one Data API client."""

    def __init__(self, data_api: Any, cluster: str, secret: str, database: str) -> None:
        self._data_api = data_api
        self._where = {"resourceArn": cluster, "secretArn": secret, "database": database}
        self._ready = False

    def write(self, rows: Sequence[tuple[str, Row]]) -> set[str]:
        """Write rows, each with a name that the caller chooses.

        Returns:
            The names of the rows that the database rejected as invalid.

        Raises:
            ClientError, BotoCoreError: the database did not serve; which rows were written is unknown.
        """
        if not self._ready:
            self._create()
        refused: set[str] = set()
        for statement, voids in ((_SALE, False), (_VOID, True)):
            named = [(name, _parameters(row)) for name, row in rows if ("voided_at" in row) == voids]
            for start in range(0, len(named), BATCH):
                refused |= self._batch(statement, named[start : start + BATCH])
        return refused

    def _batch(self, statement: str, named: Sequence[tuple[str, list[dict[str, Any]]]]) -> set[str]:
        sets = [parameters for _, parameters in named]
        try:
            self._data_api.batch_execute_statement(**self._where, sql=statement, parameterSets=sets)
            return set()
        except ClientError as error:
            if not _about_a_row(error):
                raise
        refused = set()
        for name, parameters in named:  # one of them is bad: retry one by one, which is harmless
            try:
                self._data_api.execute_statement(**self._where, sql=statement, parameters=parameters)
            except ClientError as error:
                if not _about_a_row(error):
                    raise
                print(f"the database rejects record {name}: {error}")
                refused.add(name)
        return refused

    def _create(self) -> None:
        """Create the schema if it is missing.

        Concurrent calls may collide in PostgreSQL; a second try succeeds.
        """
        for attempt in (1, 2):
            try:
                for statement in _SCHEMA:
                    self._data_api.execute_statement(**self._where, sql=statement)
                break
            except ClientError as error:
                if attempt == 2 or not _about_a_row(error):
                    raise
        self._ready = True


def _about_a_row(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in _ROW_ERRORS


def _parameters(row: Row) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": {"longValue" if isinstance(value, int) else "stringValue": value}}
        for name, value in row.items()
    ]
