"""The sales table in Aurora PostgreSQL, written through the Data API.

It has one row per seat sold, keyed by sale id.

Statements may run twice and in any order: a sale fills its row, a void marks it, and whichever arrives first creates
it. So a row may hold nothing but its void until the sale arrives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from sales_schema import COLUMNS, TABLE

__all__ = ["Poison", "SalesDatabase", "row_of"]

_SALE = (
    f"INSERT INTO {TABLE} (sale_id, {', '.join(COLUMNS)}) VALUES (:sale_id, "
    + ", ".join(f":{name}" for name in COLUMNS)
    + ") ON CONFLICT (sale_id) DO UPDATE SET "
    + ", ".join(f"{name} = EXCLUDED.{name}" for name in COLUMNS)
)
_VOID = (
    f"INSERT INTO {TABLE} (sale_id, event_id, seat_id, voided_at, void_reason)"
    " VALUES (:sale_id, :event_id, :seat_id, :voided_at, :void_reason)"
    " ON CONFLICT (sale_id) DO UPDATE SET voided_at = EXCLUDED.voided_at, void_reason = EXCLUDED.void_reason"
)
BATCH = 500  # rows per call; a Data API request has at most 4 MiB
# "An error in processing the SQL statement". Source: botocore 1.44 rds-data/2018-08-01.
_SQL_ERRORS = {"BadRequestException", "DatabaseErrorException"}
# The message ends with PostgreSQL's code, for example "SQLState: 23514". A row is bad if its data are (class 22), or if
# they break a constraint (23). Everything else concerns the database, for example a missing table or a refused
# password, and the rows wait. https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQL_STATE = re.compile(r"SQLState: (\w\w)\w{3}")
_ROW_CLASSES = {"22", "23"}

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

    def write(self, rows: Sequence[tuple[str, Row]]) -> set[str]:
        """Write rows, each with a name that the caller chooses.

        Returns:
            The names of the rows that the database rejected as invalid.

        Raises:
            ClientError, BotoCoreError: the database did not serve; which rows were written is unknown.
        """
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


def _about_a_row(error: ClientError) -> bool:
    if error.response["Error"]["Code"] not in _SQL_ERRORS:
        return False
    state = _SQL_STATE.search(str(error))
    return state is None or state[1] in _ROW_CLASSES


def _parameters(row: Row) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": {"longValue" if isinstance(value, int) else "stringValue": value}}
        for name, value in row.items()
    ]
