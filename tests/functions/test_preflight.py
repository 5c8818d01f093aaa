"""The preflight: each check with good and bad answers of AWS, in the account and in several Regions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError
from botocore.stub import Stubber
from moto import mock_aws
from rendered_functions import script, stack
from stacks import SHAPES, parsed

from ticketgen.aws.apply_actions import APPLY_ACTIONS
from ticketgen.stack.account_needs import KINDS
from ticketgen.stack.functions import FUNCTIONS
from ticketgen.stack.functions.model import FunctionModule
from ticketgen.stack.names import NAMES

PRIMARY, SECONDARY, OTHER = "us-east-1", "us-west-2", "eu-west-1"
CALLER = "arn:aws:sts::123456789012:user/moto"
Answer = Callable[[str, Mapping[str, Any]], Any]

# The preflight asks from several threads. Two stubs on one client would take each other's answers. Moto compiles its
# routes with `ast.parse` at the first request, and Python before 3.11.8 and 3.12.2 raises SystemError when two threads
# do so at once: https://github.com/python/cpython/issues/106905
TURN = Lock()

SIMULATE: tuple[str, str] = ("iam", "SimulatePrincipalPolicy")
QUOTA: tuple[str, str] = ("service-quotas", "GetServiceQuota")
DEFAULT: tuple[str, str] = ("service-quotas", "GetAWSDefaultServiceQuota")


def refused(operation: str, code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, operation)


def simulated(denied: str = "") -> Answer:
    def answer(region: str, parameters: Mapping[str, Any]) -> Any:
        return {
            "EvaluationResults": [
                {"EvalActionName": each, "EvalDecision": "implicitDeny" if each == denied else "allowed"}
                for each in parameters["ActionNames"]
            ]
        }

    return answer


GOOD: Mapping[tuple[str, str], Any] = {  # what moto does not answer
    SIMULATE: simulated(),
    QUOTA: {"Quota": {"Value": 1e6}},
    ("service-quotas", "ListServiceQuotas"): {
        "Quotas": [
            {
                "QuotaName": "Maximum number of requests per second per protection pack (web ACL)",
                "Value": 1e6,
            }
        ]
    },
    ("elasticache", "DescribeCacheEngineVersions"): {
        "CacheEngineVersions": [{"EngineVersion": "7.2"}, {"EngineVersion": "8.2"}]
    },
    ("rds", "DescribeDBEngineVersions"): {
        "DBEngineVersions": [{"EngineVersion": "15.3"}, {"EngineVersion": "17"}]
    },
    ("rds", "DescribeOrderableDBInstanceOptions"): {
        "OrderableDBInstanceOptions": [{"DBInstanceClass": "db.serverless"}]
    },
    ("ec2", "DescribeRegions"): {
        "Regions": [
            {"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in (PRIMARY, SECONDARY, OTHER)
        ]
    },
}


@cache
def made(service: str, region: str) -> Any:
    """A client, which takes long to create."""
    return boto3.client(
        service, region_name=region, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


class Account:
    """Clients of moto, with other answers for some operations; botocore checks the shape of each."""

    def __init__(self) -> None:
        self.answers = dict(GOOD)
        self.facts = json.loads(stack()["ops/stack.json"]) | {"regions": [OTHER, SECONDARY, PRIMARY]}

    def client(self, service: str, *, region_name: str, config: Config) -> Any:
        assert config.connect_timeout + config.read_timeout < 20
        client, region = made(service, region_name), region_name
        real = partial(type(client)._make_api_call, client)

        def call(operation: str, parameters: dict[str, Any]) -> Any:
            answer = self.answers.get((service, operation), real)
            if answer is real:
                with TURN:
                    return real(operation, parameters)
            if callable(answer):
                answer = answer(region, parameters)
            if isinstance(answer, Exception):
                raise answer
            with TURN, Stubber(client) as stub:
                stub.add_response(xform_name(operation), answer, parameters)
                return real(operation, parameters)

        client._make_api_call = call
        return client

    def run(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> tuple[int, dict[tuple[str, str], set[str]]]:
        """The exit code, and the results: status and text by Region and check."""
        (folder / "stack.json").write_text(json.dumps(self.facts), encoding="utf-8")
        code = script("preflight", folder, {"boto3": self}).main(["--format", "json"])
        found: dict[tuple[str, str], set[str]] = {}
        for result in json.loads(capsys.readouterr().out)["results"]:
            place = result["region"], result["check"]
            found.setdefault(place, set()).add(f"{result['status']}: {result['text']}")
        assert isinstance(code, int)
        return code, found


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        account = Account()
        account.facts["preflight"]["manages_log_role"] = True
        yield account


@pytest.fixture
def check(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[], tuple[int, dict[tuple[str, str], set[str]]]]:
    return lambda: account.run(tmp_path, capsys)


Check = Callable[[], tuple[int, dict[tuple[str, str], set[str]]]]


def test_a_good_account_has_no_problem(check: Check) -> None:
    code, found = check()
    assert code == 0
    told = {text for texts in found.values() for text in texts}
    assert {text for text in told if not text.startswith("ok: ")} == {
        "unknown: Lambda has no call that lists its runtimes, so python3.13 is not checked"
    }
    regions = {"answer", "cache engine", "log role", "names", "quota", "zones"}
    assert {check for region, check in found if region == OTHER} == regions
    assert {check for region, check in found if region == SECONDARY} == regions | {"database engine"}
    assert {check for region, check in found if not region} == {
        "caller", "enabled Regions", "names", "rights", "runtime",
    }  # fmt: skip
    assert found["", "rights"] == {
        f"ok: the caller may create everything (actions simulated: {len(set(actions('prod')))})"
    }


def test_the_text_is_a_table_with_a_total(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stack.json").write_text(json.dumps(account.facts), encoding="utf-8")
    assert script("preflight", tmp_path, {"boto3": account}).main([]) == 0
    printed = capsys.readouterr().out
    assert f"ok       account    caller           {CALLER}\n" in printed
    assert printed.splitlines()[-1].startswith("problem: 0, unknown: 1, ok: ")
    assert "dry run" not in printed


def test_usage_errors_end_with_2(account: Account, tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(json.dumps(account.facts), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        script("preflight", tmp_path, {"boto3": account}).main(["--apply"])
    assert ended.value.code == 2


def test_no_credentials_stop_it(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    account.answers["sts", "GetCallerIdentity"] = NoCredentialsError()
    (tmp_path / "stack.json").write_text(json.dumps(account.facts), encoding="utf-8")
    assert script("preflight", tmp_path, {"boto3": account}).main([]) == 1
    assert capsys.readouterr().out == "Stopped: Unable to locate credentials\n"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectTimeoutError(endpoint_url=""), "problem: the Region does not answer (ConnectTimeoutError)"),
        (
            refused("GetCallerIdentity", "InvalidClientTokenId"),
            "problem: the Region refuses the credentials (InvalidClientTokenId): is it enabled in the account?",
        ),
        (refused("GetCallerIdentity"), "unknown: GetCallerIdentity was refused: AccessDenied"),
    ],
)
def test_a_dead_region_is_one_finding_and_the_others_are_checked(
    account: Account, check: Check, error: Exception, text: str
) -> None:
    fine = {"UserId": "x", "Account": "123456789012", "Arn": CALLER}
    account.answers["sts", "GetCallerIdentity"] = lambda region, _: error if region == PRIMARY else fine
    code, found = check()
    assert code == int(text.startswith("problem"))
    assert {place: texts for place, texts in found.items() if place[0] == PRIMARY} == {
        (PRIMARY, "answer"): {text}
    }
    assert found[SECONDARY, "answer"] == {"ok: the Region answers"}
    assert found["", "caller"] == {f"ok: {CALLER}"}


def test_a_quota_that_is_too_small_is_a_problem_with_its_command(account: Account, check: Check) -> None:
    account.answers[QUOTA] = lambda region, asked: {
        "Quota": {"Value": 10.0 if (asked["QuotaCode"], region) == ("L-B99A9384", OTHER) else 1e6}
    }
    code, found = check()
    assert code == 1
    (problem,) = (text for text in found[OTHER, "quota"] if text.startswith("problem"))
    assert problem == (
        'problem: "Concurrent executions" is 10; 2,666 needed. Run: aws service-quotas '
        "request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 2666 "
        f"--region {OTHER}"
    )
    assert all(text.startswith("ok") for text in found[PRIMARY, "quota"])


def test_a_quota_without_a_value_of_the_account_has_the_default(account: Account, check: Check) -> None:
    account.answers[QUOTA] = refused("GetServiceQuota", "NoSuchResourceException")
    account.answers[DEFAULT] = {"Quota": {"Value": 1e6}}
    code, found = check()
    assert code == 0
    assert 'ok: "VPCs per Region" is 1,000,000 (AWS\'s default); 2 needed' in found[OTHER, "quota"]


def test_quotas_of_the_account_are_asked_where_they_are(account: Account, check: Check) -> None:
    asked = set()

    def answer(region: str, parameters: Mapping[str, Any]) -> Any:
        if parameters["ServiceCode"] == "iam":
            asked.add(region)
        return {"Quota": {"Value": 1e6}}

    account.facts |= {"primary_region": SECONDARY, "secondary_region": PRIMARY}
    account.answers[QUOTA] = answer
    check()
    assert asked == {"us-east-1"}


@pytest.mark.parametrize(
    ("key", "answer", "place", "text"),
    [
        (QUOTA, refused("GetServiceQuota"), (OTHER, "quota"), "unknown: GetServiceQuota was refused: AccessDenied"),
        (
            ("service-quotas", "ListServiceQuotas"),
            {"Quotas": []},
            (OTHER, "quota"),
            'unknown: "Maximum number of requests per second per protection pack (web ACL)": Service Quotas does not '
            "list it; 11,813 needed",
        ),
        (
            ("apigateway", "GetAccount"),
            {"cloudwatchRoleArn": "arn:aws:iam::1:role/theirs"},
            (OTHER, "log role"),
            "problem: API Gateway writes the logs of every API with arn:aws:iam::1:role/theirs, and the apply would "
            "replace it: set api.log_role to existing",
        ),
        (
            ("apigateway", "GetAccount"),
            {"cloudwatchRoleArn": "arn:aws:iam::1:role/tap-marketplace-api-logs-prod"},
            (OTHER, "log role"),
            "ok: this stack manages API Gateway's role for logs",
        ),
        (
            ("ec2", "DescribeAvailabilityZones"),
            {"AvailabilityZones": [{"ZoneId": "use1-az1"}, {"ZoneId": "use1-az3"}]},
            (PRIMARY, "zones"),
            "problem: usable: use1-az1; 2 needed",
        ),
        (
            ("ec2", "DescribeAvailabilityZones"),
            refused("DescribeAvailabilityZones", "UnauthorizedOperation"),
            (PRIMARY, "zones"),
            "unknown: DescribeAvailabilityZones was refused: UnauthorizedOperation",
        ),
        (
            ("elasticache", "DescribeCacheEngineVersions"),
            {"CacheEngineVersions": [{"EngineVersion": "7.10"}]},
            (OTHER, "cache engine"),
            "problem: valkey 8.2 is not offered",
        ),
        (
            ("rds", "DescribeDBEngineVersions"),
            {"DBEngineVersions": [{"EngineVersion": "16.8"}]},
            (PRIMARY, "database engine"),
            "problem: aurora-postgresql 17 is not offered",
        ),
        (
            ("rds", "DescribeOrderableDBInstanceOptions"),
            {"OrderableDBInstanceOptions": []},
            (PRIMARY, "database engine"),
            "problem: aurora-postgresql 17 on db.serverless is not offered",
        ),
        (
            ("rds", "DescribeDBEngineVersions"),
            ConnectTimeoutError(endpoint_url=""),
            (PRIMARY, "database engine"),
            "unknown: no answer (ConnectTimeoutError)",
        ),
        (
            ("ec2", "DescribeRegions"),
            {
                "Regions": [
                    {"RegionName": PRIMARY, "OptInStatus": "opt-in-not-required"},
                    {"RegionName": SECONDARY, "OptInStatus": "opted-in"},
                    {"RegionName": OTHER, "OptInStatus": "not-opted-in"},
                ]
            },
            ("", "enabled Regions"),
            f"problem: enable in the account: {OTHER}",
        ),
        (
            SIMULATE,
            simulated("dynamodb:CreateTable"),
            ("", "rights"),
            "problem: not allowed on all resources (ignore actions allowed on the stack's own): dynamodb:CreateTable",
        ),
        (SIMULATE, refused("SimulatePrincipalPolicy"), ("", "rights"),
         "unknown: SimulatePrincipalPolicy was refused: AccessDenied"),
        (
            ("dynamodb", "DescribeTable"),
            refused("DescribeTable", "AccessDeniedException"),
            (OTHER, "names"),
            "unknown: table tap-marketplace-events-prod: DescribeTable was refused: AccessDeniedException",
        ),
    ],
)  # fmt: skip
def test_each_check_tells_a_problem_from_what_is_unknown(
    account: Account, check: Check, key: tuple[str, str], answer: Any, place: tuple[str, str], text: str
) -> None:
    account.answers[key] = answer
    code, found = check()
    assert text in found[place]
    assert code == int(text.startswith("problem"))


def test_a_log_role_is_needed_where_the_stack_does_not_manage_it(account: Account, check: Check) -> None:
    account.facts["preflight"]["manages_log_role"] = False
    account.answers["apigateway", "GetAccount"] = lambda region, _: (
        {"cloudwatchRoleArn": "arn:aws:iam::1:role/logs"} if region == PRIMARY else {}
    )
    code, found = check()
    assert code == 1
    assert found[PRIMARY, "log role"] == {"ok: API Gateway writes logs with arn:aws:iam::1:role/logs"}
    (text,) = found[OTHER, "log role"]
    assert text.startswith("problem: API Gateway has no role for logs")


def test_the_newest_version_of_a_major_one_counts(account: Account, check: Check) -> None:
    account.facts["preflight"]["database"]["version"] = "16"
    offered = [{"EngineVersion": each} for each in ("16.9", "16.10", "16.11-limitless", "17.4")]
    account.answers["rds", "DescribeDBEngineVersions"] = {"DBEngineVersions": offered}
    _, found = check()
    assert found[PRIMARY, "database engine"] == {"ok: aurora-postgresql 16.10 on db.serverless is offered"}


@pytest.mark.parametrize(
    ("arn", "status"),
    [
        ("arn:aws:iam::123456789012:root", "ok"),
        ("arn:aws:sts::123456789012:assumed-role/deployer/ci", "ok"),
        ("arn:aws:sts::123456789012:federated-user/bob", "unknown"),
    ],
)
def test_the_rights_of_each_kind_of_caller(account: Account, check: Check, arn: str, status: str) -> None:
    boto3.client("iam", region_name=PRIMARY).create_role(
        RoleName="deployer", Path="/ci/", AssumeRolePolicyDocument="{}"
    )
    sources = set()

    def answer(region: str, parameters: Mapping[str, Any]) -> Any:
        sources.add(parameters["PolicySourceArn"])
        return simulated()(region, parameters)

    account.answers["sts", "GetCallerIdentity"] = {"UserId": "x", "Account": "123456789012", "Arn": arn}
    account.answers[SIMULATE] = answer
    _, found = check()
    assert {text.partition(":")[0] for text in found["", "rights"]} == {status}
    assert sources == ({"arn:aws:iam::123456789012:role/ci/deployer"} if "assumed-role" in arn else set())


@pytest.mark.parametrize(("status", "word"), [(None, "problem"), ("Suspended", "problem"), ("Enabled", "ok")])
def test_a_state_bucket_in_each_region(account: Account, check: Check, status: str | None, word: str) -> None:
    account.facts["preflight"] |= {"state_bucket": "states-{region}", "state_region": PRIMARY}
    for region in (PRIMARY, SECONDARY):
        s3 = boto3.client("s3", region_name=region)
        place = {} if region == PRIMARY else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=f"states-{region}", **place)
        if status:
            s3.put_bucket_versioning(Bucket=f"states-{region}", VersioningConfiguration={"Status": status})
    code, found = check()
    assert code == 1
    assert {text.partition(":")[0] for text in found[PRIMARY, "state bucket"]} == {word}
    assert found[OTHER, "state bucket"] == {f"problem: states-{OTHER} does not exist"}


def make(region: str, tags: Mapping[str, str]) -> None:
    """A resource of each kind, with the stack's names."""

    def client(service: str) -> Any:
        return boto3.client(service, region_name=region)

    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    role = client("iam").create_role(
        RoleName="tap-marketplace-schedule-prod", AssumeRolePolicyDocument="{}", Tags=pairs
    )["Role"]["Arn"]
    client("dynamodb").create_table(
        TableName="tap-marketplace-events-prod", BillingMode="PAY_PER_REQUEST", Tags=pairs,
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
    )  # fmt: skip
    key = client("kms").create_key(Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()])
    client("kms").create_alias(
        AliasName="alias/tap-marketplace-key-prod", TargetKeyId=key["KeyMetadata"]["KeyId"]
    )
    client("logs").create_log_group(
        logGroupName="/aws/lambda/tap-marketplace-ticket-purchase-prod", tags=dict(tags)
    )
    client("logs").create_log_group(logGroupName="/aws/lambda/tap-marketplace-ticket-purchase-prod-2")
    client("sqs").create_queue(QueueName="tap-marketplace-dead-letters-prod", tags=dict(tags))
    client("kinesis").create_stream(StreamName="tap-marketplace-ticket-sales-prod", ShardCount=1)
    client("kinesis").add_tags_to_stream(StreamName="tap-marketplace-ticket-sales-prod", Tags=dict(tags))
    client("rds").create_db_cluster(
        DBClusterIdentifier="tap-marketplace-sales-prod", Engine="aurora-postgresql", Tags=pairs,
        MasterUsername="tickets", MasterUserPassword="a-password-of-tests",
    )  # fmt: skip
    client("elasticache").create_replication_group(
        ReplicationGroupId="tap-marketplace-seats-prod", ReplicationGroupDescription="x", Tags=pairs
    )
    client("secretsmanager").create_secret(Name="tap-marketplace-sales-writer-prod", Tags=pairs)
    client("stepfunctions").create_state_machine(
        name="tap-marketplace-ticker-prod", definition='{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}',
        roleArn=role, tags=[{"key": key, "value": value} for key, value in tags.items()],
    )  # fmt: skip


def test_a_deleted_secret_keeps_its_name(account: Account, check: Check) -> None:
    secrets = boto3.client("secretsmanager", region_name=PRIMARY)
    tags = [{"Key": key, "Value": value} for key, value in FUNCTION["Tags"].items()]
    name = "tap-marketplace-sales-writer-prod"
    secrets.create_secret(Name=name, Tags=tags)
    assert not [text for text in check()[1][PRIMARY, "names"] if name in text]
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=30)
    (told,) = [text for text in check()[1][PRIMARY, "names"] if name in text]
    assert told.startswith(f"problem: secret {name}")
    assert "recovery window" in told


FUNCTION: dict[str, Any] = {
    "Configuration": {"FunctionName": "tap-marketplace-ticket-purchase-prod"},
    "Tags": {"Application": "tap-marketplace", "Environment": "prod"},
}


@pytest.mark.parametrize("suffix", ["prod", "staging"])
def test_taken_names_are_problems_unless_the_stack_has_them(
    account: Account, check: Check, suffix: str
) -> None:
    make(PRIMARY, {"Application": "tap-marketplace", "Environment": suffix})
    taken = FUNCTION | {"Tags": {"Application": "tap-marketplace", "Environment": suffix}}
    account.answers["lambda", "GetFunction"] = lambda region, asked: (
        taken
        if (region, asked["FunctionName"]) == (PRIMARY, "tap-marketplace-ticket-purchase-prod")
        else refused("GetFunction", "ResourceNotFoundException")
    )
    code, found = check()
    problems = {
        text.removeprefix("problem: ").partition(" tap-")[0].partition(" /aws")[0].partition(" alias/")[0]
        for region in ("", PRIMARY)
        for text in found[region, "names"]
        if text.startswith("problem")
    }
    kinds = {*KINDS.values(), "role"}
    assert (code, problems) == ((0, set()) if suffix == "prod" else (1, kinds))
    if suffix == "prod":
        existing = [text for region in ("", PRIMARY) for text in found[region, "names"] if "existing" in text]
        assert sum(int(text.rpartition(" ")[2]) for text in existing) == len(kinds)
    assert all(text.startswith("ok: free: ") for text in found[OTHER, "names"])


def test_another_suffix_has_other_names(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(PRIMARY, {"Application": "theirs"})
    (tmp_path / "stack.json").write_text(json.dumps(account.facts), encoding="utf-8")
    module = script("preflight", tmp_path, {"boto3": account})
    assert module.main([]) == 1
    assert module.main(["--suffix", "blue"]) == 0
    assert "names" in capsys.readouterr().out


def actions(shape: str) -> list[str]:
    return list(json.loads(stack(shape)["ops/stack.json"])["preflight"]["apply_actions"])


def types(shape: str) -> dict[str, set[str]]:
    """The types of the resources of a stack, each with the folders of its modules."""
    found: dict[str, set[str]] = {}
    for folder, module in parsed(SHAPES[shape]()).items():
        for declaration in module.first.values():
            kind = str(declaration.address).partition(".")[0]
            if kind.startswith("aws_") and not (
                kind.endswith("_replica") and len(SHAPES[shape]().regions) == 1
            ):
                found.setdefault(kind, set()).add(folder)
    return found


@pytest.mark.parametrize("shape", ["prod", "dev", "one-region", "everything", "nothing"])
def test_the_simulated_actions_are_those_of_the_resources(shape: str) -> None:
    resources = set(types(shape))
    assert resources <= APPLY_ACTIONS.keys() | {"aws_default_security_group"}
    certain = {action for kind in resources for action in APPLY_ACTIONS[kind]}
    assert certain <= set(actions(shape))
    assert set(actions(shape)) == certain


@pytest.mark.parametrize("shape", ["prod", "one-region", "everything", "nothing"])
def test_the_names_are_those_of_the_catalogue_at_their_places(shape: str) -> None:
    names = json.loads(stack(shape)["ops/stack.json"])["preflight"]["names"]
    told = [text for place in ("hubs", "regions") for texts in names[place].values() for text in texts]
    catalogue = [
        f"{name.before}{{{name.what}}}{name.after}"
        for name in NAMES
        if (name.resource, name.attribute) in KINDS
        and (name.what != "admission-queue" or shape == "everything")  # the others have no queue
    ]
    if shape == "everything":
        catalogue.remove("{corrections}")  # its audit trail is in Timestream
    assert sorted(told) == sorted(catalogue)
    hubs = {
        f"/aws/lambda/{{{each.what}}}" for each in FUNCTIONS.values() if each.module != FunctionModule.REGION
    }
    assert hubs <= set(names["hubs"]["log group"])
    of_hubs = {"modules/analytics", "modules/verification"}
    only = {kind for kind, folders in types(shape).items() if folders <= of_hubs}
    for (resource, _), kind in KINDS.items():
        if resource in only:
            assert kind not in names["regions"], kind
        else:
            assert kind in names["regions"], kind
