"""Which computed names are taken for a mistyped name of a resource."""

from __future__ import annotations

import pytest

from ticketgen.verification.verify import verify

SUFFIX = 'variable "suffix" {\n  default = "dev"\n}\n'
DATA = SUFFIX + (
    'resource "aws_dynamodb_table" "sales" {\n  name = "shop-sales-${var.suffix}"\n}\n'
    'resource "aws_dynamodb_table" "a" {\n  name = "shop-a1b2c-${var.suffix}"\n}\n'
    'resource "aws_iam_role" "seller" {\n  name = "shop-seller-${var.suffix}"\n}\n'
)
LOOKUP = 'data "aws_dynamodb_table" "found" {{\n  name = "{}"\n}}\n'
FUNCTION = (
    'data "aws_caller_identity" "current" {}\n'
    'resource "aws_lambda_function" "seller" {\n'
    '  role = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/shop-ROLE-${var.suffix}"\n'
    '  environment {\n    variables = { TABLE = "shop-TABLE-${var.suffix}" }\n  }\n}\n'
)


def _found(region: str, **others: str) -> list[str]:
    files = {"data/main.tf": DATA, "region/main.tf": SUFFIX + region, **others}
    return [each.message for each in verify(files, rendered=False) if each.rule == "mistyped-name"]


@pytest.mark.parametrize("word", ["sale", "saless", "sakes", "slaes", "Sales"])
def test_one_letter_that_is_wrong_is_a_slip(word: str) -> None:
    message = (
        f'data.aws_dynamodb_table.found uses the name "shop-{word}-dev", '
        'but aws_dynamodb_table.sales is named "shop-sales-dev"'
    )
    assert _found(LOOKUP.format(f"shop-{word}-${{var.suffix}}")) == [message]


@pytest.mark.parametrize(
    "name",
    [
        "shop-sales-${var.suffix}",
        "shop-sa-${var.suffix}",  # two letters are another name
        "shop-buyer-${var.suffix}",
        "shop-sales-prod",  # another deployment's
        "shop-sales-den",  # short words differ by one letter on purpose
        "shop-a1b2d-${var.suffix}",  # so do words with digits
        "shop_sale_${var.suffix}",
        "sale",
        "shop-sale-${var.other}",  # unknown without a default
    ],
)
def test_other_names_may_be_those_of_resources_elsewhere(name: str) -> None:
    assert _found(LOOKUP.format(name) + 'variable "other" {}\n') == []


def test_roles_and_variables_of_functions_are_compared() -> None:
    right = FUNCTION.replace("ROLE", "seller").replace("shop-TABLE", "shop-sales")
    assert _found(right) == []
    wrong_role = _found(right.replace("role/shop-seller", "role/shop-seler"))
    assert wrong_role == [
        'aws_lambda_function.seller uses the name "shop-seler-dev", but aws_iam_role.seller is named "shop-seller-dev"'
    ]
    wrong_table = _found(right.replace("shop-sales", "shop-sale"))
    assert wrong_table == [
        'TABLE of aws_lambda_function.seller uses the name "shop-sale-dev", '
        'but aws_dynamodb_table.sales is named "shop-sales-dev"'
    ]


def test_the_root_module_of_a_shared_module_is_named() -> None:
    call = (
        'module "functions" {{\n  source = "../modules/functions"\n  table = "shop-{}-${{var.suffix}}"\n}}\n'
    )
    module = 'variable "table" {}\nresource "aws_lambda_function" "seller" {\n  environment {\n' + (
        "    variables = { TABLE = var.table }\n  }\n}\n"
    )
    others = {"modules/functions/main.tf": module, "right/main.tf": SUFFIX + call.format("sales")}
    (message,) = _found(call.format("sale"), **others)
    assert 'uses the name "shop-sale-dev" for region, but' in message


def test_nothing_is_reported_if_an_unread_file_may_declare_the_resource() -> None:
    lookup = LOOKUP.format("shop-sale-${var.suffix}")
    assert _found(lookup)
    assert _found(lookup, **{"more/main.tf": "resource {"}) == []
