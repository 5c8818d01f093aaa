"""Import reads hand-written stacks of different style, and drafts a spec that resolves."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopted_stacks import STYLES, adopted, expected_file, imported, left_out, only, results

from ticketgen.adopt.adoption import adopt
from ticketgen.adopt.seven_failures import FailureStatus
from ticketgen.findings import errors
from ticketgen.sizing import size
from ticketgen.spec.load import load
from ticketgen.spec.model import Environment
from ticketgen.spec.resolve import resolve
from ticketgen.stack.render import render

BROKEN = FailureStatus.BROKEN


def environments(style: str) -> dict[str, Environment]:
    draft = adopted(style).draft
    assert draft is not None
    return {each.name: each for each in draft.project.environments}


def statuses(style: str) -> list[FailureStatus]:
    return [each.status for each in adopted(style).failures]


@pytest.mark.parametrize("style", STYLES)
def test_spec_and_report_are_the_expected_ones(style: str) -> None:
    for ending, text in results(style).items():
        assert text == expected_file(style, ending).read_text("utf-8"), f"{style}.{ending}"


@pytest.mark.parametrize("style", STYLES)
def test_an_expected_spec_resolves_and_can_be_sized(style: str) -> None:
    document = load(expected_file(style, "yaml"))
    project = document.then(resolve)
    assert not errors(project.findings)
    assert project.value is not None
    for environment in project.value.environments:
        assert not errors(size(environment).findings)


def test_a_drafted_spec_renders() -> None:
    project = load(expected_file("flat-aliases", "yaml")).then(resolve).value
    assert project is not None
    sizing = size(project.environments[0]).value
    assert sizing is not None
    files = render(project.environments[0], sizing, project).value
    assert files is not None
    assert "regions/eu-west-1/main.tf" in files


def test_a_flat_root_has_a_region_for_each_alias_with_something_to_adopt() -> None:
    staging, prod = environments("flat-aliases").values()
    assert staging.name == "staging"
    assert (prod.project, prod.regions, prod.primary_region) == (
        "arena-tickets", ("eu-west-1", "us-east-1"), "us-east-1",
    )  # fmt: skip
    assert (staging.protect, prod.protect) == (False, True)
    assert (
        prod.event_scale.purchases_per_minute == 6000
    )  # 1,575 requests/s / 10.5 per order / 1.5 headroom × 60 s
    assert prod.api.auth == "iam"
    assert (prod.state.bucket, prod.state.region) == ("arena-terraform", "us-east-1")
    assert prod.tags == {"CostCenter": "4711", "Owner": "ticketing"}
    assert "Region us-west-1 (provider aws.certificates)" in left_out(adopted("flat-aliases"))


def test_modules_are_in_the_regions_of_the_providers_that_they_get() -> None:
    dev = environments("modules-providers")["dev"]
    assert dev.regions == ("eu-central-1", "eu-central-2", "eu-north-1")
    assert (dev.primary_region, dev.secondary_region) == ("eu-central-1", "eu-north-1")
    assert dev.opt_in_regions == ("eu-central-2",)
    assert dev.project == "festival-ticketing"
    assert (dev.api.auth, dev.cache.engine, dev.event_scale.hold_seconds) == ("cognito", "valkey", 480)
    assert dev.audit.store == "dynamodb"
    assert "timestream is not available in the secondary Region" in left_out(adopted("modules-providers"))


def test_the_region_argument_and_loops_place_resources() -> None:
    prod = environments("region-argument")["prod"]
    assert prod.regions == ("ap-northeast-1", "ap-southeast-2", "ap-southeast-3")
    assert prod.primary_region == "ap-southeast-2"
    assert (prod.account_id, prod.deploy_role) == (
        "210987654321", "arn:aws:iam::210987654321:role/terraform",
    )  # fmt: skip
    scale = prod.event_scale
    assert (scale.purchases_per_minute, scale.seats_per_order, scale.hold_seconds) == (9000, 6, 420)
    assert prod.api.auth == "none"
    assert prod.alarms.email == ("on-call@stadium.example",)
    assert prod.pms.url == "https://boxoffice.stadium.example/v2"


def test_each_variable_file_is_an_environment() -> None:
    found = environments("tfvars-per-environment")
    assert list(found) == ["dev", "production"]
    dev, production = found.values()
    assert (dev.regions, dev.secondary_region, dev.account_id) == (("us-west-2",), None, "111122223333")
    assert production.regions == ("ca-central-1", "us-east-2", "us-west-2")
    assert production.account_id == "444455556666"
    assert (dev.protect, production.protect) == (False, True)
    assert [each.event_scale.purchases_per_minute for each in (dev, production)] == [380, 12000]
    assert [each.logs.ip_retention_days for each in (dev, production)] == [7, 365]
    assert production.api.cors is not None
    assert production.api.cors.origins == ("https://theatre.example.com",)


def test_each_workspace_that_the_code_names_is_an_environment() -> None:
    found = environments("workspaces")
    assert list(found) == ["test", "prod"]
    assert [each.account_id for each in found.values()] == ["123456789012", "210987654321"]
    assert [len(each.regions) for each in found.values()] == [1, 2]
    assert found["test"].deploy_role == "arn:aws:iam::123456789012:role/deploy-test"
    assert "HCP Terraform" in left_out(adopted("workspaces"))
    groups = {each.type: each for each in adopted("workspaces").groups}
    assert not groups["null_resource"].counterpart


def test_a_folder_for_each_region_in_the_json_syntax_is_read_and_checked() -> None:
    prod = environments("folder-per-region")["prod"]
    assert prod.regions == ("eu-central-1", "us-east-1")
    assert prod.state.bucket == "opera-state-{region}"
    assert (prod.event_scale.seats_per_buyer, prod.event_scale.purchases_per_minute) == (4, 12000)
    failures = adopted("folder-per-region").failures
    assert [each.number for each in failures if each.status is BROKEN] == [1, 2, 7]
    places = {str(finding.location) for finding in failures[0].findings}
    assert places == {"eu-central-1/main.tf.json:25:1", "us-east-1/main.tf.json:25:1"}


def test_a_stack_with_all_seven_failures_breaks_all_seven() -> None:
    assert statuses("seven-failures") == [BROKEN] * 7
    assert "API_KEY" in left_out(adopted("seven-failures"))


def test_failures_that_a_stack_cannot_have_are_not_applicable() -> None:
    assert statuses("flat-aliases") == [
        FailureStatus.NOT_APPLICABLE, FailureStatus.HOLDS, FailureStatus.HOLDS, FailureStatus.HOLDS,
        FailureStatus.NOT_APPLICABLE, FailureStatus.NOT_APPLICABLE, FailureStatus.NOT_APPLICABLE,
    ]  # fmt: skip


def test_tables_are_matched_by_keys_and_names() -> None:
    matches = {each.address: each for each in adopted("flat-aliases").tables}
    tickets, locks = matches["aws_dynamodb_table.tickets"], matches["aws_dynamodb_table.locks"]
    assert (tickets.ours, tickets.same_keys) == ("ticket-inventory", False)
    assert (tickets.name, tickets.our_name) == (
        "arena-tickets-inventory-prod", "arena-tickets-ticket-inventory-prod",
    )  # fmt: skip
    assert (locks.ours, locks.same_keys) == ("distributed-locks", True)


def test_the_lock_table_has_the_keys_of_the_template() -> None:
    template = Path(__file__).parents[2] / "templates/stack/modules/data/locks.tf.j2"
    (lock,) = (each for each in adopted("flat-aliases").tables if each.ours == "distributed-locks")
    assert f'hash_key = "{lock.our_keys[0]}"' in template.read_text("utf-8")


def test_a_project_name_that_is_too_long_is_shortened_and_listed(tmp_path: Path) -> None:
    name = "international-stadium-ticket-marketplace"
    found = imported(
        tmp_path,
        f'provider "aws" {{\n  region = "eu-west-1"\n}}\nlocals {{\n  app_name = "{name}"\n}}\n'
        'resource "aws_sqs_queue" "refunds" {}\n',
    )
    assert only(found).project == "international"
    assert name in left_out(found)


def test_regions_of_another_partition_are_left_out(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'provider "aws" {\n  region = "eu-west-1"\n}\nprovider "aws" {\n  alias = "china"\n  region = "cn-north-1"\n}\n'
        'resource "aws_sqs_queue" "a" {}\nresource "aws_sqs_queue" "b" {\n  provider = aws.china\n}\n',
    )
    assert only(found).regions == ("eu-west-1",)
    assert "Region cn-north-1" in left_out(found)


def test_a_value_that_ticketgen_refuses_is_left_out_and_listed(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'provider "aws" {\n  region = "eu-west-1"\n'
        '  default_tags {\n    tags = { Owner = "me", "aws:x" = "no" }\n  }\n}\n'
        'variable "hold_seconds" {\n  default = 5\n}\nresource "aws_sqs_queue" "a" {}\n'
        'resource "aws_sns_topic_subscription" "mail" {\n  protocol = "email"\n  endpoint = "nobody"\n'
        '  topic_arn = "x"\n}\n',
    )
    environment = only(found)
    assert environment.tags == {"Owner": "me"}
    assert environment.event_scale.hold_seconds == 600
    assert environment.alarms.email == ()
    for text in ("aws:x", "hold_seconds 5", "nobody"):
        assert text in left_out(found)


def test_a_stack_without_a_region_gets_a_report_and_no_spec(tmp_path: Path) -> None:
    text = 'variable "home" {}\nprovider "aws" {\n  region = var.home\n}\nresource "aws_sqs_queue" "a" {}\n'
    tmp_path.joinpath("main.tf").write_text(text, encoding="utf-8")
    done = adopt(tmp_path, "stack")
    assert done.value is not None
    assert done.value.draft is None
    assert [each.rule for each in done.findings] == ["no-region-found"]
    given = adopt(tmp_path, "stack", variables={"home": "eu-west-1"}).value
    assert given is not None
    assert only(given).regions == ("eu-west-1",)


def test_backend_settings_beside_variables_name_the_bucket(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'terraform {\n  backend "s3" {}\n}\nprovider "aws" {\n  region = "eu-west-1"\n}\n'
        'resource "aws_sqs_queue" "a" {}\n',
        backend__tfvars='bucket = "states"\nkey = "x"\nregion = "eu-west-1"\n',
    )
    assert only(found).state.bucket == "states"
    assert only(found).name == "prod"


def test_every_syntax_of_terraform_and_opentofu_is_read(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'variable "region" {\n  type = string\n}\nprovider "aws" {\n  region = var.region\n}\n',
        queues__tofu='resource "aws_sqs_queue" "a" {}\n',
        topics__tofu__json='{"resource": {"aws_sns_topic": {"b": {}}}}',
        staging__tfvars__json='{\n  "region": "eu-west-1"\n}',
    )
    environment = only(found)
    assert (environment.name, environment.regions) == ("staging", ("eu-west-1",))
    places = {(at.file, at.line) for group in found.groups for _, at in group.addresses}
    assert places == {("queues.tofu", 1), ("topics.tofu.json", 1)}


def test_an_override_file_counts(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'provider "aws" {\n  region = "us-east-1"\n}\nresource "aws_sqs_queue" "a" {}\n',
        main_override__tf='provider "aws" {\n  region = "eu-west-1"\n}\n',
    )
    assert only(found).regions == ("eu-west-1",)


def test_the_table_that_locks_states_is_no_table_of_the_stack(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'provider "aws" {\n  region = "eu-west-1"\n}\nresource "aws_sqs_queue" "a" {}\n'
        'resource "aws_dynamodb_table" "locks" {\n  name = "locks"\n  hash_key = "LockID"\n}\n',
    )
    assert found.tables == ()


def test_a_region_with_certificates_only_is_no_region_of_the_stack(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'provider "aws" {\n  region = "eu-west-1"\n}\nprovider "aws" {\n  alias = "edge"\n  region = "us-east-1"\n}\n'
        'resource "aws_sqs_queue" "a" {}\nresource "aws_acm_certificate" "c" {\n  provider = aws.edge\n}\n'
        'resource "aws_wafv2_web_acl" "w" {\n  provider = aws.edge\n  scope = "CLOUDFRONT"\n}\n',
    )
    assert only(found).regions == ("eu-west-1",)


def test_providers_that_opentofu_repeats_place_their_modules(tmp_path: Path) -> None:
    tmp_path.joinpath("inner").mkdir()
    tmp_path.joinpath("inner/main.tf").write_text('resource "aws_sqs_queue" "a" {}\n', encoding="utf-8")
    found = imported(
        tmp_path,
        'locals {\n  regions = ["eu-west-1", "eu-west-3"]\n}\n'
        'provider "aws" {\n  alias = "each"\n  for_each = toset(local.regions)\n  region = each.value\n}\n'
        'module "inner" {\n  for_each = toset(local.regions)\n  source = "./inner"\n'
        "  providers = {\n    aws = aws.each[each.key]\n  }\n}\n",
    )
    assert only(found).regions == ("eu-west-1", "eu-west-3")
