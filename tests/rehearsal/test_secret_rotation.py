"""The emulator rotates a secret with the rotation function of the stack, and the Data API signs in with it."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.stack.functions.sources import sources

HERE = "us-east-1"
WRITE = "INSERT INTO ticket_sales (sale_id) VALUES ('1') ON CONFLICT (sale_id) DO UPDATE SET price = 1"


class Stack:
    """A database with its master's secret, a secret without a value, and the function that rotates it."""

    def __init__(self, aws: EmulatedAws) -> None:
        name = f"writer-{uuid.uuid4().hex[:8]}"
        self.secrets = aws.client("secretsmanager", HERE)
        self.data_api = aws.client("rds-data", HERE)
        self.cluster = f"arn:aws:rds:{HERE}:123456789012:cluster:{name}"
        self.secret = self.secrets.create_secret(Name=name)["ARN"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as package:
            for file, text in sources("sales_writer_rotation").items():
                package.writestr(file, text)
        role = aws.client("iam", HERE).create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]
        variables = {
            "CLUSTER_ARN": self.cluster,
            "MASTER_SECRET_ARN": f"arn:aws:secretsmanager:{HERE}:123456789012:secret:rds!cluster-1",
            "DATABASE_NAME": "sales",
        }
        functions = aws.client("lambda", HERE)
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Arn"],
            Handler="sales_writer_rotation.handler",
            Code={"ZipFile": code.getvalue()},
            Timeout=30,
            Environment={"Variables": variables},
            Publish=True,
        )
        alias = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        self.function = alias["AliasArn"]

    def rotate(self) -> None:
        """Rotate the secret, and wait until its version is current."""
        rules = {"AutomaticallyAfterDays": 30}
        token = self.secrets.rotate_secret(
            SecretId=self.secret, RotationLambdaARN=self.function, RotationRules=rules
        )["VersionId"]
        deadline = time.monotonic() + 60
        while "AWSCURRENT" not in self.stages().get(token, ()):
            assert time.monotonic() < deadline, self.stages()
            time.sleep(0.1)

    def stages(self) -> dict[str, list[str]]:
        """The stages of each version."""
        found: dict[str, list[str]] = self.secrets.describe_secret(SecretId=self.secret).get(
            "VersionIdsToStages", {}
        )
        return found

    def user(self) -> str:
        """The user that the secret names."""
        value = self.secrets.get_secret_value(SecretId=self.secret)["SecretString"]
        return str(json.loads(value)["username"])

    def write(self) -> Any:
        """Write a row as the secret's user."""
        return self.data_api.execute_statement(
            resourceArn=self.cluster, secretArn=self.secret, database="sales", sql=WRITE
        )


@pytest.fixture
def stack(aws: EmulatedAws) -> Stack:
    return Stack(aws)


def test_a_secret_without_a_value_is_rotated_and_its_user_writes(stack: Stack) -> None:
    with pytest.raises(ClientError, match="InvalidSecretException"):
        stack.write()
    stack.rotate()
    stack.write()
    assert stack.secrets.describe_secret(SecretId=stack.secret)["RotationEnabled"]


def test_every_rotation_puts_the_other_user_to_use(stack: Stack) -> None:
    users = []
    for _ in range(3):
        stack.rotate()
        stack.write()
        users.append(stack.user())
    assert users == ["sales_writer_a", "sales_writer_b", "sales_writer_a"]
    current = [version for version, stages in stack.stages().items() if "AWSCURRENT" in stages]
    assert len(current) == 1


def test_a_user_that_the_database_does_not_know_is_refused(stack: Stack) -> None:
    stack.secrets.put_secret_value(
        SecretId=stack.secret, SecretString=json.dumps({"username": "stranger", "password": "x"})
    )
    with pytest.raises(ClientError, match="SQLState: 28P01"):
        stack.write()
