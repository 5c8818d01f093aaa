"""Clients are followed to the calls on them, and ambiguous names are not followed."""

from __future__ import annotations

import pytest

from ticketgen.rules.client_flow import aws_calls, module_name
from ticketgen.rules.python_code import PythonCode, read_python

HELPER = """
import boto3

_clients = {}


def client(region):
    if region not in _clients:
        _clients[region] = boto3.client("dynamodb", region_name=region)
    return _clients[region]


def get(dynamo, key):
    return dynamo.get_item(Key=key)


def remove(dynamo, key):
    return dynamo.delete_item(Key=key)
"""


def called(main: str, **others: str) -> set[str]:
    """``service.method`` of each call in a package with a handler in main.py."""
    modules = {}
    for name, text in {"main": main, **others}.items():
        code = read_python(text)
        assert isinstance(code, PythonCode), code
        modules[name] = code.scopes
    return {f"{call.service}.{call.method}" for call in aws_calls(modules, "main.handler")}


def handler(*lines: str) -> str:
    return "import boto3\nimport os\n\ndef handler(event, context):\n" + "".join(
        f"    {line}\n" for line in lines
    )


def test_a_helper_of_another_module_makes_the_client_and_another_one_uses_it() -> None:
    main = "import helper\n\ndef handler(event, context):\n    return helper.get(helper.client('eu-west-1'), event)\n"
    assert called(main, helper=HELPER) == {"dynamodb.get_item"}


def test_unreachable_code_calls_nothing() -> None:
    main = "from helper import client\n\ndef handler(event, context):\n    client('eu-west-1').query()\n"
    assert called(main, helper=HELPER) == {"dynamodb.query"}


@pytest.mark.parametrize(
    "lines",
    [
        ["boto3.client('sqs').send_message()"],
        ["queue = boto3.resource('sqs').Queue('url')", "queue.send_message()"],
        ["sqs = boto3.Session().client(service_name='sqs')", "sqs.send_message()"],
        ["def send(client):", "    client.send_message()", "send(boto3.client('sqs'))"],
        ["def send(*, to):", "    to.send_message()", "send(to=boto3.client('sqs'))"],
        ["def made(service):", "    return boto3.client(service)", "made('sqs').send_message()"],
        ["def ask(call):", "    call(boto3.client('sqs'))", "def send(sqs):", "    sqs.send_message()", "ask(send)"],
        ["clients = {}", "clients['x'] = boto3.client('sqs')", "retry(clients['x'].send_message)"],
    ],
)  # fmt: skip
def test_a_client_is_followed(lines: list[str]) -> None:
    assert "sqs.send_message" in called(handler(*lines))


def test_a_client_is_followed_through_objects() -> None:
    main = """
import boto3
from dataclasses import dataclass


@dataclass
class Shop:
    sqs: object

    def sell(self):
        self.sqs.send_message()


class Desk:
    def __init__(self):
        self.sns = boto3.client("sns")

    def tell(self):
        self.sns.publish()


def handler(event, context):
    Shop(boto3.client("sqs")).sell()
    Desk().tell()
"""
    assert called(main) == {"sqs.send_message", "sns.publish"}


def test_a_lazily_made_client_is_followed() -> None:
    main = """
import boto3

SQS = None


def handler(event, context):
    global SQS
    if SQS is None:
        SQS = boto3.client("sqs")
    SQS.send_message()
"""
    assert called(main) == {"sqs.send_message"}


@pytest.mark.parametrize(
    "lines",
    [
        ["sqs = boto3.client('sqs') if os.environ.get('QUEUE') else None", "sqs and sqs.send_message()"],
        ["sqs = None", "if os.environ.get('QUEUE'):", "    sqs = boto3.client('sqs')", "sqs and sqs.send_message()"],
        ["one = boto3.client('sqs')", "one = fake()", "one.send_message()"],
        ["one = boto3.client('sqs')", "one = boto3.client('sns')", "one.send_message()"],
        ["one = boto3.client('sqs')", "for one in event:", "    one.send_message()"],
        ["one = boto3.client('sqs')", "[one.send_message() for one in event]"],
        ["one = boto3.client('sqs')", "each(lambda one: one.send_message())"],
        ["one = boto3.client('sqs')", "with other() as one:", "    one.send_message()"],
        ["def send(one):", "    one = wrapped(one)", "    one.send_message()", "send(boto3.client('sqs'))"],
        ["def made(service):", "    return boto3.client(service)", "made(event['service']).send_message()"],
        ["def made(real):", "    if real:", "        return boto3.client('sqs')", "    return fake()",
         "made(1).send_message()"],
        ["def sqs():", "    boto3.client('sqs').send_message()"],
        ["def one(sqs):", "    sqs.send_message()", "one(fake())", "boto3.client('sqs')"],
    ],
)  # fmt: skip
def test_a_name_that_may_hold_another_value_is_not_followed(lines: list[str]) -> None:
    assert "sqs.send_message" not in called(handler(*lines))


def test_a_parameter_hides_a_global_of_the_same_name() -> None:
    main = handler("store(boto3.client('dynamodb'))", "look(event)") + (
        "\ndef store(client):\n    client.put_item()\n\ndef look(client):\n    client.scan()\n"
    )
    assert called(main) == {"dynamodb.put_item"}


def test_without_a_handler_all_code_counts_as_reachable() -> None:
    code = read_python("import boto3\n\ndef f():\n    boto3.client('sns').publish()\n")
    assert isinstance(code, PythonCode)
    (call,) = aws_calls({"main": code.scopes}, "elsewhere.handler")
    assert (call.service, call.method, call.line) == ("sns", "publish", 4)


def test_functions_that_call_each_other_terminate() -> None:
    main = handler("a(boto3.client('sqs'))") + (
        "\ndef a(x):\n    return b(x)\n\ndef b(x):\n    x.send_message()\n    return a(x)\n"
    )
    assert called(main) == {"sqs.send_message"}


def test_paginators_and_transaction_steps_are_found() -> None:
    main = handler(
        "s3 = boto3.client('s3')",
        "s3.get_paginator('list_objects_v2').paginate()",
        "boto3.client('dynamodb').transact_write_items(TransactItems=[{'Put': {}}, step('Delete')])",
    ) + ("\ndef step(kind):\n    return {kind: {}}\n")
    code = read_python(main)
    assert isinstance(code, PythonCode)
    calls = {call.method: call for call in aws_calls({"main": code.scopes}, "main.handler")}
    assert "list_objects_v2" in calls
    assert calls["transact_write_items"].steps == {"Put", "Delete"}


@pytest.mark.parametrize(
    ("file", "name"), [("main.py", "main"), ("lib/dynamo.py", "lib.dynamo"), ("lib/__init__.py", "lib")]
)
def test_a_file_is_imported_by_its_name(file: str, name: str) -> None:
    assert module_name(file) == name


def test_many_paths_to_one_client_take_linear_time() -> None:
    """A hundred functions with two paths each: following each path would never end."""
    ways = [
        f"def f{i}(x):\n    if x:\n        return f{i + 1}(1)\n    return f{i + 1}(0)\n" for i in range(100)
    ]
    main = handler("f0(event).send_message()") + "\n".join(
        [*ways, "def f100(x):\n    return boto3.client('sqs')\n"]
    )
    assert called(main) <= {"sqs.send_message"}
