"""The database user that writes sales: a secret that Terraform never sees, rotated by a function."""

from __future__ import annotations

import json
import re

import demands
import pytest

from support.aurora import Refusal
from support.cloud import Call, Cloud, assert_calls_time_out_first, refusal
from support.places import at
from support.secrets import Secret
from support.stack import Resource, Stack
from support.values import Unknown

SECRET = "aws_secretsmanager_secret.sales_writer"
ADDRESS = at("analytics", SECRET)
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


@pytest.fixture
def secret(stack: Stack) -> Resource:
    """The secret of the user that writes sales."""
    return stack.resource(ADDRESS)


def login(cloud: Cloud) -> dict[str, str]:
    """The user and the password that the secret names."""
    found: dict[str, str] = json.loads(cloud.secret(ADDRESS).value() or "{}")
    return found


WRITE = "INSERT INTO ticket_sales (sale_id) VALUES ('1') ON CONFLICT (sale_id) DO UPDATE SET price = 1"


def answer(cloud: Cloud, user: dict[str, str], statement: str = WRITE) -> str:
    """PostgreSQL's answer to a statement of a user."""
    try:
        cloud.aurora.run(user, statement, [{}])
    except Refusal as error:
        return str(error)
    return "done"


# --- the secret ----------------------------------------------------------------------------------------------


def test_the_secret_has_the_name_that_the_roles_may_read(secret: Resource) -> None:
    name = f"{demands.PROJECT}-sales-writer-{demands.ENVIRONMENT}"
    secret.must("name", name, "neither the processor nor the rotation could read it")


def test_terraform_never_sees_the_password(stack: Stack) -> None:
    found = [resource.address for resource in stack.resources("aws_secretsmanager_secret_version")]
    assert not found, f"{found}\n  why: a value that Terraform writes is in its state, which many can read"
    generated = [resource.address for resource in stack.resources("random_password")]
    assert not generated, f"{generated}\n  why: the password is in the state, which many can read"


@pytest.mark.parametrize("region", demands.HUBS)
def test_the_secret_is_rotated_by_the_function(stack: Stack, region: str) -> None:
    rotation = stack.resource(at("analytics", "aws_secretsmanager_secret_rotation.sales_writer", region))
    own = Unknown(f"{at('analytics', SECRET, region)}.id")
    rotation.must("secret_id", own, "the processor signs in with this secret")
    alias = Unknown(at("analytics", "aws_lambda_alias.sales_writer_rotation.arn", region))
    rotation.must("rotation_lambda_arn", alias, "no other function knows the users")
    days = rotation.get("rotation_rules.automatically_after_days")
    if not 1 <= days <= 90:
        rotation.fails(f"rotates after {days} days", "a password that leaked stays valid until then")
    if rotation.get("rotate_immediately") is False:
        rotation.fails("does not rotate at once", "the user does not exist before the first rotation")


def test_only_secrets_manager_and_only_for_this_secret_invokes_the_function(stack: Stack) -> None:
    permission = stack.resource(at("analytics", "aws_lambda_permission.sales_writer_rotation"))
    why = "Secrets Manager may not invoke the function, or another account's may"
    permission.must("principal", "secretsmanager.amazonaws.com", why)
    permission.must("source_arn", Unknown(f"{ADDRESS}.arn"), why)
    permission.must("action", "lambda:InvokeFunction", why)
    permission.must("qualifier", "live", "the rotation invokes the alias")
    function = stack.resource(at("analytics", "aws_lambda_function.sales_writer_rotation"))
    permission.must("function_name", function.get("function_name"), why)


def test_a_secret_that_is_protected_can_be_restored(secret: Resource) -> None:
    days = secret.get("recovery_window_in_days")
    if demands.PROTECT and days == 0:
        secret.fails("is deleted at once", "the spec protects this environment")
    if not demands.PROTECT and days != 0:
        secret.fails(
            f"keeps its name for {days} days",
            "an environment that is destroyed and made again would not get its secret",
        )


# --- the rotation --------------------------------------------------------------------------------------------


def test_the_first_rotation_makes_a_user_that_only_writes_sales(cloud: Cloud) -> None:
    cloud.rotate()
    user = login(cloud)
    assert answer(cloud, user) == "done"
    for statement in ("DROP TABLE ticket_sales", "DELETE FROM ticket_sales", "CREATE TABLE mine (a text)"):
        assert "permission denied" in answer(cloud, user, statement)


@pytest.mark.parametrize("first_is_current", [False, True])
def test_the_first_rotation_needs_no_current_version(cloud: Cloud, first_is_current: bool) -> None:
    cloud.secrets[ADDRESS] = Secret(first_is_current=first_is_current)
    cloud.rotate()
    assert answer(cloud, login(cloud)) == "done"


def test_rotations_take_turns_so_that_the_user_in_use_keeps_its_password(cloud: Cloud) -> None:
    cloud.rotate("rotation-1")
    first = login(cloud)
    cloud.rotate("rotation-2")
    second = login(cloud)
    assert second["username"] != first["username"]
    assert answer(cloud, first) == "done"  # a call that has just read the old version
    assert answer(cloud, second) == "done"
    cloud.rotate("rotation-3")
    third = login(cloud)
    assert third["username"] == first["username"]
    assert answer(cloud, third) == "done"
    assert "password authentication failed" in answer(cloud, first)


@pytest.mark.parametrize("repeated", STEPS)
def test_every_step_may_be_repeated(cloud: Cloud, repeated: str) -> None:
    cloud.rotate("rotation-1")
    function = cloud.function("sales_writer_rotation")
    cloud.secret(ADDRESS).begin("rotation-2")
    for step in STEPS:
        for _ in range(2 if step == repeated else 1):
            function({"SecretId": f"${{{ADDRESS}.arn}}", "ClientRequestToken": "rotation-2", "Step": step})
    assert answer(cloud, login(cloud)) == "done"


@pytest.mark.parametrize("lost", STEPS[:3])
def test_until_the_last_step_the_old_password_counts(cloud: Cloud, lost: str) -> None:
    cloud.rotate("rotation-1")
    before = login(cloud)
    function = cloud.function("sales_writer_rotation")
    cloud.secret(ADDRESS).begin("rotation-2")
    for step in STEPS[: STEPS.index(lost) + 1]:
        function({"SecretId": f"${{{ADDRESS}.arn}}", "ClientRequestToken": "rotation-2", "Step": step})
    assert login(cloud) == before
    assert answer(cloud, before) == "done"


def test_a_user_that_cannot_write_is_never_put_to_use(cloud: Cloud) -> None:
    def forget(call: Call) -> None:
        if call.parameters.get("sql", "").startswith("GRANT"):
            cloud.aurora.rights.clear()

    cloud.after = forget
    with pytest.raises(RuntimeError, match="cannot write"):
        cloud.rotate()
    assert login(cloud) == {}


def test_no_statement_contains_a_password(cloud: Cloud) -> None:
    cloud.rotate()
    password = login(cloud)["password"]
    assert len(password) >= 32
    statements = [call.parameters.get("sql", "") for call in cloud.calls]
    assert not any(password in statement for statement in statements), "the database logs these statements"
    named = {name for statement in statements for name in re.findall(r":(\w+)", statement)}
    assert named == {"name"}, "the Data API takes what follows a colon for a parameter"


def test_passwords_differ(cloud: Cloud) -> None:
    passwords = set()
    for number in range(3):
        cloud.rotate(f"rotation-{number}")
        passwords.add(login(cloud)["password"])
    assert len(passwords) == 3


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"Step": "deleteSecret"}, KeyError),
        ({"ClientRequestToken": "of-no-rotation"}, ValueError),
    ],
)
def test_a_call_that_belongs_to_no_rotation_changes_nothing(
    cloud: Cloud, changes: dict[str, str], error: type[Exception]
) -> None:
    cloud.secret(ADDRESS).begin("rotation-1")
    event = {"SecretId": f"${{{ADDRESS}.arn}}", "ClientRequestToken": "rotation-1", "Step": "createSecret"}
    function = cloud.function("sales_writer_rotation")
    with pytest.raises(error):
        function({**event, **changes})
    assert {call.operation for call in cloud.calls} <= {"DescribeSecret"}


@pytest.mark.parametrize("step", STEPS)
def test_a_version_that_was_replaced_is_not_put_to_use_again(cloud: Cloud, step: str) -> None:
    for token in ("rotation-1", "rotation-2"):
        cloud.rotate(token)
    current = login(cloud)
    function = cloud.function("sales_writer_rotation")
    with pytest.raises(ValueError, match="no version"):
        function({"SecretId": f"${{{ADDRESS}.arn}}", "ClientRequestToken": "rotation-1", "Step": step})
    assert login(cloud) == current


@pytest.mark.parametrize("user", ["postgres", "sales_writer_a; DROP TABLE ticket_sales", ""])
def test_the_master_user_changes_no_other_user(cloud: Cloud, user: str) -> None:
    secret = cloud.secret(ADDRESS)
    secret.begin("rotation-1")
    secret.values["rotation-1"] = json.dumps({"username": user, "password": "of-another"})
    function = cloud.function("sales_writer_rotation")
    with pytest.raises(ValueError, match="names"):
        function({"SecretId": f"${{{ADDRESS}.arn}}", "ClientRequestToken": "rotation-1", "Step": "setSecret"})
    assert not [call for call in cloud.calls if call.service == "rds-data"]


@pytest.mark.parametrize("service", ["secretsmanager", "rds-data"])
def test_a_failure_fails_the_rotation(cloud: Cloud, service: str) -> None:
    def refuse(call: Call) -> None:
        if call.service == service:
            raise refusal("InternalServiceError")

    cloud.before = refuse
    with pytest.raises(Exception, match="InternalServiceError"):
        cloud.rotate()


def test_a_call_of_the_rotation_times_out_before_the_function_does(cloud: Cloud) -> None:
    cloud.function("sales_writer_rotation")
    assert_calls_time_out_first(cloud, "sales_writer_rotation")
