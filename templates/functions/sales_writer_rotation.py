"""Rotate the password of the database user that writes sales; the first rotation creates the table and the user.

Secrets Manager invokes this function once for each of the four steps of a rotation, and may repeat a step. Two users
take turns: each rotation gives a new password to the one that is not in use, so that the other can sign in until the
secret names its successor.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html#rotating-secrets-two-users
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sales_schema import RIGHTS, SCHEMA, TABLE, WRITERS

__all__ = ["handler"]

_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"
_ITERATIONS = 4096  # PostgreSQL's own number; a random password of 256 bits needs no more


def _client(service: str) -> Any:
    config = Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client(service, region_name=os.environ["AWS_REGION"], config=config)


SECRETS = _client("secretsmanager")
DATA_API = _client("rds-data")
DATABASE = {
    "resourceArn": os.environ["CLUSTER_ARN"],
    "secretArn": os.environ["MASTER_SECRET_ARN"],
    "database": os.environ["DATABASE_NAME"],
}


def handler(event: Mapping[str, str], context: object) -> None:
    """Take one step of a rotation: `Step`, for the version `ClientRequestToken` of the secret `SecretId`.

    Raises:
        KeyError: the step is unknown.
        ValueError: the version belongs to no rotation, or names another user than the two that write sales.
        RuntimeError: the new user could not write sales.
        ClientError, BotoCoreError: Secrets Manager or the database refused.
    """
    secret, token, step = event["SecretId"], event["ClientRequestToken"], _STEPS[event["Step"]]
    stages = SECRETS.describe_secret(SecretId=secret).get("VersionIdsToStages", {})
    if not {_PENDING, _CURRENT} & set(stages.get(token, ())):
        raise ValueError(f"{secret} has no version {token} to rotate to")
    step(secret, token, stages)


def _create(secret: str, token: str, stages: object) -> None:
    """Store a new password of the user that is not in use."""
    if _value(secret, VersionId=token):
        return  # repeated: the next step may have used the password already
    in_use = _value(secret, VersionStage=_CURRENT).get("username")
    user = WRITERS[1] if in_use == WRITERS[0] else WRITERS[0]
    SECRETS.put_secret_value(
        SecretId=secret,
        ClientRequestToken=token,
        SecretString=json.dumps({"username": user, "password": secrets.token_hex(32)}),
        VersionStages=[_PENDING],
    )


def _set(secret: str, token: str, stages: object) -> None:
    """Give the password to the user; create the user and the table if they are missing."""
    version = _value(secret, VersionId=token)
    user = version["username"]
    if user not in WRITERS:  # the master user runs statements with this name, which others may have stored
        raise ValueError(f"{secret} names {user!r}, not {' or '.join(WRITERS)}")
    for statement in SCHEMA:
        _run(statement)
    if not _run("SELECT 1 FROM pg_roles WHERE rolname = :name", user):
        _run(f"CREATE ROLE {user} LOGIN")
    # The statement is logged, so it has no password. The Data API takes what follows a colon for a parameter.
    verifier = _scram_verifier(version["password"]).replace(":", "\\003A")
    _run(f"ALTER ROLE {user} LOGIN PASSWORD U&'{verifier}'")
    _run(f"GRANT {', '.join(RIGHTS)} ON {TABLE} TO {user}")


def _test(secret: str, token: str, stages: object) -> None:
    """Check that the user can sign in and write.

    The Data API signs in with the current version of a secret only, so nobody can sign in with this password yet.
    """
    user = _value(secret, VersionId=token)["username"]
    rights = " AND ".join(f"has_table_privilege(rolname, '{TABLE}', '{right}')" for right in RIGHTS)
    if not _run(f"SELECT 1 FROM pg_roles WHERE rolname = :name AND rolcanlogin AND {rights}", user):
        raise RuntimeError(f"{user} cannot write to {TABLE}")


def _finish(secret: str, token: str, stages: Mapping[str, list[str]]) -> None:
    """Make the version the current one.

    The first rotation replaces none; its version may be current since it has a value.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
    """
    if _CURRENT in stages[token]:
        return
    current = next((version for version, labels in stages.items() if _CURRENT in labels), None)
    replaced = {"RemoveFromVersionId": current} if current else {}
    SECRETS.update_secret_version_stage(
        SecretId=secret, VersionStage=_CURRENT, MoveToVersionId=token, **replaced
    )


_STEPS = {"createSecret": _create, "setSecret": _set, "testSecret": _test, "finishSecret": _finish}


def _value(secret: str, **version: str) -> dict[str, str]:
    """The value of a version of the secret; empty if it has none."""
    try:
        answer = SECRETS.get_secret_value(SecretId=secret, **version)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return {}
    value: dict[str, str] = json.loads(answer["SecretString"])
    return value


def _run(statement: str, name: str = "") -> list[Any]:
    """The rows of a statement, run as the master user; a user's name is its parameter `:name`."""
    parameters = [{"name": "name", "value": {"stringValue": name}}] if name else []
    answer = DATA_API.execute_statement(**DATABASE, sql=statement, parameters=parameters)
    rows: list[Any] = answer.get("records", [])
    return rows


def _scram_verifier(password: str) -> str:
    """What PostgreSQL stores instead of the password, and accepts in its place.

    https://www.postgresql.org/docs/current/catalog-pg-authid.html, RFC 5802
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client, server = (hmac.digest(salted, key, "sha256") for key in (b"Client Key", b"Server Key"))
    stored = hashlib.sha256(client).digest()
    first, second, third = (base64.b64encode(each).decode() for each in (salt, stored, server))
    return f"SCRAM-SHA-256${_ITERATIONS}:{first}${second}:{third}"
