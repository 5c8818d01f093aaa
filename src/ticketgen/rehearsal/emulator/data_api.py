"""Aurora's Data API on SQLite instead of PostgreSQL: the function's statements run on both.

Named parameters, `ON CONFLICT` and `EXCLUDED` work alike in both; a statement that SQLite rejects is a DatabaseError.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from typing import Any

__all__ = ["PATHS", "DataApi"]

PATHS = ("/Execute", "/BatchExecute")


class DataApi:
    """One database for each cluster, in memory."""

    def __init__(self) -> None:
        self._databases: dict[str, sqlite3.Connection] = {}
        self._turn = threading.Lock()

    def answer(self, path: str, body: bytes) -> tuple[int, str]:
        """The HTTP status and the answer to a call of the Data API."""
        request = json.loads(body)
        with self._turn:
            database = self._database(request["resourceArn"])
            sets = request.get("parameterSets") or [request.get("parameters", [])]
            try:
                with database:
                    rows: list[Any] = []
                    for parameters in sets:
                        rows = database.execute(request["sql"], _named(parameters)).fetchall()
            except sqlite3.Error as error:
                return 400, json.dumps({"__type": "DatabaseErrorException", "message": str(error)})
        if path == "/BatchExecute":
            return 200, json.dumps({"updateResults": [{"generatedFields": []} for _ in sets]})
        return 200, json.dumps(
            {"numberOfRecordsUpdated": 0, "records": [[_field(v) for v in row] for row in rows]}
        )

    def rows(self, table: str) -> dict[str, int]:
        """The number of rows of a table by cluster; -1 before the table exists."""
        with self._turn:
            return {arn: _count(database, table) for arn, database in self._databases.items()}

    def _database(self, arn: str) -> sqlite3.Connection:
        if arn not in self._databases:
            self._databases[arn] = sqlite3.connect(":memory:", check_same_thread=False)
        return self._databases[arn]


def _count(database: sqlite3.Connection, table: str) -> int:
    if not re.fullmatch(r"\w+", table, re.ASCII):
        return -1
    try:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    except sqlite3.Error:
        return -1


def _named(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        one["name"]: None if "isNull" in one["value"] else next(iter(one["value"].values()))
        for one in parameters
    }


def _field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    return {"longValue": value} if isinstance(value, int) else {"stringValue": str(value)}
