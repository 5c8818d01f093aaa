"""The script of a migration, run by the real Terraform on states of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from address_records import environments

from terraform_tool import Terraform
from ticketgen.project.migration import migration_plan
from ticketgen.project.move_script import move_script
from ticketgen.rehearsal.emulator_client import EmulatedAws

pytestmark = pytest.mark.terraform

ADDRESSES = (
    ("aws_dynamodb_table", "events", None),
    ("aws_iam_role", "schedule", None),
    ("aws_kms_key", "stack", "module.us_east_1"),
    ("aws_vpc", "stack", "module.us_east_1"),
    ("aws_route53_record", "validation", "module.us_east_1"),
    ("aws_sqs_queue", "refunds", "module.verification_us_east_1"),
    ("aws_s3_bucket", "own", None),
)
KEYED = "validation"


def old_state(serial: int = 7) -> str:
    resources = [
        {
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider": 'provider["registry.terraform.io/hashicorp/aws"].us_east_1',
            "instances": [
                {
                    "schema_version": 0,
                    "attributes": {"id": name},
                    **({"index_key": "tickets.example.com"} if name == KEYED else {}),
                }
            ],
        }
        | ({"module": module} if module else {})
        for kind, name, module in ADDRESSES
    ]
    head = {"version": 4, "terraform_version": "1.9.0", "serial": serial, "lineage": "old", "outputs": {}}
    return json.dumps({**head, "resources": resources, "check_results": None}, indent=2) + "\n"


class Migration:
    """A folder with an old state and the script."""

    def __init__(self, folder: Path, terraform: Terraform, name: str = "alone", bucket: str = "") -> None:
        self.folder, self.terraform = folder, terraform
        self.stack = folder / "stacks" / name
        self.stack.mkdir(parents=True)
        self.old = self.stack / "terraform.tfstate"
        self.old.write_text(old_state(), encoding="utf-8")
        self.work = self.stack / "move_states.tfstate.d"
        environment = environments("old.yaml")[name]
        names = [".".join(filter(None, (module, kind, what))) for kind, what, module in ADDRESSES]
        plan = migration_plan(environment, name, names).value
        assert plan is not None
        script = move_script(plan, f"stacks/{name}", bucket)
        (folder / "move_states.sh").write_text(script, encoding="utf-8")

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "move_states.sh", *arguments],
            cwd=self.folder,
            env={**self.terraform.environment, "TERRAFORM": str(self.terraform.binary), **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def states(self) -> dict[str, set[str]]:
        """The addresses in each state of the stack, by folder."""
        return {
            path.parent.relative_to(self.stack).as_posix(): set(
                _addresses(json.loads(path.read_text("utf-8")))
            )
            for path in self.stack.rglob("terraform.tfstate")
        }


def _addresses(state: dict[str, list[dict[str, str]]]) -> Iterator[str]:
    for each in state["resources"]:
        yield ".".join(filter(None, (each.get("module", ""), each["type"], each["name"])))


MOVED = {
    ".": {"aws_s3_bucket.own"},
    "global": {"aws_iam_role.schedule"},
    "data/us-east-1": {"module.data.aws_dynamodb_table.shared", "module.data.aws_kms_key.stack"},
    "regions/us-east-1": {"module.region.aws_vpc.stack", "module.verification.aws_sqs_queue.refunds"},
}


@pytest.fixture
def migration(terraform: Terraform, tmp_path: Path) -> Migration:
    return Migration(tmp_path, terraform)


def test_without_run_only_a_copy_changes(migration: Migration) -> None:
    done = migration.run()

    assert done.returncode == 0, done.stderr
    assert "Nothing was changed" in done.stdout
    assert "old state: 1 of 7 resources stay" in done.stdout
    assert migration.old.read_text("utf-8") == old_state()
    assert set(migration.states()) == {"."}
    assert migration.work.stat().st_mode & 0o077 == 0, "a state may contain secrets"


def test_with_run_each_root_module_gets_its_resources_and_a_second_run_changes_nothing(
    migration: Migration,
) -> None:
    done = migration.run("--run")

    assert done.returncode == 0, done.stderr
    assert migration.states() == MOVED
    assert (migration.work / "old.tfstate").read_text("utf-8") == old_state()
    forgotten = json.loads((migration.work / "forgotten.tfstate").read_text("utf-8"))
    assert set(_addresses(forgotten)) == {"module.us_east_1.aws_route53_record.validation"}

    before = {path: path.read_bytes() for path in migration.stack.rglob("*.tfstate")}
    again = migration.run("--run")
    assert again.returncode == 0, again.stderr
    assert {path: path.read_bytes() for path in migration.stack.rglob("*.tfstate")} == before


@pytest.mark.parametrize("calls", [3, 7, 10, 12])
def test_an_interrupted_run_can_be_repeated(migration: Migration, calls: int) -> None:
    """Terraform fails at its nth call, which is in the moves, in the counts, or between two states."""
    wrapper = migration.folder / "terraform"
    counted = f"""#!/bin/sh
echo x >>{migration.folder}/calls
[ "$(wc -l <{migration.folder}/calls)" -ne {calls} ] || exit 1
exec {migration.terraform.binary} "$@"
"""
    wrapper.write_text(counted, encoding="utf-8")
    wrapper.chmod(0o755)

    failed = migration.run("--run", TERRAFORM=str(wrapper))
    assert failed.returncode == 1
    assert migration.old.read_text("utf-8") == old_state(), "the old state is the last that changes"

    done = migration.run("--run", TERRAFORM=str(wrapper))
    assert done.returncode == 0, done.stderr
    assert migration.states() == MOVED


def test_a_run_that_ended_before_it_noted_the_last_step_can_be_repeated(migration: Migration) -> None:
    assert migration.run("--run").returncode == 0
    (migration.work / "emptied").unlink()

    done = migration.run("--run")

    assert done.returncode == 0, done.stderr
    assert migration.states() == MOVED


def test_a_root_module_that_has_a_state_already_stops_it(migration: Migration) -> None:
    place = migration.stack / "regions" / "us-east-1" / "terraform.tfstate"
    place.parent.mkdir(parents=True)
    place.write_text(old_state(), encoding="utf-8")

    done = migration.run("--run")

    assert done.returncode == 1
    assert "the state of regions/us-east-1 holds 7 resources already" in done.stderr
    assert place.read_text("utf-8") == old_state()
    assert migration.old.read_text("utf-8") == old_state()


def test_a_state_that_somebody_changed_in_between_stops_it(migration: Migration) -> None:
    place = migration.stack / "regions" / "us-east-1"
    place.mkdir(parents=True)
    (place / ".terraform.tfstate.lock.info").touch()
    assert "is locked" in migration.run("--run").stderr
    (place / ".terraform.tfstate.lock.info").unlink()
    migration.old.write_text(old_state(serial=8), encoding="utf-8")

    done = migration.run("--run")

    assert done.returncode == 1
    assert "the old state has changed since it was copied" in done.stderr
    assert migration.old.read_text("utf-8") == old_state(serial=8)


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (("--apply",), {}, "the only option is --run"),
        (("--run", "x"), {}, "the only option is --run"),
        (("--run",), {"TERRAFORM": "no-such-terraform"}, "there is no no-such-terraform"),
        (("--run",), {"OLD_STATE": "elsewhere.tfstate"}, "there is no state"),
    ],
)
def test_wrong_use_is_explained(
    migration: Migration, arguments: tuple[str, ...], variables: dict[str, str], says: str
) -> None:
    done = migration.run(*arguments, **variables)
    assert done.returncode == 1
    assert says in done.stderr
    assert migration.old.read_text("utf-8") == old_state()


def test_a_locked_state_is_left_alone(migration: Migration) -> None:
    (migration.stack / ".terraform.tfstate.lock.info").touch()
    done = migration.run("--run")
    assert done.returncode == 1
    assert "is locked" in done.stderr


BUCKET = "example-terraform-state"


@pytest.mark.slow
def test_states_in_a_bucket_are_pulled_and_pushed(
    terraform: Terraform, aws: EmulatedAws, tmp_path: Path
) -> None:
    s3 = aws.client("s3", "eu-west-1", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="tap-marketplace/full.tfstate", Body=old_state().encode())
    migration = Migration(tmp_path, terraform, "full", BUCKET)
    migration.old.unlink()
    backend = (
        f'terraform {{\n  backend "s3" {{\n    bucket = "{BUCKET}"\n    region = "eu-west-1"\n  }}\n}}\n'
    )
    (migration.stack / "provider.tf").write_text(backend, encoding="utf-8")
    emulated = ("use_path_style", "skip_credentials_validation", "skip_requesting_account_id")
    options = [f"-backend-config={name}=true" for name in emulated]
    variables = {**aws.variables, "TF_CLI_ARGS_init": " ".join(options)}
    key = "-backend-config=key=tap-marketplace/full.tfstate"
    assert terraform.init(migration.stack, key, **variables).returncode == 0

    for arguments in ((), ("--run",), ("--run",)):
        done = migration.run(*arguments, **variables)
        assert done.returncode == 0, done.stderr

    states = {
        each["Key"].removeprefix("tap-marketplace/"): json.load(
            s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"]
        )
        for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    }
    folders = {"full.tfstate": ".", **{f"full/{root}.tfstate": root for root in MOVED if root != "."}}
    assert {folders[key]: set(_addresses(state)) for key, state in states.items()} == MOVED
    assert (states["full.tfstate"]["lineage"], states["full.tfstate"]["serial"] > 7) == ("old", True)


def test_the_script_is_posix_shell(migration: Migration) -> None:
    for shell in ("dash", "bash"):
        if any((Path(folder) / shell).exists() for folder in os.defpath.split(":")):
            done = subprocess.run([shell, "-n", "move_states.sh"], cwd=migration.folder, check=False)
            assert done.returncode == 0
