"""Aurora's Data API on SQLite instead of PostgreSQL: the functions' statements run on both.

Named parameters, `ON CONFLICT` and `EXCLUDED` work alike in both; a statement that SQLite rejects is a DatabaseError.
SQLite has no users: a user is a row that the statements about users make, and everyone but the master must be one. The
suites and a real PostgreSQL prove passwords and rights.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from typing import Any

from ticketgen.rehearsal.emulator.secret_rotation import current_value

__all__ = ["PATHS", "DataApi"]

PATHS = ("/Execute", "/BatchExecute")

_MANAGED = ":secret:rds!"
"""A part of the ARN of a master user's secret, which RDS manages."""

_USERS = (
    (re.compile(r"CREATE ROLE (\w+) LOGIN"), "INSERT INTO pg_roles VALUES ('{}', 1)"),
    (
        re.compile(r"ALTER ROLE (\w+) LOGIN PASSWORD .+"),
        "UPDATE pg_roles SET rolcanlogin = 1 WHERE rolname = '{}'",
    ),
    (re.compile(r"GRANT [\w, ]+ ON \w+ TO (\w+)"), "SELECT '{}'"),
)
"""Statements about users, each with one that SQLite takes instead."""


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
            refusal = _refuse_login(database, request["secretArn"])
            if refusal:
                return 400, refusal
            sets = request.get("parameterSets") or [request.get("parameters", [])]
            try:
                with database:
                    rows: list[Any] = []
                    for parameters in sets:
                        rows = database.execute(_for_sqlite(request["sql"]), _named(parameters)).fetchall()
            except sqlite3.IntegrityError as error:
                return 400, _error(str(error), "23000")
            except sqlite3.Error as error:
                return 400, _error(str(error), "42601")
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
            database = self._databases[arn] = sqlite3.connect(":memory:", check_same_thread=False)
            database.execute("CREATE TEMP TABLE pg_roles (rolname text, rolcanlogin integer)")
            database.create_function("has_table_privilege", 3, lambda user, table, right: 1)
        return self._databases[arn]


def _refuse_login(database: sqlite3.Connection, secret: str) -> str:
    """The error of a login with a secret; "" if it succeeds."""
    if _MANAGED in secret:
        return ""
    login = current_value(secret)
    if login is None:
        return json.dumps({"__type": "InvalidSecretException", "message": f"{secret} has no value"})
    user = login["username"]
    if database.execute("SELECT 1 FROM pg_roles WHERE rolname = ?", (user,)).fetchone():
        return ""
    return _error(f'password authentication failed for user "{user}"', "28P01")


def _for_sqlite(statement: str) -> str:
    for pattern, instead in _USERS:
        if found := pattern.fullmatch(statement):
            return instead.format(found[1])
    return statement


def _error(message: str, state: str) -> str:
    return json.dumps({"__type": "DatabaseErrorException", "message": f"ERROR: {message}; SQLState: {state}"})


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
