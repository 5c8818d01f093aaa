"""Edits of a spec that lose what holds data: each is refused with its own message, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from guarded_project import SPEC, answer, edit, refused
from project_tools import run

PROD = SPEC.partition("  prod:\n")[2]
TABLES = {f'module.data.aws_dynamodb_table.shared["{name}"]' for name in ("events", "inventory", "sales")}
CLUSTER = "module.analytics.aws_rds_cluster.sales"
LOCKS = "module.data.aws_dynamodb_table.distributed_locks"

EDITS = {
    "primary": (
        [("primary_region: eu-west-1", "primary_region: eu-north-1")],
        "primary-changed",
        "primary_region changes from eu-west-1 to eu-north-1",
        "put primary_region eu-west-1 back; `ops/move_home.py` moves events",
        {("data/eu-west-1", each) for each in TABLES},
        13,
    ),
    "secondary": (
        [("secondary_region: eu-central-1", "secondary_region: eu-north-1")],
        "secondary-changed",
        "secondary_region changes from eu-central-1 to eu-north-1",
        "put secondary_region back, or accept the loss",
        {("regions/eu-central-1", CLUSTER)},
        14,
    ),
    "project": (
        [("project: spring-tour", "project: autumn-tour")],
        "project-renamed",
        "the project is renamed from spring-tour to autumn-tour",
        "put the name back; to use another name, create a new project",
        {("data/eu-west-1", each) for each in TABLES} | {("data/eu-north-1", LOCKS)},
        2,
    ),
    "account": (
        [("111111111111", "222222222222")],
        "account-changed",
        "the account changes from 111111111111 to 222222222222",
        "put account_id and deploy_role back; to use another account, add another environment",
        {("data/eu-west-1", each) for each in TABLES} | {("regions/eu-west-1", CLUSTER)},
        11,
    ),
    "bucket": (
        [("bucket: states", "bucket: other-states")],
        "state-moved",
        "moves from s3 states/spring-tour/prod/data/eu-central-1.tfstate to s3 other-states/",
        "run `terraform init -migrate-state -backend-config=backend.hcl` in each root module",
        set(),
        4,
    ),
    "Region removed": (
        [("eu-central-1, eu-north-1]", "eu-central-1]")],
        "region-removed",
        "eu-north-1 is removed from the spec without being retired",
        "put eu-north-1 back, then run `ticketgen remove-region eu-north-1`, which retires it first",
        {("data/eu-north-1", LOCKS)},
        12,
    ),
    "protection too": (
        [("protect: true", "protect: false"), ("secondary_region: eu-central-1", "secondary_region: eu-north-1")],
        "secondary-changed",
        "secondary_region changes from eu-central-1 to eu-north-1",
        "put secondary_region back",
        {("regions/eu-central-1", CLUSTER)},
        14,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_that_loses_what_holds_data_is_refused(name: str, guarded: Path) -> None:
    pairs, rule, what, help, lost, line = EDITS[name]
    edit("ticketgen.yaml", *pairs)
    found = refused("render", "--env", "prod")
    besides = {
        "Region removed": {"error state-unknown"},
        "protection too": {"warning protection-lifted"},
    }
    assert found.code == 1
    # Without protection, the databases have one instance instead of two.
    others = (
        set(found.findings) - {"error stateful-destroyed"}
        if name == "protection too"
        else set(found.findings)
    )
    assert others == {f"error {rule}"} | besides.get(name, set())
    assert found.messages[rule].startswith("prod: ")
    assert what in found.messages[rule]
    assert help in found.helps[rule]
    assert "`--accept prod`" in found.helps[rule]
    assert found.places[rule] == f"ticketgen.yaml:{line}"
    assert lost <= found.losses()
    if lost:
        assert re.search(
            r", which replaces or destroys \d+ (table|database|key)s?\b.*: .+", found.messages[rule]
        )


def test_an_environment_that_is_removed_is_refused_until_it_is_destroyed(guarded: Path) -> None:
    edit("ticketgen.yaml", (f"  prod:\n{PROD}", ""))
    found = refused("render")
    assert found.code == 1
    assert set(found.findings) == {"error environment-removed", "error state-unknown"}
    assert (
        "prod: the environment prod is removed, which replaces or destroys "
        in (found.messages["environment-removed"])
    )
    assert (
        "run `make -C stacks/prod destroy`, then `ticketgen render --destroyed`"
        in (found.helps["environment-removed"])
    )
    assert {("data/eu-west-1", each) for each in TABLES} <= found.losses()
    done = answer("render", "--destroyed")
    assert (done.code, done.findings) == (0, [])
    assert not (guarded / "stacks/prod").exists()


def test_an_environment_that_is_renamed_is_refused(guarded: Path) -> None:
    edit("ticketgen.yaml", ("  dev:\n", "  test:\n"))
    found = refused("render")
    assert set(found.findings) == {"warning environment-renamed", "error state-unknown"}
    assert found.code == 1, "its remote states are unknown"
    assert "dev: the environment dev is renamed to test" in found.messages["environment-renamed"]
    assert "put the name back" in found.helps["environment-renamed"]


def test_a_region_that_is_retired_is_only_a_warning(guarded: Path) -> None:
    found = answer("remove-region", "eu-north-1", "--env", "prod")
    assert (found.code, found.findings) == (0, ["warning region-destroyed"])
    assert "python stacks/prod/ops/move_home.py" in found.helps["region-destroyed"]
    assert {root for root, _ in found.losses()} == {"data/eu-north-1", "regions/eu-north-1"}
    assert answer("render", "--check", "--env", "prod").findings == [], "it is said once"
    gone = answer("remove-region", "eu-north-1", "--env", "prod", "--destroyed")
    assert (gone.code, gone.findings) == (0, [])


def test_an_edit_beside_a_retirement_is_still_an_error(guarded: Path) -> None:
    edit(
        "ticketgen.yaml",
        ("eu-central-1, eu-north-1]", "eu-central-1]\n    retired_regions: [eu-north-1]"),
        ("bucket: states", "bucket: others"),
    )
    assert refused("render", "--env", "prod").findings == ["error state-moved", "warning region-destroyed"]


EJECTED = {
    "suffix": (
        "stack/roots/variables.tf.j2",
        [("default = {{ environment.name | hcl }}", 'default = "live"')],
        "suffix-changed",
        "dev: environment_suffix changes from dev to live",
        "put the default back; `make SUFFIX=NAME apply`",
    ),
    "name": (
        "stack/modules/data/tables.tf.j2",
        [("name = {{ name(table.what) }}", 'name = "ours-{{ table.key | inside }}-${var.environment_suffix}"')],
        "stateful-replaced",
        'dev/data/eu-west-1: `module.data.aws_dynamodb_table.shared["sales"]` would be replaced',
        "--accept 'dev/data/eu-west-1:module.data.aws_dynamodb_table.shared[\"sales\"]'",
    ),
    "key": (
        "stack/modules/data/tables.tf.j2",
        [("hash_key = {{ table.hash_key | hcl }}", 'hash_key = "id"')],
        "stateful-replaced",
        'dev/data/eu-west-1: `module.data.aws_dynamodb_table.shared["sales"]` would be replaced',
        "restore the argument",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EJECTED)
def test_an_edit_of_a_template_warns_where_nothing_is_protected(name: str, guarded: Path) -> None:
    template, pairs, rule, what, help = EJECTED[name]
    assert run("eject", template).exit_code == 0
    edit(f"templates/{template}", *pairs)
    found = answer("render", "--env", "dev")
    assert (found.code, set(found.findings)) == (0, {f"warning {rule}"})
    assert what in found.messages[rule]
    assert help in found.helps[rule]


def test_the_same_edits_warn_where_nothing_is_protected(guarded: Path) -> None:
    edit("ticketgen.yaml", ("project: spring-tour", "project: autumn-tour"))
    found = answer("render", "--env", "dev")
    assert (found.code, found.findings) == (0, ["warning project-renamed"])
    assert 'app_name = "autumn-tour"' in Path("stacks/dev/global/variables.tf").read_text("utf-8")
    assert answer("render", "--check", "--env", "dev").findings == [], (
        "the write has made it the deployed stack"
    )


@pytest.mark.parametrize(
    "pairs",
    [
        [("extends:", "# A comment.\nextends:")],
        [("    regions: [eu-west-1]\n", "    regions: [eu-west-1]\n    event_scale: { purchases_per_minute: 9000 }\n")],
        [("secondary_region: null", "secondary_region: eu-north-1"), ("[eu-west-1]", "[eu-west-1, eu-north-1]")],
        [("    regions: [eu-west-1]\n", "    protect: true\n    regions: [eu-west-1]\n")],
    ],
    ids=["comment", "scale", "second Region", "protection"],
)  # fmt: skip
def test_an_edit_that_loses_nothing_says_nothing(pairs: list[tuple[str, str]], guarded: Path) -> None:
    edit("ticketgen.yaml", *pairs)
    found = answer("render", "--env", "dev")
    assert (found.code, found.findings, found.losses()) == (0, [], set())


def test_another_engine_of_the_cache_is_in_the_plan(guarded: Path) -> None:
    edit(
        "ticketgen.yaml",
        ("    regions: [eu-west-1]\n", "    cache: { engine: redis }\n    regions: [eu-west-1]\n"),
    )
    rows = answer("render", "--env", "dev").consequences
    assert {"replace"} == {
        row["action"] for row in rows if row["type"] == "aws_elasticache_replication_group"
    }


def test_a_first_render_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = answer("render", "--env", "dev")
    assert (found.code, found.findings) == (0, [])
    assert {row["action"] for row in found.consequences} == {"create"}


def test_a_pull_request_gets_annotations_and_a_comment(guarded: Path) -> None:
    edit("ticketgen.yaml", ("project: spring-tour", "project: autumn-tour"))
    annotations = run("render", "--check", "--env", "dev", "--format", "github").stdout.splitlines()
    (ours,) = [line for line in annotations if "project-renamed" in line]
    assert ours.startswith("::warning file=ticketgen.yaml,line=2,col=10,")
    comment = run("render", "--diff", "--env", "dev", "--format", "markdown").stdout
    assert (
        "- **warning** `ticketgen.yaml:2:10`: dev: the project is renamed from spring-tour to autumn-tour"
        in comment
    )
    assert "### `stacks/dev`" in comment
    assert f"| `data/eu-west-1` | `{LOCKS}` | **replace** | name changes from " in comment


def test_a_secondary_that_is_retired_in_the_same_edit_is_lost_all_the_same(guarded: Path) -> None:
    edit(
        "ticketgen.yaml",
        (
            "    secondary_region: eu-central-1\n",
            "    secondary_region: eu-north-1\n    retired_regions: [eu-central-1]\n",
        ),
        ("[eu-west-1, eu-central-1, eu-north-1]", "[eu-west-1, eu-north-1]"),
    )
    found = refused("render", "--env", "prod")
    assert (found.code, "error secondary-changed" in found.findings) == (1, True)
    assert ("regions/eu-central-1", CLUSTER) in found.losses()


def test_a_region_that_was_never_retired_holds_something_whatever_the_option_says(guarded: Path) -> None:
    found = refused("remove-region", "eu-north-1", "--env", "prod", "--destroyed")
    assert (found.code, "error region-removed" in found.findings) == (1, True)
    edit("ticketgen.yaml", ("[eu-west-1, eu-central-1, eu-north-1]", "[eu-west-1, eu-central-1]"))
    found = refused("render", "--env", "prod", "--destroyed")
    assert (found.code, "error region-removed" in found.findings) == (1, True)


def test_another_checkout_is_for_checks_only(guarded: Path) -> None:
    (guarded.parent / "base").mkdir()
    done = run("render", "--against", "../base")
    assert (done.exit_code, "add --check or --diff" in done.stderr) == (2, True)


def test_a_region_that_the_text_no_longer_names_may_be_another(guarded: Path) -> None:
    place = Path("stacks/prod/data/eu-west-1/provider.tf")
    named = place.read_text("utf-8")
    unknown = re.sub(r"(?m)^  region .*\n", "  region = data.aws_region.here.name\n", named, count=1)
    for text in (
        re.sub(r"(?m)^  region .*\n", "", named, count=1),
        f'{unknown}\ndata "aws_region" "here" {{}}\n',
    ):
        place.write_text(text, encoding="utf-8")
        done = run("keep", str(place))
        assert (done.exit_code, "[stateful-replaced]" in done.stderr) == (1, True)
        assert "its Region changes from eu-west-1 to one that the configuration does not set" in done.stderr


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        ('backend "s3" {}', 'cloud {\n    organization = "x"\n  }', True),
        ('backend "s3" {}', 'backend "pg" {\n    schema_name = "x"\n  }', True),
        ('backend "s3" {}', 'backend "s3" {\n    encrypt = true\n  }', False),
        ("  region ", '  profile = "other"\n  region ', False),
    ],
)
def test_a_state_in_another_place_is_found_whatever_the_backend(
    guarded: Path, before: str, after: str, moves: bool
) -> None:
    place = Path("stacks/prod/data/eu-west-1/provider.tf")
    place.write_text(place.read_text("utf-8").replace(before, after, 1), encoding="utf-8")
    done = run("keep", str(place))
    assert (done.exit_code, "[state-moved]" in done.stderr) == ((1, True) if moves else (0, False))


def test_add_region_is_judged_like_a_render(guarded: Path) -> None:
    edit("ticketgen.yaml", ("project: spring-tour", "project: autumn-tour"))
    for option in ("--force", "--dry-run"):
        found = refused("add-region", "eu-west-3", "--env", "prod", option)
        assert (found.code, found.findings) == (1, ["error project-renamed"])
        assert ("data/eu-west-1", LOCKS) in found.losses()
