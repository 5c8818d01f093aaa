"""A stand-in for Aurora PostgreSQL behind the Data API: SQLite, with PostgreSQL's users, passwords and rights."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["MASTER", "Aurora", "Refusal"]

MASTER = "ticketing"
"""The user that may do everything; RDS keeps its password."""

_PASSWORD = re.compile(r"ALTER ROLE (\w+) LOGIN PASSWORD U&'([^']*)'")
_ROLE = re.compile(r"CREATE ROLE (\w+) LOGIN")
_GRANT = re.compile(r"GRANT ([\w, ]+) ON (\w+) TO (\w+)")
_WRITE = re.compile(r"INSERT INTO (\w+) .* ON CONFLICT .* DO UPDATE", re.DOTALL)


class Refusal(Exception):
    """A refused statement, with PostgreSQL's code at its end."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(f"ERROR: {message}; SQLState: {state}")


class Aurora:
    """One database.

    Attributes:
        tables: the SQLite database with the tables, for the tests to look at.
        passwords: the users, with what PostgreSQL stores instead of their passwords.
        rights: pairs of a user and a right on a table, such as ``INSERT ticket_sales``.
    """

    def __init__(self) -> None:
        self.tables = sqlite3.connect(":memory:", check_same_thread=False)
        self.passwords: dict[str, str] = {}
        self.rights: set[tuple[str, str]] = set()
        self.tables.execute("CREATE TEMP TABLE pg_roles (rolname text, rolcanlogin integer)")
        self.tables.create_function(
            "has_table_privilege", 3, lambda user, table, right: (user, f"{right} {table}") in self.rights
        )

    def run(
        self, login: Mapping[str, str], statement: str, sets: Sequence[Mapping[str, Any]]
    ) -> list[tuple[Any, ...]]:
        """Run a statement once for each set of parameters, as the user of a secret, and return the last rows.

        Raises:
            Refusal: the user may not sign in or do this, or the statement fails.
        """
        user = login["username"]
        if user != MASTER:
            self._sign_in(user, login["password"])
            self._authorize(user, statement)
        if self._manage_users(statement):
            return []
        rows: list[tuple[Any, ...]] = []
        try:
            for parameters in sets:
                rows = self.tables.execute(statement, parameters).fetchall()
        except sqlite3.IntegrityError as error:
            self.tables.rollback()
            raise Refusal(str(error), "23000") from error
        except sqlite3.Error as error:
            self.tables.rollback()
            raise Refusal(str(error), "42601") from error
        self.tables.commit()
        return rows

    def _sign_in(self, user: str, password: str) -> None:
        """Compare a password as PostgreSQL does: RFC 5802."""
        kind, _, rest = self.passwords.get(user, "").partition("$")
        if kind != "SCRAM-SHA-256":
            raise Refusal(f'password authentication failed for user "{user}"', "28P01")
        iterations, salt, stored, _ = re.split("[:$]", rest)
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
        key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
        if base64.b64decode(stored) != key:
            raise Refusal(f'password authentication failed for user "{user}"', "28P01")

    def _authorize(self, user: str, statement: str) -> None:
        written = _WRITE.match(statement)
        needed = {f"{right} {written[1]}" for right in ("SELECT", "INSERT", "UPDATE")} if written else {"all"}
        if not all((user, right) in self.rights for right in needed):
            raise Refusal("permission denied", "42501")

    def _manage_users(self, statement: str) -> bool:
        """Whether the statement was one about users, which SQLite does not know."""
        if found := _ROLE.fullmatch(statement):
            if found[1] in self.passwords:
                raise Refusal(f'role "{found[1]}" already exists', "42710")
            self.passwords[found[1]] = ""
            self.tables.execute("INSERT INTO pg_roles VALUES (?, 1)", (found[1],))
        elif found := _PASSWORD.fullmatch(statement):
            if found[1] not in self.passwords:
                raise Refusal(f'role "{found[1]}" does not exist', "42704")
            self.passwords[found[1]] = re.sub(
                r"\\([0-9A-F]{4})", lambda code: chr(int(code[1], 16)), found[2]
            )
        elif found := _GRANT.fullmatch(statement):
            self.rights |= {(found[3], f"{right} {found[2]}") for right in found[1].split(", ")}
        else:
            return False
        return True
