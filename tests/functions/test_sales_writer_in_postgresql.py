"""The rotation of the user that writes sales, on a real PostgreSQL; the suite tests the steps one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pg8000
import pytest
from aurora_postgresql import STEPS, DataApi, rotate, running_postgresql
from botocore.exceptions import ClientError
from functions_cloud import ENVIRONMENT, Cloud

import sales_schema

WHERE = {
    "resourceArn": ENVIRONMENT["CLUSTER_ARN"],
    "secretArn": ENVIRONMENT["SECRET_ARN"],
    "database": ENVIRONMENT["DATABASE_NAME"],
}
WRITE = "INSERT INTO ticket_sales (sale_id) VALUES ('1') ON CONFLICT (sale_id) DO UPDATE SET price = 1"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Any]]:
    with running_postgresql(tmp_path_factory.mktemp("postgres")) as where:
        yield where


@pytest.fixture
def data_api(postgres: Mapping[str, Any]) -> Iterator[DataApi]:
    api = DataApi(postgres)
    yield api
    api.close()


def state(data_api: DataApi, statement: str) -> str:
    """PostgreSQL's code for the user of the secret; "" if it does the statement."""
    try:
        data_api.execute_statement(sql=statement, **WHERE)
    except ClientError as error:
        return str(error).rpartition("SQLState: ")[2]
    return ""


def test_the_first_rotation_creates_the_table_and_a_user_that_signs_in(
    cloud: Cloud, data_api: DataApi
) -> None:
    assert "InvalidSecretException" in state(data_api, WRITE)
    rotate(cloud.function("sales_writer_rotation"), data_api, "1")
    assert state(data_api, WRITE) == ""
    assert state(data_api, "SELECT * FROM ticket_sales") == ""
    with pytest.raises(pg8000.Error):
        data_api.sign_in(sales_schema.WRITERS[0], "another password")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ticket_sales",
        "TRUNCATE ticket_sales",
        "DROP TABLE ticket_sales",
        "ALTER TABLE ticket_sales ADD COLUMN mine text",
        "CREATE TABLE mine (sale_id text)",
        "CREATE ROLE mine",
        "ALTER ROLE sales_writer_b PASSWORD 'mine'",
    ],
)
def test_the_user_does_nothing_else(cloud: Cloud, data_api: DataApi, statement: str) -> None:
    rotate(cloud.function("sales_writer_rotation"), data_api, "1")
    rotate(cloud.function("sales_writer_rotation"), data_api, "2")
    rotate(cloud.function("sales_writer_rotation"), data_api, "3")
    assert state(data_api, statement) == "42501"


def test_the_user_in_use_keeps_its_password_until_it_is_replaced(cloud: Cloud, data_api: DataApi) -> None:
    rotate(cloud.function("sales_writer_rotation"), data_api, "1")
    rotate(cloud.function("sales_writer_rotation"), data_api, "2", *STEPS[:3])
    assert state(data_api, WRITE) == ""
    rotate(cloud.function("sales_writer_rotation"), data_api, "2", "finishSecret")
    assert state(data_api, WRITE) == ""
    owners = {json.loads(value)["username"] for value in data_api.secrets.secret.values.values()}
    assert owners == set(sales_schema.WRITERS)


def test_the_server_is_told_no_password(cloud: Cloud, data_api: DataApi) -> None:
    rotate(cloud.function("sales_writer_rotation"), data_api, "1")
    (stored,) = data_api.master.run(
        "SELECT rolpassword FROM pg_authid WHERE rolname = :name", name=sales_schema.WRITERS[0]
    )
    assert stored[0].startswith("SCRAM-SHA-256$4096:")


def test_a_table_that_the_master_user_made_before_is_taken(cloud: Cloud, data_api: DataApi) -> None:
    for statement in sales_schema.SCHEMA:
        data_api.master.run(statement)
    data_api.master.run("INSERT INTO ticket_sales (sale_id) VALUES ('old')")
    rotate(cloud.function("sales_writer_rotation"), data_api, "1")
    assert state(data_api, WRITE) == ""
    assert set(data_api.rows()) == {"old", "1"}
