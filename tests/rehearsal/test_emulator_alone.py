"""The emulator starts without a rehearsal, and says what it changes in moto."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version

import boto3
import pytest
from botocore.config import Config

from ticketgen.rehearsal.emulator.patching import MOTO

COMMAND = [sys.executable, "-P", "-m", "ticketgen.rehearsal.emulator"]
MAX_REPLACED = 37


@pytest.fixture
def variables() -> Iterator[dict[str, str]]:
    """The variables that a running emulator prints."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout.readline() + process.stdout.readline()
        yield dict(re.findall(r"(\w+)=(\S+)", lines))
        process.terminate()
        assert process.wait(60) == 0


def test_it_serves_whoever_has_the_printed_key(variables: dict[str, str]) -> None:
    queues = boto3.client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}),
    )
    assert queues.create_queue(QueueName="orders")["QueueUrl"].endswith("/orders")


def test_every_change_of_moto_says_whether_it_could_be_offered() -> None:
    listed = subprocess.run([*COMMAND, "--patches"], capture_output=True, text=True, check=True).stdout
    changes = re.findall(
        r"^(adds|replaces) \w+: (.+)\n    offer it to moto\? (yes|no): .+", listed, re.MULTILINE
    )
    assert len(changes) == listed.count("offer it to moto?")
    replaced = [name for kind, names, _ in changes if kind == "replaces" for name in names.split(", ")]
    assert len(replaced) <= MAX_REPLACED, "moto is changed in as few places as possible"


@pytest.mark.newest
def test_the_changes_are_written_for_the_installed_moto() -> None:
    assert version("moto") == MOTO, "look through the list of changes, and set MOTO"
