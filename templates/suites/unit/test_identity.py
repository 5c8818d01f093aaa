"""How buyers sign in: one Cognito user pool for all Regions."""

from __future__ import annotations

import json

import demands
import pytest

from support.places import at, root, table
from support.stack import Stack
from support.values import Unknown

POOL = f"{root('data')}:aws_cognito_user_pool.buyers"


def test_the_pool_keeps_the_accounts_of_buyers(stack: Stack) -> None:
    pool = stack.resource(POOL)
    pool.must(
        "deletion_protection",
        "ACTIVE" if demands.PROTECT else "INACTIVE",
        "the pool holds all buyers' accounts",
    )
    if (pool.get("password_policy.minimum_length") or 0) < 12:
        pool.fails("accepts short passwords", "short passwords can be guessed")
    client = stack.resource(f"{root('data')}:aws_cognito_user_pool_client.shop")
    client.must("user_pool_id", Unknown(f"{POOL}.id"), "the client would belong to another pool")
    client.must("prevent_user_existence_errors", "ENABLED", "anybody could find out who has an account")
    if "ALLOW_USER_PASSWORD_AUTH" in client.get("explicit_auth_flows"):
        client.fails("lets clients send passwords", "SRP proves a password without sending it")


def test_every_region_can_look_the_pool_up(stack: Stack) -> None:
    item = stack.resource(f"{root('data')}:aws_dynamodb_table_item.identity")
    events = stack.resource(table("events"))
    item.must("table_name", events.get("name"), "only the events table is in every Region")
    item.must("hash_key", events.get("hash_key"), "DynamoDB refuses an item with another key")
    written = json.loads(item.get("item"))
    if not written["event_id"]["S"].startswith("control#"):
        item.fails(f"has the key {written['event_id']}", "an event might have this id")


@pytest.mark.parametrize("region", demands.REGIONS)
def test_buyers_sign_in_to_the_same_pool_everywhere(stack: Stack, region: str) -> None:
    authorizer = stack.resource(at("region", "aws_api_gateway_authorizer.buyers", region))
    authorizer.must(
        "provider_arns", [Unknown(f"{POOL}.arn")], "a buyer must be the same buyer in every Region"
    )
    authorizer.must("type", "COGNITO_USER_POOLS", "this type checks the tokens of a user pool")
