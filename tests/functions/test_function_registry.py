"""The registry of the functions agrees with their code: imports, environment variables and API calls."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from functions_cloud import ENVIRONMENT, FUNCTIONS_FOLDER, HOME, Call, Cloud
from ledger_entries import entry, sell, verify
from rendered_functions import function_files, function_resource
from stacks import SHAPES

import ledger
from sales_schema import COLUMNS
from support.secrets import Secret
from ticketgen.stack.functions import FUNCTIONS, functions_of
from ticketgen.stack.functions.sources import siblings, sources

SHIPPED = {"boto3", "botocore"}  # shipped by the Python runtimes besides the standard library


def trees(name: str) -> list[ast.Module]:
    return [ast.parse(text, filename=file) for file, text in sources(name).items()]


def imported(tree: ast.Module) -> set[str]:
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {module.partition(".")[0] for module in plain | named}


RUNTIME = {"AWS_REGION", "AWS_LAMBDA_INITIALIZATION_TYPE"}
"""The variables that Lambda itself sets."""


def environ_reads(tree: ast.Module) -> list[ast.expr | None]:
    """The key of each `os.environ[...]` and `os.environ.get(...)`, or None for any other use of the environment."""
    taken = {
        id(node.value): node.slice
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ"
    }
    taken |= {
        id(node.func.value): node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func) == "os.environ.get"
        and len(node.args) == 1
    }
    uses = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in ("environ", "getenv", "environb")
    ]
    return [taken.get(id(node)) for node in uses]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_siblings_match_the_imports_of_a_function(name: str) -> None:
    modules = {path.stem for path in FUNCTIONS_FOLDER.glob("*.py")}
    needed: set[str] = set()
    waiting = [name]
    while waiting:
        tree = ast.parse((FUNCTIONS_FOLDER / f"{waiting.pop()}.py").read_text())
        foreign = imported(tree) - modules
        assert foreign <= sys.stdlib_module_names | SHIPPED
        new = (imported(tree) & modules) - needed
        needed |= new
        waiting += new
    assert siblings(name) == tuple(sorted(needed))
    assert list(sources(name)) == [f"{module}.py" for module in (name, *sorted(needed))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_environment_variables_match_those_a_function_reads(name: str) -> None:
    reads = [read for tree in trees(name) for read in environ_reads(tree)]
    assert all(isinstance(read, ast.Constant) for read in reads)
    names = {read.value for read in reads if isinstance(read, ast.Constant)}
    read, given = {str(each) for each in names} - RUNTIME, set(FUNCTIONS[name].settings)
    assert given == read, f"{name} lacks {sorted(read - given)}, and does not read {sorted(given - read)}"
    assert given <= ENVIRONMENT.keys(), f"ENVIRONMENT of functions_cloud.py lacks variables of {name}"


@pytest.mark.parametrize("path", sorted(FUNCTIONS_FOLDER.glob("*.py")), ids=lambda path: str(path.name))
def test_the_code_fits_a_heredoc_and_declares_its_exports(path: Path) -> None:
    text = path.read_bytes().decode("ascii")
    assert not {"\t", "\r"} & set(text)
    assert "PYTHON" not in text.split("\n")
    assert text.endswith("\n")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert any(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__" for node in tree.body
    )


def test_every_module_belongs_to_a_function() -> None:
    used = {module for f in FUNCTIONS.values() for module in (f.name, *siblings(f.name))}
    unused = {path.stem for path in FUNCTIONS_FOLDER.glob("*.py")} - used
    assert not unused, f"no function of stack/functions uses these of templates/functions: {sorted(unused)}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_rendered_code_is_this_code(name: str) -> None:
    assert dict(function_files(name)) == dict(sources(name))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        (name, shape)
        for shape in ("prod", "everything", "nothing", "one-region")
        for name in functions_of(SHAPES[shape]())
    ],
)
def test_the_stack_sets_every_variable_a_function_reads(name: str, shape: str) -> None:
    (block,) = function_resource(name, shape)["environment"]
    optional = (
        set() if shape == "everything" else {"ADMISSION_SECONDS", "TIMESTREAM_DATABASE", "TIMESTREAM_TABLE"}
    )  # see admission and audit.store
    assert set(block["variables"]) - {"__is_block__"} == set(FUNCTIONS[name].settings) - optional


PYTHONS = ("3.12", "3.13", "3.14")
IMPORT_ALL = """
import importlib, sys, warnings
warnings.simplefilter("error")
sys.path[:0] = sys.argv[1:3]
for name in sys.argv[3:]:
    importlib.import_module(name)
print(sys.version_info[:2])
"""


@pytest.mark.parametrize("version", PYTHONS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_code_is_valid_for_every_runtime(name: str, version: str) -> None:
    """Parse with that version's grammar; `test_the_code_runs_on_runtimes` runs the code if the version is installed."""
    minor = int(version.partition(".")[2])
    for file, text in function_files(name).items():
        ast.parse(text, filename=file, feature_version=(3, minor))


@pytest.mark.parametrize("version", PYTHONS)
def test_the_code_runs_on_runtimes(version: str, tmp_path: Path) -> None:
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found = str(kept[-1]) if kept else shutil.which(f"python{version}")
    if found is None or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"no Python {version} here")
    for name in FUNCTIONS:
        for file, text in function_files(name).items():
            (tmp_path / file).write_text(text, encoding="utf-8")
    packages = str(Path(boto3.__file__).parents[1])  # boto3 is pure Python, so any version can use it
    command = [found, "-c", IMPORT_ALL, str(tmp_path), packages, *FUNCTIONS]
    clean = {**os.environ, **ENVIRONMENT, "AWS_REGION": HOME, "PYTHONPATH": ""}
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"({version.replace('.', ', ')})"


class Used:
    """The API calls in the notation of grants."""

    def __init__(self) -> None:
        self.actions: dict[str, set[str]] = defaultdict(set)

    def note(self, call: Call) -> None:
        parameters = call.parameters
        if call.service == "dynamodb":
            if call.operation == "TransactWriteItems":
                for step in parameters["TransactItems"]:
                    ((kind, action),) = step.items()
                    item = {"ConditionCheck": "ConditionCheckItem"}.get(kind, f"{kind}Item")
                    self._add(action["TableName"], item)
            elif call.operation == "TransactGetItems":
                for step in parameters["TransactItems"]:
                    self._add(step["Get"]["TableName"], "GetItem")
            elif call.operation == "BatchGetItem":
                for table in parameters["RequestItems"]:
                    self._add(table, "BatchGetItem")
            else:
                self._add(parameters["TableName"], call.operation)
        elif call.service == "sqs":
            self.actions["refunds_queue"].add(f"sqs:{call.operation}")
        elif call.service == "timestream-write":
            where = "timestream_any" if call.operation == "DescribeEndpoints" else "timestream_table"
            self.actions[where].add(f"timestream:{call.operation}")
        elif call.service == "rds-data":
            self.actions["aurora_cluster"].add(f"rds-data:{call.operation}")
            # The service reads the secret with the caller's permissions.
            master = parameters["secretArn"] == ENVIRONMENT["MASTER_SECRET_ARN"]
            self.actions["master_secret" if master else "writer_secret"].add("secretsmanager:GetSecretValue")
        elif call.service == "secretsmanager":
            self.actions["writer_secret"].add(f"secretsmanager:{call.operation}")

    def _add(self, table: str, operation: str) -> None:
        self.actions[f"{table}_table"].add(f"dynamodb:{operation}")


def granted(name: str) -> dict[str, set[str]]:
    return {grant.resource.name: set(grant.actions) for grant in FUNCTIONS[name].grants}


@pytest.fixture
def used() -> Used:
    return Used()


def test_ticket_purchase_calls_what_it_is_granted(cloud: Cloud, used: Used) -> None:
    event, order = cloud.event(), {"event_id": "gala", "seats": ["A-1"]}
    function = cloud.function("ticket_purchase")
    cloud.before = used.note
    hold_id = cloud.ask(function, "POST /holds", order).body["hold_id"]
    cloud.ask(function, "DELETE /holds/{id}", pathParameters={"id": hold_id})
    assert cloud.ask(function, "POST /tickets", order, key="key-00001").status == 201
    cloud.before = lambda call: None
    cloud.replicate("inventory")
    cloud.replicate("sales")
    for change in (
        {},
        {"state": "closed"},
    ):  # a retry gets its sale from the ledger, whether the sale is open or closed
        cloud.put("events", {**event, "home_region": "us-west-2", "epoch": 2, **change})
        function = cloud.function("ticket_purchase")
        cloud.before = used.note
        assert cloud.ask(function, "POST /tickets", order, key="key-00001").status == 201
        cloud.before = lambda call: None
    assert used.actions == granted("ticket_purchase")


def test_seat_cache_sync_calls_what_it_is_granted(cloud: Cloud, used: Used) -> None:
    cloud.event()
    function = cloud.function("seat_cache_sync")

    class Yes:
        def script(self, *arguments: Any) -> int:
            return 1

        def call(self, *arguments: Any) -> None:
            return None

        def calls(self, commands: list[Any]) -> list[None]:
            return [None] * len(commands)

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 60_000

    function.REDIS = Yes()  # a fake Redis, which needs no grant
    cloud.before = used.note
    assert function.handler({"refresh": True}, Context()) == {"loaded": ["gala"]}
    assert used.actions == granted("seat_cache_sync")


def test_kinesis_processor_calls_what_it_is_granted(cloud: Cloud, used: Used) -> None:
    function = cloud.function("kinesis_processor")

    def refuse(call: Call) -> None:
        used.note(call)
        if call.operation == "BatchExecuteStatement":
            code = {"Code": "DatabaseErrorException", "Message": ""}
            raise ClientError({"Error": code}, call.operation)

    sale: Any = {name: 1 if kind == "bigint" else name for name, kind in COLUMNS.items()} | {"sale_id": "s"}
    cloud.before = refuse
    function.DATABASE.write([("1", sale)])
    assert used.actions == granted("kinesis_processor")


def test_sales_writer_rotation_calls_what_it_is_granted(cloud: Cloud, used: Used) -> None:
    secret = Secret()
    function = cloud.function("sales_writer_rotation")

    class Client:
        """A client that notes its calls."""

        def __init__(self, service: str) -> None:
            self.service = service

        def __getattr__(self, name: str) -> Any:
            operation = "".join(part.title() for part in name.split("_"))

            def call(**parameters: Any) -> Any:
                used.note(Call(HOME, self.service, operation, parameters))
                if self.service == "rds-data":
                    return {"records": [[{"longValue": 1}]]}
                return secret.call(operation, parameters)

            return call

    function.SECRETS, function.DATA_API = Client("secretsmanager"), Client("rds-data")
    secret.begin("1")
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        event = {"SecretId": ENVIRONMENT["SECRET_ARN"], "ClientRequestToken": "1", "Step": step}
        function.handler(event, None)
    assert used.actions == granted("sales_writer_rotation")


def test_inventory_verifier_calls_what_it_is_granted(cloud: Cloud, used: Used) -> None:
    event = cloud.event()
    cloud.put("sales", entry(event, "A-1"))
    cloud.before = used.note
    verify(cloud)
    verify(cloud)  # the second run finds that the first one has verified all events, and says so
    assert used.actions == granted("inventory_verifier")


def test_oversell_corrector_calls_what_it_is_granted(
    cloud: Cloud, used: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = cloud.event()
    sqs = boto3.client("sqs", region_name=HOME)
    queue = sqs.create_queue(QueueName="refunds.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    write = boto3.client("timestream-write", region_name=HOME)
    write.create_database(DatabaseName="audit")
    write.create_table(DatabaseName="audit", TableName="corrections")
    names = {"TIMESTREAM_DATABASE": "audit", "TIMESTREAM_TABLE": "corrections", "REFUNDS_QUEUE_URL": queue}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    cloud.put("sales", entry(event, "A-1", age=60, number=1))
    sell(cloud, entry(event, "A-1", age=50, number=2))
    orphan = entry(event, "A-2", number=3)
    cloud.put("inventory", ledger.inventory_item(orphan, orphan["sold_at"]))
    findings = verify(cloud)["findings"]
    function = cloud.function("oversell_corrector", AUDIT_STORE="timestream", **names)
    cloud.before = used.note
    assert function.handler({"findings": findings}, None) == {"corrected": 2, "published": 1, "failed": 0}
    assert used.actions == granted("oversell_corrector")


def test_admission_queue_calls_what_it_is_granted(cloud: Cloud, used: Used) -> None:
    key = {"event_id": "control#admission", "item": "key#aaaaaaaa", "secret": "a" * 64, "signs_from": 1}
    cloud.put("events", key)
    cloud.event(admitted_per_minute=60)
    function = cloud.function("admission_queue")
    cloud.before = used.note
    assert cloud.ask(function, "POST /queue", {"event_id": "gala"}).status == 202
    assert used.actions == granted("admission_queue")


def test_seat_availability_calls_nothing_of_aws(cloud: Cloud, used: Used) -> None:
    function = cloud.function("seat_availability", REDIS_HOST="127.0.0.1", REDIS_PORT="1")
    cloud.before = used.note
    assert cloud.ask(function, "GET /events/{id}/seats", pathParameters={"id": "gala"}).status == 503
    assert used.actions == granted("seat_availability") == {}


def test_metrics_are_valid_embedded_metric_lines(capsys: pytest.CaptureFixture[str]) -> None:
    import metrics

    metrics.emit("tickets", LockMs=7.5, CacheLoadSeconds=2, Oversold=1)
    line = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("tickets", [[]])
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "LockMs": "Milliseconds", "CacheLoadSeconds": "Seconds", "Oversold": "Count",
    }  # fmt: skip
    assert (line["LockMs"], line["CacheLoadSeconds"], line["Oversold"]) == (7.5, 2, 1)
