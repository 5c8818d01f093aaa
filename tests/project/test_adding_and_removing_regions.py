"""Adding and removing Regions: the edit of the spec, the stacks, and the warnings before an apply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project_tools import SPEC, everything_in, run

STATE = """{
  "version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "tests", "outputs": {}, "resources": [{
    "module": "module.eu_north_1", "mode": "managed", "type": "aws_sqs_queue", "name": "left_behind",
    "provider": "provider[\\"registry.terraform.io/hashicorp/aws\\"].eu_north_1",
    "instances": [{"schema_version": 0, "attributes": {
      "id": "https://sqs.eu-north-1.amazonaws.com/123456789012/x", "name": "x"
    }}]
  }]
}"""
OFFLINE = """
provider "aws" {
  alias                       = "eu_north_1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}
"""


def test_a_region_is_added_to_spec_and_stacks_and_both_are_shown(small_project: Path) -> None:
    done = run("add-region", "eu-west-3")
    assert done.exit_code == 0, done.output
    assert "ticketgen.yaml: eu-west-3 added to dev, prod\n" in done.stdout
    assert "+  - eu-west-3\n" in done.stdout
    assert "stacks/prod: verified, " in done.stdout
    spec = (small_project / "ticketgen.yaml").read_text("utf-8")
    assert spec == SPEC.replace("# Stockholm\n", "# Stockholm\n  - eu-west-3\n").replace(
        "[eu-west-1, eu-central-1]", "[eu-west-1, eu-central-1, eu-west-3]"
    )
    for name in ("dev", "prod"):
        for kind in ("data", "regions"):
            text = (small_project / f"stacks/{name}/{kind}/eu-west-3/provider.tf").read_text("utf-8")
            assert 'region = "eu-west-3"' in text
    assert run("render", "--check").exit_code == 0


def test_adding_and_removing_leaves_every_byte_as_it_was(small_project: Path) -> None:
    before = everything_in(small_project)
    assert run("add-region", "eu-west-3", "--env", "prod", "--env", "dev").exit_code == 0
    assert everything_in(small_project) != before
    assert run("remove-region", "eu-west-3", "--destroyed").exit_code == 1, "it was never retired"
    assert run("remove-region", "eu-west-3", "--destroyed", "--accept", "prod").exit_code == 0
    assert everything_in(small_project) == before


def test_a_region_is_retired_then_removed(small_project: Path) -> None:
    (small_project / "ticketgen.yaml").write_text(SPEC + "state: { bucket: states }\n", encoding="utf-8")
    assert run("render").exit_code == 0
    root = small_project / "stacks/prod/data/eu-north-1"
    done = run("remove-region", "eu-north-1")
    assert done.exit_code == 0, done.output
    assert "ticketgen.yaml: eu-north-1 retired in prod\n" in done.stdout
    assert "move these events to another home Region before the apply" in done.stderr
    assert "retired_regions: [eu-north-1]" in (small_project / "ticketgen.yaml").read_text("utf-8")
    assert "protect            = false" in (root / "main.tf").read_text("utf-8")
    for command in (("remove-region", "eu-north-1"), ("render",)):
        before = everything_in(small_project)
        if command == ("render",):  # as if somebody had edited the spec
            spec = (small_project / "ticketgen.yaml").read_text("utf-8")
            (small_project / "ticketgen.yaml").write_text(
                spec.replace("[eu-north-1]", "[]"), encoding="utf-8"
            )
            before = everything_in(small_project)
        refused = run(*command)
        assert refused.exit_code == 1, refused.output
        assert "[state-unknown]" in refused.stderr
        assert "--destroyed" in refused.stderr
        assert everything_in(small_project) == before
    assert run("render", "--destroyed").exit_code == 0
    assert not root.exists()


def test_an_environment_with_a_remote_state_is_not_dropped_silently(small_project: Path) -> None:
    spec = small_project / "ticketgen.yaml"
    spec.write_text(SPEC + "state: { bucket: states }\n", encoding="utf-8")
    assert run("render").exit_code == 0
    text = spec.read_text("utf-8")
    spec.write_text("".join(line for line in text.splitlines(True) if "  dev:" not in line), encoding="utf-8")
    refused = run("render")
    assert refused.exit_code == 1
    assert "[state-unknown]" in refused.stderr
    assert (small_project / "stacks/dev/global/provider.tf").exists()
    assert run("render", "--destroyed").exit_code == 0
    assert not (small_project / "stacks/dev").exists()


def test_a_repeated_command_changes_nothing(small_project: Path) -> None:
    before = everything_in(small_project)
    again = run("add-region", "eu-north-1", "--env", "prod")
    assert (again.exit_code, again.stdout) == (
        0,
        "eu-north-1 is already in prod: nothing to do there\n",
    )
    gone = run("remove-region", "eu-west-3")
    assert (gone.exit_code, gone.stdout) == (0, "eu-west-3 is not in dev, prod: nothing to do there\n")
    assert everything_in(small_project) == before


def test_only_the_environments_that_were_named_change(small_project: Path) -> None:
    before = everything_in(small_project / "stacks/prod")
    done = run("add-region", "eu-north-1", "--env", "dev", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["changed"], document["written"]) == (0, ["dev"], True)
    assert set(document["changes"]["changed"]) >= {"stacks/dev/Makefile"}
    assert everything_in(small_project / "stacks/prod") == before


def test_a_dry_run_reports_the_same_and_writes_nothing(small_project: Path) -> None:
    before = everything_in(small_project)
    arguments = ("add-region", "eu-west-3", "--env", "dev", "--format", "json")
    would = run(*arguments, "--dry-run")
    assert would.exit_code == 0
    assert everything_in(small_project) == before
    one, two = json.loads(would.stdout), json.loads(run(*arguments).stdout)
    assert (one.pop("written"), two.pop("written")) == (False, True)
    assert one == two


def test_resources_to_be_destroyed_are_announced(small_project: Path) -> None:
    done = run("remove-region", "eu-north-1")
    assert done.exit_code == 0
    roots = "stacks/prod/regions/eu-north-1 and stacks/prod/data/eu-north-1"
    assert f"prod: `make -C stacks/prod apply` destroys all that {roots} hold" in done.stderr
    assert "python stacks/prod/ops/move_home.py" in done.stderr
    assert "ticketgen remove-region eu-north-1 --destroyed" in done.stderr


def test_only_new_account_requirements_are_reported(
    small_project: Path,
) -> None:
    bigger = "eu-central-1], event_scale: { purchases_per_minute: 20000 } }"
    spec = small_project / "ticketgen.yaml"
    spec.write_text(SPEC.replace("eu-central-1] }", bigger), encoding="utf-8")
    known = run("render", "--env", "dev").stderr
    done = run("add-region", "af-south-1", "--opted-in", "--env", "dev")
    assert done.exit_code == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "warning:" in line]
    assert any("2,500 in af-south-1" in line for line in warnings)
    assert not set(warnings) & set(known.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "rule"),
    [
        (("add-region", "af-south-1"), 2, "needs-opt-in"),
        (("add-region", "cn-north-1"), 2, "other-partition"),
        (("add-region", "us-esat-1"), 2, "no-such-region"),
        (("add-region", "eu-west-3", "--env", "stagign"), 2, "unknown-environment"),
        (("remove-region", "eu-west-1"), 2, "region-is-needed"),
        (("remove-region", "eu-central-1", "--env", "prod"), 2, "region-is-needed"),
        (("add-region", "eu-west-3", "--spec", "nowhere.yaml"), 3, "unreadable-file"),
    ],
)
def test_an_impossible_change_is_refused_with_a_fix_and_changes_nothing(
    small_project: Path, arguments: tuple[str, ...], code: int, rule: str
) -> None:
    before = everything_in(small_project)
    done = run(*arguments)
    assert done.exit_code == code, done.output
    assert f"[{rule}]" in done.stderr
    assert "→" in done.stderr
    assert done.stdout == ""
    assert everything_in(small_project) == before


def test_a_hand_edit_blocks_the_change_of_stacks_and_spec(small_project: Path) -> None:
    edited = small_project / "stacks/dev/global/outputs.tf"
    edited.write_text(edited.read_text("utf-8") + "# mine\n", encoding="utf-8")
    before = everything_in(small_project)
    done = run("add-region", "eu-west-3")
    assert done.exit_code == 4
    assert "stacks/dev/global/outputs.tf" in done.stderr
    assert everything_in(small_project) == before
    assert run("add-region", "eu-west-3", "--env", "prod").exit_code == 0, (
        "another environment is not held up"
    )


def test_a_small_venue_grows_in_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "ticketgen.yaml"
    text = "version: 1\nproject: abc\nextends: small-venue # the club\nenvironments: { prod: }\n"
    spec.write_text(text, encoding="utf-8")
    refused = run("add-region", "us-west-2", "--dry-run")
    assert refused.exit_code == 2
    assert "run `ticketgen add-region us-west-2 --secondary`" in refused.stderr
    done = run("add-region", "us-west-2", "--secondary")
    assert done.exit_code == 0, done.output
    added = "# the club\nsecondary_region: us-west-2\nregions: [us-east-1, us-west-2]\n"
    assert spec.read_text(encoding="utf-8") == text.replace("# the club\n", added)
    assert "ticketgen.yaml: us-west-2 added to prod" in done.stdout
    assert (tmp_path / "stacks/prod").is_dir()
