"""The guard on a disk: what is accepted, what it compares with, and files that it cannot read."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from edited_stacks import LOCKS, RENAMED, Edits, found, judged, stack
from guarded_project import SPEC, edit
from project_tools import run

from ticketgen.consequences.accepted_losses import Acceptance, AcceptedLosses, LossPlace
from ticketgen.consequences.consequence import Action, Consequence, RootPlan
from ticketgen.consequences.destruction_guard import accepted_in
from ticketgen.consequences.judgement import judge_losses, judge_plan
from ticketgen.consequences.stack_plan import StackFiles, StackPlan, plan_stack
from ticketgen.findings import Finding, Location, Severity
from ticketgen.hcl import budget
from ticketgen.pipeline import read_project

LOST = "error stateful-replaced"
UNUSED = "warning acceptance-unused"
LOCKS_FILE = "modules/data/locks.tf"


@pytest.fixture(scope="module")
def renamed(guarded_template: Path) -> StackPlan:
    """The plan of a prod whose tables of locks get another name."""
    folder = guarded_template / "stacks/prod"
    before = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.tf")}
    after = before | {path: before[path].replace(*pair) for path, pair in RENAMED.items() if pair}
    planned = plan_stack(StackFiles("prod", before, after))
    assert planned.value is not None, planned.findings
    return planned.value


def judgement(plan: StackPlan, accepted: AcceptedLosses) -> tuple[Finding, ...]:
    """What the guard says of a plan of a protected environment."""
    judged = judge_plan(
        plan, accepted, protect=plan.protected, place_of=lambda edit: None, below=lambda place: place
    )
    return (*judged, *accepted.findings())


def test_the_same_loss_in_several_roots_is_one_finding(guarded: Path) -> None:
    plans, findings = judged(stack("prod", RENAMED))
    (finding,) = findings
    assert found(findings) == [LOST]
    assert finding.message.startswith(
        f"prod/data/eu-central-1, prod/data/eu-north-1 and prod/data/eu-west-1: `{LOCKS}` would be replaced, and "
    )
    assert finding.message.endswith(
        "name changes from spring-tour-distributed-locks-prod to spring-tour-locks-prod"
    )
    assert finding.help.endswith(f"`--accept prod:{LOCKS}`")
    assert finding.location is not None
    assert finding.location.file == "stacks/prod/modules/data/locks.tf"
    assert [root.root for root in plans["stacks/prod"].roots if any(each.loss for each in root.consequences)] == [
        "data/eu-central-1", "data/eu-north-1", "data/eu-west-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("accepted", "left"),
    [
        ((LOCKS,), []),
        (("module.data",), []),
        (("prod",), []),
        (tuple(f"prod/data/{each}" for each in ("eu-west-1", "eu-central-1", "eu-north-1")), []),
        ((f"data/eu-west-1:{LOCKS}",), [LOST]),
        ((f"prod/data/eu-west-1:{LOCKS}", "data/eu-central-1:module.data", "prod/data/eu-north-1"), []),
        ((f"dev/data/eu-west-1:{LOCKS}",), [LOST, UNUSED]),
        (("dev",), [LOST, UNUSED]),
        ((f"{LOCKS}s",), [LOST, UNUSED]),
        ((LOCKS[:-1],), [LOST, UNUSED]),
        ((f"{LOCKS}[0]",), [LOST, UNUSED]),
        (("",), [LOST, UNUSED]),
        ((LOCKS, "aws_kms_key.gone"), [UNUSED]),
    ],
)
def test_losses_are_accepted_by_address(
    accepted: tuple[str, ...], left: list[str], renamed: StackPlan
) -> None:
    losses = AcceptedLosses(map(Acceptance, accepted), date(2026, 1, 1))
    findings = judgement(renamed, losses)
    assert found(findings) == left
    if left == [LOST]:
        assert "eu-west-1" not in findings[0].message, "the others are named"


@pytest.mark.parametrize(
    ("environment", "entry", "left"),
    [
        ("prod", {"address": LOCKS, "until": "2999-12-31"}, []),
        ("prod", {"address": f"data/eu-west-1:{LOCKS}", "until": "2999-12-31"}, [LOST]),
        ("prod", {"address": LOCKS, "until": "2001-01-01"}, [LOST, "warning acceptance-expired"]),
        ("dev", {"address": LOCKS, "until": "2999-12-31"}, [LOST]),
    ],
)
def test_the_spec_accepts_losses_of_its_environment_until_a_date_only(
    environment: str, entry: Mapping[str, str], left: list[str], renamed: StackPlan, tmp_path: Path
) -> None:
    text = json.dumps([{**entry, "reason": "the sale is over"}])
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text(
        SPEC.replace(f"  {environment}:\n", f"  {environment}:\n    accept: {text}\n"), encoding="utf-8"
    )
    losses = AcceptedLosses(accepted_in(read_project(spec).value), date(2026, 1, 1))
    findings = judgement(renamed, losses)
    assert found(findings) == left
    for each in findings[1:]:
        assert each.message == f"the acceptance of {LOCKS} expired on 2001-01-01"
        assert each.location is not None
        assert each.location.line == 10


def test_an_acceptance_holds_on_its_last_day() -> None:
    loss = LossPlace("prod", "data/eu-west-1", LOCKS)
    last = Acceptance(LOCKS, "prod", date(2026, 12, 31), Location("ticketgen.yaml", 9))
    for today, covered in ((date(2026, 12, 31), True), (date(2027, 1, 1), False)):
        accepted = AcceptedLosses([last], today)
        assert accepted.covers(loss) is covered
        assert [each.rule for each in accepted.findings()] == ([] if covered else ["acceptance-expired"])
    unused = AcceptedLosses([Acceptance(LOCKS, "prod", date(2026, 12, 31), Location("x"))], date(2026, 1, 1))
    assert list(unused.findings()) == [], "in the spec, it may wait for its change"


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ('aws_x.y["a:b"]', True),
        ('data/r:aws_x.y["a:b"]', True),
        ("aws_x.y", True),
        ('aws_x.y["a:b', False),
        ('aws_x.y["a"]', False),
        ("aws_x", False),
        ("aws", False),
        ("prod:aws_x.y", True),
        ("dev:aws_x.y", False),
        ("prod/data", False),
        ("prod/data/r", True),
        ("prod/data/r:", False),
        (":aws_x.y", False),
    ],
)
def test_addresses_with_colons_and_parts_of_addresses(address: str, covered: bool) -> None:
    assert Acceptance(address).covers(LossPlace("prod", "data/r", 'aws_x.y["a:b"]')) is covered


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ("module", False),
        ("module.data", True),
        ("module.data.", False),
        ("module.data.module", False),
        ('module.data.module.eu["a.b"]', True),
        ('module.data.module.eu["a.b"].aws_x', False),
        ('module.data.module.eu["a.b"].aws_x.y', True),
        ('module.data.module.eu["a.b"].aws_x.y["c"]', True),
        ("module.dat", False),
    ],
)
def test_a_module_or_a_resource_is_accepted_and_not_a_first_word(address: str, covered: bool) -> None:
    loss = LossPlace("prod", "data/r", 'module.data.module.eu["a.b"].aws_x.y["c"]')
    assert Acceptance(address).covers(loss) is covered


def test_an_acceptance_of_all_environments_expires_once() -> None:
    day, place = date(2026, 1, 1), Location("ticketgen.yaml", 3)
    every = [Acceptance("aws_x.y", name, day, place) for name in ("dev", "prod")]
    assert len(list(AcceptedLosses(every, date(2026, 1, 2)).findings())) == 1


def test_the_suggested_argument_is_safe_in_a_shell() -> None:
    address = "aws_dynamodb_table.mine[\"a'; touch pwned; '$(id)`\"]"
    plan = StackPlan("prod", (RootPlan("", (Consequence(address, "aws_dynamodb_table", Action.DESTROY),)),))
    (finding,) = judge_losses(plan, AcceptedLosses((), date(2026, 1, 1)), Severity.ERROR, "tfplan.json")
    argument = finding.help.split("--accept ")[1].removesuffix("`")
    assert shlex.split(argument) == [f"prod:{address}"]


def test_nothing_is_said_of_a_stack_that_stays(guarded: Path) -> None:
    assert judged(stack("dev"), stack("prod"), others_gone=True) == ({}, ())


def test_a_pull_request_is_judged_against_its_base(guarded: Path) -> None:
    shutil.copytree(guarded, guarded.parent / "base")
    new = stack("prod", RENAMED)
    for path, text in new.files.items():
        Path(new.folder, path).write_text(text, encoding="utf-8")
    assert judged(new)[1] == (), "the disk has it already"
    plans, findings = judged(new, stack("dev"), against="../base", others_gone=True)
    assert (found(findings), list(plans)) == ([LOST], ["stacks/prod"])
    assert judged(stack("dev"), against="../base") == ({}, ()), (
        "an environment that was not chosen is not gone"
    )
    assert found(judged(new, against="../nowhere")[1]) == ["error plan-unknown"]
    Path("../base/stacks/prod", LOCKS_FILE).unlink()
    assert set(found(judged(new, against="../base")[1])) == {"error plan-unknown"}


def test_an_environment_that_is_gone_is_found_against_the_base(guarded: Path) -> None:
    shutil.copytree(guarded, guarded.parent / "base")
    text = Path("ticketgen.yaml").read_text("utf-8")
    Path("ticketgen.yaml").write_text(text.partition("  prod:\n")[0], encoding="utf-8")
    shutil.rmtree("stacks/prod")
    plans, findings = judged(stack("dev"), against="../base", others_gone=True)
    assert found(findings) == ["error environment-removed"]
    assert list(plans) == ["stacks/prod"]


def test_roots_that_hold_nothing_may_go(guarded: Path) -> None:
    prod = stack("prod")
    gone = ["warning environment-removed"]
    roots = sorted({path.parent for path in Path("stacks/dev").rglob("provider.tf")})
    assert gone[0] in found(judged(prod, others_gone=True)[1])
    assert gone[0] not in found(judged(prod, others_gone=True, destroyed=True)[1])
    for root in roots:
        (root / "terraform.tfstate").write_text('{"version": 4, "resources": []}', encoding="utf-8")
    assert gone[0] in found(judged(prod, others_gone=True)[1]), "a file beside a bucket is not the state"
    edit("ticketgen.yaml", ("  dev:\n", "  dev:\n    state: { bucket: null }\n"))
    assert run("render", "--env", "dev").exit_code == 0
    assert gone[0] not in found(judged(prod, others_gone=True)[1])
    resource = {"mode": "managed", "type": "aws_dynamodb_table", "name": "x", "instances": [{}]}
    (roots[0] / "terraform.tfstate").write_text(
        json.dumps({"version": 4, "resources": [resource]}), encoding="utf-8"
    )
    held = found(judged(prod, others_gone=True)[1])
    assert (gone[0] in held) == ("data" in roots[0].parts), "only roots with data lose something"


MOVED = f"moved {{\n  from = {LOCKS}\n  to   = module.data.aws_dynamodb_table.locks\n}}\n"


def relabelled() -> Edits:
    """The table of locks has another label in Terraform."""
    files = [
        path
        for path in Path("stacks/prod/modules/data").glob("*.tf")
        if "distributed_locks" in path.read_text()
    ]
    return {
        f"modules/data/{path.name}": (
            'aws_dynamodb_table" "distributed_locks"',
            'aws_dynamodb_table" "locks"',
        )
        if path.name == "locks.tf"
        else ("aws_dynamodb_table.distributed_locks", "aws_dynamodb_table.locks")
        for path in files
    }


def test_terraform_of_the_users_own_counts_on_both_sides(guarded: Path) -> None:
    new = stack("prod", relabelled())
    assert found(judged(new)[1]) == ["error stateful-destroyed"]
    for region in ("eu-west-1", "eu-central-1", "eu-north-1"):
        Path(f"stacks/prod/data/{region}/mine.tf").write_text(MOVED, encoding="utf-8")
    plans, findings = judged(stack("prod", relabelled()))
    assert findings == ()
    moves = [
        each for root in plans["stacks/prod"].roots for each in root.consequences if each.before == LOCKS
    ]
    assert [each.action.value for each in moves] == ["move"] * 3
    own = 'resource "aws_dynamodb_table" "mine" {\n  name = "${local.app_name}-mine"\n}\n'
    Path("stacks/prod/global/mine.tf").write_text(own, encoding="utf-8")
    assert judged(stack("prod")) == ({}, ())
    renamed: Edits = {"global/variables.tf": ('"spring-tour"', '"autumn-tour"')}
    assert "global:aws_dynamodb_table.mine" in judged(stack("prod", renamed))[1][0].message


def test_a_folder_without_a_project_is_no_base(guarded: Path) -> None:
    (guarded.parent / "empty").mkdir()
    for base in ("../empty", "stacks"):
        (finding,) = judged(stack("prod"), against=base)[1]
        assert (finding.rule, finding.severity) == ("plan-unknown", Severity.ERROR)


def test_a_base_without_its_manifest_is_compared_all_the_same(guarded: Path) -> None:
    shutil.copytree(guarded, guarded.parent / "base")
    Path("../base/stacks/prod/.ticketgen.json").unlink()
    assert judged(stack("prod"), against="../base") == ({}, ())
    assert found(judged(stack("prod", RENAMED), against="../base")[1]) == [LOST]


def test_modules_and_roots_of_the_users_own_count(guarded: Path) -> None:
    table = 'resource "aws_dynamodb_table" "mine" {\n  name = "mine"\n}\n'
    shutil.copytree(guarded, guarded.parent / "base")
    call = 'module "mine" {\n  source = "./mine"\n}\n'
    for base in ("../base", "."):
        Path(base, "stacks/prod/global/mine").mkdir()
        Path(base, "stacks/prod/mine").mkdir()
        Path(base, "stacks/prod/global/mine.tf").write_text(call, encoding="utf-8")
    for name in ("global/mine/main.tf", "mine/main.tf"):
        Path("../base/stacks/prod", name).write_text(table, encoding="utf-8")
    messages = [each.message for each in judged(stack("prod"), against="../base")[1]]
    assert len(messages) == 2
    assert messages[0].startswith("prod/global: `module.mine.aws_dynamodb_table.mine` would be destroyed")
    assert messages[1].startswith("prod/mine: `aws_dynamodb_table.mine` would be destroyed")


def test_a_state_without_its_files_is_unknown(guarded: Path) -> None:
    folder = Path("stacks/prod/data/eu-west-1")
    resource = {"mode": "managed", "type": "aws_dynamodb_table", "name": "x", "instances": [{}]}
    state = json.dumps({"version": 4, "resources": [resource]})
    new = stack("prod")
    for path in Path("stacks/prod").rglob("*.tf"):
        path.unlink()
    Path("stacks/prod/.ticketgen.json").unlink()
    assert "error plan-unknown" not in found(judged(new)[1])
    (folder / "terraform.tfstate").write_text(state, encoding="utf-8")
    unknown = [each for each in judged(new)[1] if each.rule == "plan-unknown"]
    assert [str(each.location) for each in unknown] == [f"{folder}/terraform.tfstate:1:1"]


TABLE = {"resource": {"aws_dynamodb_table": {"mine": {"name": "${local.app_name}-mine", "hash_key": "id"}}}}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mine.tf.json", json.dumps(TABLE)),
        ("mine.tofu", 'resource "aws_dynamodb_table" "mine" {\n  name = "mine"\n}\n'),
        ("mine.tofu.json", json.dumps(TABLE)),
    ],
)
def test_files_of_the_users_own_count_in_every_syntax(guarded: Path, name: str, text: str) -> None:
    shutil.copytree(guarded, guarded.parent / "base")
    own = Path("../base/stacks/prod/global", name)
    own.write_text(text, encoding="utf-8")
    (finding,) = judged(stack("prod"), against="../base")[1]
    assert (finding.rule, finding.severity) == ("stateful-destroyed", Severity.ERROR)
    assert finding.location == Location(f"stacks/prod/global/{name}", 1)
    shutil.copy(own, Path("stacks/prod/global", name))
    assert judged(stack("prod"), against="../base") == ({}, ())


def test_an_override_of_the_users_own_counts(guarded: Path) -> None:
    shutil.copytree(guarded, guarded.parent / "base")
    own = 'resource "aws_dynamodb_table" "distributed_locks" {\n  name = "other"\n}\n'
    Path("stacks/prod/modules/data/mine_override.tf").write_text(own, encoding="utf-8")
    assert found(judged(stack("prod"), against="../base")[1]) == [LOST]


@pytest.mark.parametrize("name", ["terraform.tfvars", "names.auto.tfvars.json"])
def test_variables_that_the_user_sets_count(guarded: Path, name: str) -> None:
    shutil.copytree(guarded, guarded.parent / "base")
    values = '{"environment_suffix": "blue"}' if name.endswith("json") else 'environment_suffix = "blue"\n'
    Path("../base/stacks/prod/data/eu-west-1", name).write_text(values, encoding="utf-8")
    assert "error suffix-changed" in found(judged(stack("prod"), against="../base")[1])
    Path("stacks/prod/data/eu-west-1", name).write_text(values, encoding="utf-8")
    assert judged(stack("prod"), against="../base") == ({}, ())


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_deployed_file_that_cannot_be_read_may_hide_a_loss(environment: str, guarded: Path) -> None:
    severity = "error" if environment == "prod" else "warning"
    new = stack(environment)
    place = Path("stacks", environment, LOCKS_FILE)
    place.write_text("resource {", encoding="utf-8")
    findings = judged(new)[1]
    assert found(findings) == [f"{severity} plan-unknown"]
    assert findings[0].location is not None
    assert findings[0].location.file == str(place)
    assert f"`--accept {environment}`" in findings[0].help
    assert judged(new, accept=(environment,))[1] == ()


def test_a_deployed_file_that_is_missing_is_restored_or_may_hide_a_loss(guarded: Path) -> None:
    same, renamed = stack("prod"), stack("prod", RENAMED)
    Path("stacks/prod", LOCKS_FILE).unlink()
    assert judged(same) == ({}, ())
    findings = judged(renamed)[1]
    assert "error plan-unknown" in found(findings)
    assert any(each.location and each.location.file.endswith(LOCKS_FILE) for each in findings)
    without = stack("prod", {})
    assert LOCKS_FILE not in without.files
    assert "error plan-unknown" in found(judged(without)[1])


def test_protection_of_the_deployed_stack_counts_even_if_the_spec_lifts_it(guarded: Path) -> None:
    edit("ticketgen.yaml", ("    protect: true\n", ""))
    assert found(judged(stack("prod", RENAMED))[1]) == [LOST]


def test_more_deployed_terraform_than_can_be_compared_is_unknown(
    guarded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "_STEPS", 20_000)
    findings = judged(stack("prod", RENAMED))[1]
    assert "error plan-unknown" in found(findings)
    assert any("not all resources can be compared" in each.message for each in findings)
