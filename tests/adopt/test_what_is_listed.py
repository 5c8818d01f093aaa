"""Import lists what it does not bring into the spec, and says what a value was read from."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopted_stacks import imported, left_out, only

from ticketgen.adopt.counterpart_table import TABLE, data_advice
from ticketgen.adopt.report_text import adoption_text
from ticketgen.aws.stateful import STATEFUL

_QUEUE = 'provider "aws" {\n  region = "eu-west-1"\n}\nresource "aws_sqs_queue" "a" {}\n'


def test_each_reason_why_a_file_is_not_checked_has_its_own_places(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        _QUEUE,
        broken__tf__json="{",
        main_override__tf='resource "aws_sqs_queue" "a" {\n  name = "b"\n}\n',
        x_override__tf__json='{"resource": {"aws_sqs_queue": {"a": {"name": "c"}}}}',
    )
    places = {(each.rule, at.file) for each in found.rules for at in each.places}
    assert places == {("syntax", "broken.tf.json")}  # override files are merged
    assert {each.reason for each in found.failures} == {"no folder has only files that could be read"}


@pytest.mark.parametrize("type", STATEFUL)
def test_each_type_that_holds_data_is_listed_as_data(type: str) -> None:
    assert bool(data_advice(type)) is (type != TABLE)


def test_a_global_table_is_listed_as_data(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        f'{_QUEUE}resource "aws_dynamodb_global_table" "t" {{\n  name = "orders"\n'
        '  replica {\n    region_name = "eu-west-1"\n  }\n}\nresource "aws_s3_bucket" "b" {\n  bucket = "pages"\n}\n',
    )
    report = adoption_text(found, with_spec=False)
    assert "  aws_dynamodb_global_table (1): nothing: the new tables have a replica" in report
    assert "  aws_s3_bucket (1): nothing is moved: keep it in a root module of your own" in report


def test_a_table_that_only_an_earlier_environment_has_is_listed(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        f'variable "environment" {{}}\n{_QUEUE}resource "aws_dynamodb_table" "t" {{\n'
        '  count = var.environment == "dev" ? 1 : 0\n  name = "orders"\n  hash_key = "id"\n}\n',
        dev__tfvars='environment = "dev"\n',
        prod__tfvars='environment = "prod"\n',
    )
    assert [each.name for each in found.tables] == ["orders"]


_PURCHASE = (
    'provider "aws" {\n  region = "eu-west-1"\n}\nresource "aws_lambda_function" "purchase" {\n'
    '  function_name = "gala-a"\n  environment {\n    variables = { %s }\n  }\n}\n'
)


@pytest.mark.parametrize(
    "setting",
    [
        "ORDERS_PER_MINUTE",
        "SALES_PER_HOUR",
        "HOLD_SECONDS",
        "HOLD_MINUTES",
        "SEATS_PER_ORDER",
        "MAX_CONCURRENT_EVENTS",
    ],
)
@pytest.mark.parametrize("value", ["999999999999", "-3", "soon", "0"])
def test_a_setting_that_is_no_usable_number_is_listed(tmp_path: Path, setting: str, value: str) -> None:
    found = imported(tmp_path, _PURCHASE % f'{setting} = "{value}"')
    assert f'{setting} = "{value}": it is not a number from 1 to 999,999,999' in left_out(found)


def test_a_setting_that_is_not_in_the_text_or_contradicts_another_is_listed(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'variable "concurrent_events" {}\nvariable "venue_capacity" {\n  default = null\n}\n'
        f"{_PURCHASE % 'HOLD_SECONDS = 60, HOLD_MINUTES = 2, SEATS_PER_ORDER = 4'}",
    )
    assert only(found).event_scale.hold_seconds == 60
    assert "var.concurrent_events: its value is not known from the code" in left_out(found)
    assert "event_scale.hold_seconds 120 (HOLD_MINUTES × 60 s): the spec has 60 of main.tf:" in left_out(
        found
    )
    assert "venue_capacity" not in left_out(found)


@pytest.mark.parametrize(
    ("type", "setting", "comment"),
    [
        ("aws_elasticache_cluster", "", "assumption: no engine is set in aws_elasticache_cluster.c"),
        (
            "aws_elasticache_replication_group",
            "",
            "the default engine of aws_elasticache_replication_group.c",
        ),
        ("aws_elasticache_cluster", 'engine = "redis"', "aws_elasticache_cluster.c"),
    ],
)
def test_the_engine_of_a_cache_says_what_it_is_read_from(
    tmp_path: Path, type: str, setting: str, comment: str
) -> None:
    found = imported(tmp_path, f'{_QUEUE}resource "{type}" "c" {{\n  {setting}\n}}\n')
    line = 6 if setting else 5
    assert found.draft is not None
    assert f"  engine: redis # main.tf:{line} {comment}\n" in found.draft.text


def test_an_engine_that_is_not_in_the_text_is_listed(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        f'{_QUEUE}variable "engine" {{}}\nresource "aws_elasticache_cluster" "c" {{\n  engine = var.engine\n}}\n',
    )
    assert found.draft is not None
    assert "engine:" not in found.draft.text
    assert "the engine of aws_elasticache_cluster.c: its engine is not known from the code" in left_out(found)


def test_values_that_have_no_meaning_for_a_spec_are_listed(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        'terraform {\n  backend "s3" {\n    bucket = "states"\n    region = "mars"\n  }\n}\n'
        f'{_QUEUE}provider "aws" {{\n  alias = "b"\n  region = "eu-west-1"\n  allowed_account_ids = ["12"]\n}}\n'
        'locals {\n  pms_url = "box office"\n}\n'
        'resource "aws_cloudwatch_log_group" "api" {\n  name = "api"\n  retention_in_days = 8\n}\n',
    )
    for text in (
        "Region mars of the backend",
        'local.pms_url = "box office"',
        "the account in",
        ".api, 8 days",
    ):
        assert text in left_out(found)


def test_identifiers_of_every_kind_name_the_project(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        f'{_PURCHASE % ""}resource "aws_db_instance" "d" {{\n  identifier = "gala-db"\n}}\n'
        'resource "aws_elasticache_cluster" "c" {\n  cluster_id = "gala-c"\n}\n',
    )
    assert only(found).project == "gala"
    assert found.draft is not None
    assert "project: gala # main.tf:5 how 3 names begin" in found.draft.text


def test_names_of_which_few_begin_alike_do_not_name_the_project(tmp_path: Path) -> None:
    names = ["gala-a", "gala-b", *(f"n{number}-x" for number in range(8))]
    text = "".join(
        f'resource "aws_sqs_queue" "q{number}" {{\n  name = "{name}"\n}}\n'
        for number, name in enumerate(names)
    )
    assert only(imported(tmp_path, _QUEUE + text)).project != "gala"


def test_protection_and_addresses_that_are_not_in_the_text_are_listed(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        f'{_QUEUE}variable "safe" {{}}\nresource "aws_dynamodb_table" "t" {{\n'
        "  deletion_protection_enabled = var.safe\n}\n"
        'resource "aws_sns_topic_subscription" "mail" {\n  protocol = "email"\n  endpoint = var.safe\n}\n',
    )
    assert (
        "deletion_protection_enabled of aws_dynamodb_table.t: its value is not known from the code"
        in left_out(found)
    )
    assert "the address of aws_sns_topic_subscription.mail: its value is not known from the code" in left_out(
        found
    )


def test_a_region_that_is_not_in_the_text_is_listed(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        f'{_QUEUE}variable "other" {{}}\nprovider "aws" {{\n  alias = "b"\n  region = var.other\n}}\n',
    )
    assert "the Region of provider aws.b: it is not known from the code" in left_out(found)


def test_a_setting_of_a_function_has_the_line_of_its_own(tmp_path: Path) -> None:
    found = imported(tmp_path, _PURCHASE % "\n    A = 1\n    HOLD_SECONDS = 60\n  ")
    assert found.draft is not None
    assert "hold_seconds: 60 # main.tf:9 HOLD_SECONDS" in found.draft.text
